"""The HTTP edge: it routes commands to actors and turns their answers into responses."""
