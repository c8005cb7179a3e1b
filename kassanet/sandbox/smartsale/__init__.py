"""Simulated SmartSale terminals and the bank's host behind them: the codec turned round, with books of their own."""
