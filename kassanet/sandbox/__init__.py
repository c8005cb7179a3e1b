"""Simulated devices that speak the real protocols and keep their own books.

Never imports ``actors``: a simulator that shared the driver's behaviour could be wrong together with it.
"""
