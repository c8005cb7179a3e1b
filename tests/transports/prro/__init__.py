"""Documents, commands and packets of the Ukrainian tax service."""
