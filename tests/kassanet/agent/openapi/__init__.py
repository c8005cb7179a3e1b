"""Tests of the agent's own description."""
