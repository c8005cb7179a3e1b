"""Tests mirror the tree of the house."""
