"""The actor of a billing on a virtual clock: who is asked when, in which order, and what a breaker spares."""
