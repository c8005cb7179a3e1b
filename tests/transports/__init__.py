"""Links and codecs: sans-I/O on tables and hypothesis, links over memory, loopback sockets and pseudo-terminals."""
