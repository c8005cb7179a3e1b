"""Терминал-ФА: the frames of the protocol text as vectors, both directions, then the link and the client."""
