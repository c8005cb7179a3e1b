"""The pinpad's actor over a real store and a pinpad of one's own, on the virtual clock."""
