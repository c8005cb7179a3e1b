"""Tests of the actor runtime, all on the virtual clock."""
