"""The mediator: routes, the cashier, and the whole way from a channel to a register."""
