"""What stands in ``deploy/`` works: tried as far as this machine has the programs that it is for."""
