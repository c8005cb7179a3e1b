"""Tests of the kkt's actor and of the rules it stands on."""
