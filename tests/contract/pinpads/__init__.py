"""What the pinpad's actor makes of every driver, held against that driver's simulator and its bank's ledger."""
