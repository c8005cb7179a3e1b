"""The local half: this server dials out to a central one, shows its registers, obeys, and tells of receipts.

No port is opened for it. A cut loses nothing: what the centre has not said that it has on disk is told again.
"""
