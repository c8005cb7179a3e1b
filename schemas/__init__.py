"""What is said: frozen structs for receipts, registers, circuits, journal records and problems.

The lowest floor of the house. It imports only msgspec and the standard library, so that every
other floor can speak these words without pulling in machinery. Money is integer kopecks.
"""
