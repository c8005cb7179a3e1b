"""The service's floor, tested."""
