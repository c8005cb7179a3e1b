"""Simulated devices, tested as the products they are."""
