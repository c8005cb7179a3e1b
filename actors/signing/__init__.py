"""Signing keys as actors: each is the only one that signs with its key, one document after another.

``documents`` (what a document says of itself), ``rules`` (what a key may sign, and how often), ``key`` (the actor).
"""
