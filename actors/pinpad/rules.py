"""What may be asked of a pinpad, decided before anything is stored or sent.

The vendor's rules of giving money back, in the words of :mod:`schemas.operations`:

* A *void* is for the day of the operation, a *refund* for after its settlement. The boundary chooses between them
  unless the request is ``forced``. Partial ones are a flag of the terminal's profile: not every bank allows them.
* An *emergency void* is for the very last operation, only if that was approved (field 39 was 1), never for a void,
  and not after a settlement. A second one only when the first got no final answer.

Everything here is a function of what is known; nobody is asked.
"""

from collections.abc import Sequence

from msgspec import Struct

from actors.pinpad.settings import PinpadSettings
from schemas.operations import CHARGES, FullRequest, OperationKind
from schemas.pinpad_commands import NotPossible
from schemas.pinpad_records import StoredOperation
from schemas.pinpads import PinpadSpec
from schemas.problems import FieldError
from schemas.records import Conflict
from transports.pinpad import Abilities

ADDED_TO: frozenset[OperationKind] = frozenset({"preauthorisation", "completion"})
"""What may name a pre-authorisation as its original."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is known when an operation is asked for.

    ``original`` is the operation named by ``of``, ``done`` what was done to it, ``last`` the newest that the bank may
    have seen, the last first.
    """

    spec: PinpadSpec
    abilities: Abilities
    settings: PinpadSettings
    settled_at: float | None = None
    original: StoredOperation | None = None
    done: Sequence[StoredOperation] = ()
    last: Sequence[StoredOperation] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """What will be sent. ``amount`` is found out where the request left it open."""

    kind: OperationKind
    amount: int | None = None
    of: StoredOperation | None = None


def plan(request: FullRequest, facts: Facts) -> Plan:
    """Raises :class:`NotPossible` for what no repetition makes right, Conflict for what the state forbids."""
    _check_currency(request, facts)
    if request.kind == "emergency_void":
        planned = _emergency_void(request, facts)
    elif request.kind in ("void", "refund"):
        planned = _giving_back(request, facts)
    elif request.kind in CHARGES:
        planned = _charge(request, facts)
    else:
        planned = _question(request)
    _must_be_configured(planned.kind, facts.abilities)
    return planned


def _check_currency(request: FullRequest, facts: Facts) -> None:
    if request.currency not in facts.spec.currencies:
        raise _impossible("currency", f"{request.currency} is not taken here", ", ".join(facts.spec.currencies))


def _must_be_configured(kind: OperationKind, abilities: Abilities) -> None:
    if kind in abilities.absent:
        raise Conflict("operation_not_known", f"this pinpad's protocol has no {kind}")
    key = abilities.missing.get(kind)
    if key is not None:
        text = f"the terminal's profile does not say how to ask for {kind}: set {key}"
        raise Conflict("operation_not_configured", text)


def _question(request: FullRequest) -> Plan:
    _must_be_absent(request, "amount", "of", "rrn", "auth_code", "original_amount")
    if request.kind != "receipt_copy":
        _must_be_absent(request, "receipt_number")
    return Plan(kind=request.kind)


# -- charges --------------------------------------------------------------------------------------


def _charge(request: FullRequest, facts: Facts) -> Plan:
    _must_be_absent(request, "receipt_number")
    if request.amount is None:
        raise _impossible("amount", "is missing", "kopecks, 1 to 999999999999")
    if request.kind not in ADDED_TO:
        _must_be_absent(request, "of", "rrn", "auth_code", "original_amount")
    elif request.of is not None:
        _check_added(request, facts)
    elif request.kind == "completion" and request.rrn is None:
        raise _impossible("of", "is missing", "the pre-authorisation: of, or its rrn")
    return Plan(kind=request.kind, amount=request.amount, of=facts.original)


def _check_added(request: FullRequest, facts: Facts) -> None:
    original = _original(facts)
    if original.sent != "preauthorisation":
        raise _impossible("of", f"operation {original.id} is a {original.sent}", "a pre-authorisation")
    _must_stand(original)
    _same_currency(request, original)
    completed = next((each for each in facts.done if _counts(each, "completion")), None)
    if completed is not None:
        raise Conflict("completed", f"operation {original.id} was completed by {completed.id}", str(completed.id))
    if request.kind == "completion":
        added = sum(each.amount or 0 for each in facts.done if _counts(each, "preauthorisation"))
        _must_not_exceed(request.amount or 0, (original.amount or 0) - original.returned + added)


def _counts(operation: StoredOperation, kind: OperationKind) -> bool:
    return operation.sent == kind and operation.status == "approved"


# -- giving back ----------------------------------------------------------------------------------


