"""The sandbox's certificate authority and its set of keys."""
