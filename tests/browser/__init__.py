"""The dashboard in a real browser, against a real service and simulated registers: each a process of its own."""
