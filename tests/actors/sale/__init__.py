"""Sales over scripted registers and a scripted pinpad, on the virtual clock and a real store."""
