"""Tests of the circuit's actor and of the rules it stands on."""
