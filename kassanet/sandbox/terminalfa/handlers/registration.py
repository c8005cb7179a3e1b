"""Section 7.2: registration, re-registration, closing of the fiscal storage, and the reset of a test one.

FFD 1.2 registration (``E1`` ``E2`` ``E3``) is known only in fragments: it goes the same way with nothing passed.
"""

from msgspec.structs import replace

from kassanet.sandbox.fiscal_storage import Current, Document, Draft, Phase, Registration
from kassanet.sandbox.fiscal_storage.documents import registration_body
from kassanet.sandbox.terminalfa.device import Device
from kassanet.sandbox.terminalfa.drawer import Sums
from kassanet.sandbox.terminalfa.failures import Code, Failure, demand
from kassanet.sandbox.terminalfa.handling import Pending, handles
from kassanet.sandbox.terminalfa.organisation import ALL_TAX_SYSTEMS, MODES
from kassanet.sandbox.terminalfa.rnm import inn_is_plausible, rnm_is_valid
from transports.terminalfa.commands import Anything, Nothing
from transports.terminalfa.commands.registration import (
    BeginFnClosing,
    BeginRegistration,
    BeginRegistration12,
    CommitFnClosing,
    CommitRegistration,
    CommitRegistration12,
    FiscalAnswer,
    PassFnClosing,
    PassRegistration,
    PassRegistration12,
    ResetTestFn,
)

REASONS = {0: Current.REGISTRATION, 1: Current.REREGISTRATION_OF_FN, 2: Current.REREGISTRATION}
RESET_CONFIRMATION = 0x16
TEST_FN_PREFIX = "9999"
"""Serial numbers of test storages (МГМ) begin so."""


class OpenRegistration:
    """A registration that has begun. ``known`` is what the register is registered with so far."""

    def __init__(self, current: Current, known: Registration | None) -> None:
        self.current = current
        self.known = known
        self.passed: PassRegistration | None = None

    def result(self, request: CommitRegistration, serial: str) -> Registration:
        """The registration that this makes; what was not passed stays as it is."""
        known = self.known or Registration(
            inn=request.inn, rnm=request.rnm, kkt_serial=serial, modes=MODES, tax_systems=0, agents=0
        )
        demand(known.inn == request.inn and known.rnm == request.rnm, Code.VALUE)
        return replace(known, tax_systems=request.tax_systems, **_said(self.passed or PassRegistration()))


class OpenFnClosing:
    """A closing of the fiscal storage that has begun."""

    def __init__(self) -> None:
        self.passed: PassFnClosing | None = None


@handles(BeginRegistration)
def begin_registration(device: Device, request: BeginRegistration) -> Nothing:
    """``reason`` 0 and 1 need a new storage, 2 a working one with its shift closed."""
    demand(request.reason in REASONS, Code.VALUE)
    demand(device.fn.phase in (Phase.READY, Phase.FISCAL), Code.FN_CLOSED)
    current = REASONS[request.reason]
    demand(current is not Current.REREGISTRATION or device.fn.phase is Phase.FISCAL, Code.FN_NOT_REGISTERED)
    device.begin(current, OpenRegistration(current, device.fn.registration))
    return Nothing()


@handles(PassRegistration)
def pass_registration(device: Device, request: PassRegistration) -> Nothing:
    registration = device.collecting(OpenRegistration, Code.STATE)
    demand(registration.passed is None, Code.PASSED_ALREADY)
    for inn in (request.cashier_inn, request.ofd_inn):
        demand(not inn or inn_is_plausible(inn), Code.VALUE)
    registration.passed = request
    device.fn.has_data = True
    return Nothing()


@handles(CommitRegistration)
def commit_registration(device: Device, request: CommitRegistration) -> Pending:
    registration = device.collecting(OpenRegistration, Code.STATE)
    demand(registration.passed is not None, Code.NOT_ALL_PASSED)
    return _registered(device, registration, request)


@handles(BeginRegistration12)
def begin_registration_12(device: Device, _: BeginRegistration12) -> Nothing:
    return begin_registration(device, BeginRegistration(0))


