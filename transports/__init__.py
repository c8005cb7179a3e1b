"""How bytes travel: sans-I/O codecs, the links that carry them, and typed device clients."""
