"""Tests of the live stream: its core on a virtual clock, and all of it over real sockets."""
