"""Tests of the bench: its rules, not its figures."""
