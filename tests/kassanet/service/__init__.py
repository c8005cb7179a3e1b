"""The service as its users meet it: HTTP in, simulated registers on TCP behind, a restart now and then."""
