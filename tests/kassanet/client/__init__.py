"""Tests of the client for programs in Python."""
