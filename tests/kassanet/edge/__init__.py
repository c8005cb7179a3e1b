"""The HTTP edge, tested over real sockets."""
