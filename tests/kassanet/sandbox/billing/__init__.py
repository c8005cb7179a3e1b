"""The simulated billing, asked by our client: what every fault leaves in the ledger, and what we make of it."""
