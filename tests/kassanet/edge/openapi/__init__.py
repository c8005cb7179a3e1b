"""Tests of the service's own description."""
