"""The simulated tax service: its rules, its books, and what can go wrong on the way to it."""
