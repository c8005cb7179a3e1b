"""Two services in one test: a site and its central server, over real sockets, with a link that can be cut."""
