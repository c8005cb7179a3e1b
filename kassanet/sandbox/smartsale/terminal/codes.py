"""Which operation a request asks for, by the codes of a terminal's profile read from their end."""

from functools import lru_cache
from importlib.resources import as_file, files

from schemas.operations import OperationKind
from transports.smartsale.fields import MODE2
from transports.smartsale.message import Message
from transports.smartsale.profile import KINDS, TerminalProfile, Variant
from transports.smartsale.profiles import load_profiles

SANDBOX = "sandbox"
_MODE2 = str(MODE2.number)
_VARIANTS: dict[Variant, OperationKind] = {
    "unreferenced_refund": "refund",
    "receipt_copy_by_number": "receipt_copy",
    "incremental_preauthorisation": "preauthorisation",
}
"""Ways of asking for an operation that differ by their fields alone, once they have come."""


class Codes:
    """Fields 25 and 65 of every operation that a profile knows."""

    def __init__(self, profile: TerminalProfile) -> None:
        self._kinds: dict[tuple[int, str | None], OperationKind] = {}
        for kind in KINDS:
            self._enter(profile, kind, kind)
        for variant, kind in _VARIANTS.items():
            self._enter(profile, variant, kind)

    def _enter(self, profile: TerminalProfile, variant: Variant, kind: OperationKind) -> None:
        operation = profile.operation(variant)
        if operation.code is not None:
            self._kinds.setdefault((operation.code, operation.fields.get(_MODE2)), kind)

    def kind(self, message: Message) -> OperationKind | None:
        """None for a request that this terminal does not know. Raises Malformed."""
        operation, mode2 = message.operation, message.get(MODE2)
        if operation is None:
            return None
        return self._kinds.get((operation, str(mode2))) or self._kinds.get((operation, None))


@lru_cache(maxsize=1)
def sandbox_profile() -> TerminalProfile:
    """The profile that all simulated terminals have unless told otherwise."""
    with as_file(files("kassanet.sandbox.smartsale").joinpath("profile.toml")) as path:
        return load_profiles(path)[SANDBOX]