def _giving_back(request: FullRequest, facts: Facts) -> Plan:
    _must_be_absent(request, "receipt_number")
    if request.of is None:
        return _elsewhere(request, facts)
    original = _original(facts)
    if original.sent in ("void", "emergency_void"):
        raise Conflict("void_of_void", f"operation {original.id} is a void itself", str(original.id))
    if original.sent not in CHARGES and original.sent != "refund":
        raise _impossible("of", f"operation {original.id} is a {original.sent}", "an operation that moved money")
    _must_stand(original)
    _same_currency(request, original)
    kind = _void_or_refund(request, original, facts.settled_at)
    left = (original.amount or 0) - original.returned
    amount = request.amount if request.amount is not None else left
    _must_not_exceed(amount, left)
    _check_partial(kind, amount, original.amount or 0, facts.abilities)
    return Plan(kind=kind, amount=amount, of=original)


def _elsewhere(request: FullRequest, facts: Facts) -> Plan:
    """What was paid elsewhere: nothing is known of it, so the request is taken at its word."""
    if request.amount is None:
        raise _impossible("amount", "is missing", "kopecks, 1 to 999999999999")
    if request.rrn is None and request.auth_code is None:
        raise _impossible("of", "is missing", "the operation to give back: of, or rrn, or auth_code")
    if request.original_amount is not None:
        _must_not_exceed(request.amount, request.original_amount)
        _check_partial(request.kind, request.amount, request.original_amount, facts.abilities)
    return Plan(kind=request.kind, amount=request.amount)


def _void_or_refund(request: FullRequest, original: StoredOperation, settled_at: float | None) -> OperationKind:
    if request.forced:
        return request.kind
    settled = settled_at is not None and (original.sent_at or original.accepted_at) <= settled_at
    if not settled:
        return "void"
    if original.sent == "refund":
        raise Conflict("settlement_between", f"refund {original.id} was settled and cannot be voided", str(original.id))
    return "refund"


def _check_partial(kind: OperationKind, amount: int, whole: int, abilities: Abilities) -> None:
    allowed = abilities.partial_void if kind == "void" else abilities.partial_refund
    if amount < whole and not allowed:
        raise _impossible("amount", f"a partial {kind} is not allowed by the terminal's profile", f"{whole} kopecks")


# -- emergency void -------------------------------------------------------------------------------


def _emergency_void(request: FullRequest, facts: Facts) -> Plan:
    _must_be_absent(request, "amount", "rrn", "auth_code", "original_amount", "receipt_number")
    return undoing(request.of, facts.last, facts.settings)


def undoing(of: int | None, last: Sequence[StoredOperation], settings: PinpadSettings) -> Plan:
    """The emergency void of the last operation, which ``of`` may name. Raises Conflict."""
    newest = [each for each in last if not _is_try(each)]
    if not newest or (of is not None and newest[0].id != of):
        named = f"operation {of} is" if of is not None else "there is no operation that is"
        raise Conflict("not_last", f"{named} not the last one", str(newest[0].id) if newest else "")
    original = newest[0]
    if original.sent in ("void", "emergency_void"):
        raise Conflict("void_of_void", f"operation {original.id} is a void itself", str(original.id))
    if original.sent == "settlement":
        raise Conflict("settlement_between", "the last operation is a settlement", str(original.id))
    _must_stand(original)
    _must_have_tries(original, [each for each in last if _is_try(each) and each.of == original.id], settings)
    return Plan(kind="emergency_void", amount=original.amount, of=original)


def _is_try(operation: StoredOperation) -> bool:
    """An emergency void that did not take effect leaves its original the last operation."""
    return operation.sent == "emergency_void" and operation.status != "approved"


def _must_have_tries(original: StoredOperation, tries: Sequence[StoredOperation], settings: PinpadSettings) -> None:
    if not may_try_again(tries, settings):
        text = f"{len(tries)} emergency voids of operation {original.id} were made"
        raise Conflict("voids_spent", text, str(original.id))


def may_try_again(tries: Sequence[StoredOperation], settings: PinpadSettings) -> bool:
    """Bounded tries; and none after a final answer, for it would be the same."""
    return len(tries) < settings.emergency_voids and all(each.result is None for each in tries)


# -- shared ---------------------------------------------------------------------------------------


def _original(facts: Facts) -> StoredOperation:
    if facts.original is None:
        raise _impossible("of", "names no operation of this pinpad", "the id of an operation")
    return facts.original


def _must_stand(original: StoredOperation) -> None:
    if original.status != "approved":
        raise Conflict("not_approved", f"operation {original.id} is {original.status}", str(original.id))


def _same_currency(request: FullRequest, original: StoredOperation) -> None:
    if request.currency != original.currency:
        raise _impossible("currency", f"is {request.currency}", f"{original.currency}, as of operation {original.id}")


def _must_not_exceed(amount: int, most: int) -> None:
    if amount > most or most <= 0:
        raise _impossible("amount", f"{amount} is more than what is left of the original", f"at most {most}")


def _must_be_absent(request: FullRequest, *names: str) -> None:
    given = [name for name in names if getattr(request, name) is not None]
    if given:
        raise NotPossible(tuple(FieldError(name, f"does not belong to {request.kind}") for name in given))


def _impossible(path: str, message: str, expected: str = "") -> NotPossible:
    return NotPossible((FieldError(path, message, expected),))
