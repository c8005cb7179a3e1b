"""The service: configuration, supervisor tree, store, HTTP edge, command line and sandbox."""