@handles(PassRegistration12)
def pass_registration_12(device: Device, _: PassRegistration12) -> Nothing:
    device.collecting(OpenRegistration, Code.STATE)
    return Nothing()


@handles(CommitRegistration12)
def commit_registration_12(device: Device, request: CommitRegistration12) -> Pending:
    registration = device.collecting(OpenRegistration, Code.STATE)
    return _registered(device, registration, CommitRegistration(request.inn, request.rnm, ALL_TAX_SYSTEMS))


@handles(BeginFnClosing)
def begin_fn_closing(device: Device, _: BeginFnClosing) -> Nothing:
    phase = device.fn.phase
    demand(phase is not Phase.READY, Code.FN_NOT_REGISTERED)
    demand(phase is Phase.FISCAL, Code.FN_CLOSED)
    demand(device.fn.unsent == 0, Code.UNSENT)
    device.begin(Current.CLOSE_FN, OpenFnClosing())
    return Nothing()


@handles(PassFnClosing)
def pass_fn_closing(device: Device, request: PassFnClosing) -> Nothing:
    closing = device.collecting(OpenFnClosing, Code.STATE)
    demand(not request.inn or inn_is_plausible(request.inn), Code.VALUE)
    closing.passed = request
    return Nothing()


@handles(CommitFnClosing)
def commit_fn_closing(device: Device, _: CommitFnClosing) -> Pending:
    closing = device.collecting(OpenFnClosing, Code.STATE)
    draft = Draft(body=closing.passed.encode() if closing.passed else b"")
    return Pending(draft, _answer, ("ОТЧЕТ О ЗАКРЫТИИ ФН",), device.settings.shift_share)


@handles(ResetTestFn)
def reset_test_fn(device: Device, request: ResetTestFn) -> Anything:
    demand(request.confirmation == RESET_CONFIRMATION, Code.VALUE)
    demand(device.fn.serial.startswith(TEST_FN_PREFIX), Code.NOT_EXECUTED)
    device.cancel()
    device.fn.reset()
    device.keep_drawer(Sums())
    return Anything()


def register_at_factory(device: Device, registration: Registration) -> Document:
    """Registration of a device that is simulated for the first time, as the commands would make it, at once."""
    device.fn.begin(Current.REGISTRATION, device.now())
    return device.commit(Draft(body=registration_body(registration, 0), registration=registration))


def _registered(device: Device, opened: OpenRegistration, request: CommitRegistration) -> Pending:
    demand(inn_is_plausible(request.inn), Code.VALUE)
    demand(0 < request.tax_systems <= ALL_TAX_SYSTEMS, Code.VALUE)
    demand(rnm_is_valid(request.rnm, request.inn, device.serial), Code.RNM)
    if opened.current is not Current.REGISTRATION and request.reason is None:
        raise Failure(Code.NOT_ALL_PASSED)
    result = opened.result(request, device.serial)
    reason = request.reason or 0
    draft = Draft(body=registration_body(result, reason), registration=result, reason=reason)
    return Pending(draft, _answer, ("ОТЧЕТ О РЕГИСТРАЦИИ",), device.settings.shift_share)


def _answer(document: Document) -> FiscalAnswer:
    return FiscalAnswer(document.fd, document.fpd)


def _said(passed: PassRegistration) -> dict[str, str | int]:
    """Fields of the registration that were passed. 9999 is nowhere explained; one byte of it is read as the modes."""
    said: dict[str, str | int | None] = {
        "user": passed.user_name,
        "address": passed.address,
        "place": passed.place,
        "machine_number": passed.machine_number,
        "sender_email": passed.sender_email,
        "ofd_inn": passed.ofd_inn,
        "ofd_name": passed.ofd_name,
        "agents": passed.agents,
        "modes": passed.undocumented[0] if passed.undocumented and len(passed.undocumented) == 1 else None,
    }
    return {name: value for name, value in said.items() if value is not None}
