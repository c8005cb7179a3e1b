"""The SA protocol: every worked frame, every rule of the exchange, and the client over all kinds of links."""
