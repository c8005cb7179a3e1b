"""Dialects of payment channels and billings, judged by the specifications' own examples and by foreign programs."""
