"""Signing keys as actors, on the virtual clock."""
