"""The software register's actor, on the virtual clock, against the simulated tax service."""
