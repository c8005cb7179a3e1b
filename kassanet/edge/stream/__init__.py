"""The live stream: what the hub knows, over WebSockets, to many at once; and commands to registers the other way.

A change is encoded once however many watch it, a frame is built once for all who may see the same, and the bytes are
shared. Nobody who watches can slow a register, or another who watches: each has a bounded outbox, and who lets it fill
is told so and closed.
"""
