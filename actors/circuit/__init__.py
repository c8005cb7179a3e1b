"""The fiscal circuit: one queue, and registers that pull from it."""

from actors.circuit.actor import Circuit
from actors.circuit.doorbell import Doorbell

__all__ = ["Circuit", "Doorbell"]
