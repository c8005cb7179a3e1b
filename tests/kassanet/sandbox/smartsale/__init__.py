"""Simulated SmartSale terminals and their bank, driven by a plain cash side that shares nothing with the driver."""
