"""Metrics: what is measured, what is looked at, who may read it, and the rules and boards made of it."""
