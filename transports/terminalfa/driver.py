"""The device type: what is known of these registers before one is asked, and how one on a link is driven."""

from collections.abc import Sequence

from schemas.problems import FieldError
from schemas.receipts import ReceiptRequest
from transports.link import Dialer
from transports.terminalfa.client import TerminalFa
from transports.terminalfa.objections import objections
from transports.terminalfa.settings import TerminalFaSettings


class TerminalFaDriver:
    """Implements :class:`transports.register.Driver`."""

    def __init__(self, settings: TerminalFaSettings | None = None) -> None:
        self._settings = settings or TerminalFaSettings()

    def objections(self, receipt: ReceiptRequest) -> Sequence[FieldError]:
        """Why this type can never make the receipt, with every wrong field named; empty when it can."""
        return objections(receipt, self._settings)

    def register(self, dialer: Dialer) -> TerminalFa:
        """A register of this type behind ``dialer``."""
        return TerminalFa(dialer, self._settings)
