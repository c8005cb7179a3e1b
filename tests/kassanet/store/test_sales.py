"""Sales: what is accepted once, which step follows which, and what a person may decide."""

import msgspec
import pytest

from schemas.pinpad_records import AddPinpad
from schemas.pinpads import PinpadSpec
from schemas.records import NotFound
from schemas.sale_records import AbortSale, AcceptSale, MoveSale, ResolveSale, SaleFilter, StoredSale
from schemas.sales import SaleStatus
from tests.kassanet.store.case import Case
from tests.kassanet.store.writes import CIRCUIT, T0


def accept(external_id: str = "sale-1", pinpad_id: int | None = None, digest: bytes = b"d" * 32) -> AcceptSale:
    return AcceptSale(
        circuit_id=CIRCUIT, external_id=external_id, integration_id=None, pinpad_id=pinpad_id, charge=1200,
        total=1500, currency="643", digest=digest, body=b"{}", receipt=b"{}", receipt_digest=b"r" * 32, at=T0,
    )  # fmt: skip


def move(sale_id: int, before: SaleStatus, status: SaleStatus, reason: str | None = None) -> MoveSale:
    return MoveSale(sale_id, before, status, reason, T0 + 1)


def stored(case: Case, sale_id: int) -> StoredSale:
    found = case.reader.sale(sale_id)
    assert found is not None
    return found


def walked(case: Case, *way: SaleStatus) -> int:
    """A sale that went this way from ``accepted``."""
    sale_id = case.do(accept()).sale_id
    for before, status in zip(("accepted", *way), way, strict=False):
        case.do(move(sale_id, before, status))
    return sale_id


def test_a_sale_is_accepted_once(case: Case) -> None:
    first = case.do(accept())
    assert (first.status, first.created) == ("accepted", True)
    again = case.do(accept())
    assert (again.sale_id, again.created, again.same) == (first.sale_id, False, True)
    assert not case.do(accept(digest=b"x" * 32)).same
    row = stored(case, first.sale_id)
    assert (row.charge, row.total, row.receipt_digest, row.revision) == (1200, 1500, b"r" * 32, 1)


def test_a_receipts_key_is_no_sales_key(case: Case) -> None:
    (receipt_id,) = case.accept("sale-1")
    assert case.refused(accept()).holder == f"receipt {receipt_id}"


def test_what_a_sale_names_must_exist(case: Case) -> None:
    with pytest.raises(NotFound):
        case.do(accept(pinpad_id=1))
    case.do(AddPinpad(PinpadSpec(address="127.0.0.1:9000"), T0))
    case.do(accept(pinpad_id=1))
    with pytest.raises(NotFound):
        case.do(msgspec.structs.replace(accept("sale-2"), circuit_id=77))


def test_its_steps_are_kept(case: Case) -> None:
    sale_id = walked(case, "charging", "charged", "fiscalizing", "done")
    assert [step.status for step in case.reader.sale_history(sale_id)] == [
        "accepted", "charging", "charged", "fiscalizing", "done",
    ]  # fmt: skip
    assert stored(case, sale_id).revision == 5


@pytest.mark.parametrize(
    ("way", "status"),
    [
        ((), "charged"),
        (("charging",), "done"),
        (("charging", "charged"), "done"),
        (("charging", "charged"), "refused"),
        (("charging", "unknown"), "reversing"),
        (("charging", "charged", "fiscalizing", "done"), "reversing"),
        (("charging", "refused"), "charging"),
    ],
)
def test_no_step_is_left_out(case: Case, way: tuple[SaleStatus, ...], status: SaleStatus) -> None:
    sale_id = walked(case, *way)
    assert case.refused(move(sale_id, stored(case, sale_id).status, status)).code == "status"


def test_a_replayed_step_changes_nothing(case: Case) -> None:
    sale_id = walked(case, "charging")
    case.do(move(sale_id, "accepted", "charging"))
    assert stored(case, sale_id).revision == 2
    assert case.refused(move(sale_id, "accepted", "failed")).holder == "charging"


def test_a_wish_to_take_it_back_is_kept_once(case: Case) -> None:
    sale_id = walked(case, "charging")
    case.do(AbortSale(sale_id, "token 3", T0 + 2))
    case.do(AbortSale(sale_id, "token 4", T0 + 3))
    assert stored(case, sale_id).aborted_at == T0 + 2
    assert case.reader.sale_history(sale_id)[-1].detail == "to be taken back: token 3"
    case.do(move(sale_id, "charging", "refused"))
    assert case.refused(AbortSale(sale_id, "token 3", T0 + 4)).holder == "refused"


def test_a_person_decides_what_is_manual_alone(case: Case) -> None:
    sale_id = walked(case, "charging", "charged", "reversing")
    verdict = ResolveSale(sale_id, "reversed", "refunded in cash", "token 1", T0 + 5)
    assert case.refused(verdict).holder == "reversing"
    case.do(move(sale_id, "reversing", "manual", "no emergency void"))
    case.do(verdict)
    assert (stored(case, sale_id).status, stored(case, sale_id).reason) == ("reversed", "refunded in cash (token 1)")


def test_listings(case: Case) -> None:
    done = walked(case, "charging", "charged", "fiscalizing", "done")
    waiting = case.do(accept("sale-2")).sale_id
    assert [row.id for row in case.reader.sales(SaleFilter())] == [waiting, done]
    assert [row.id for row in case.reader.open_sales()] == [waiting]
    assert [row.id for row in case.reader.sales(SaleFilter(status="done"))] == [done]
    assert [row.id for row in case.reader.sales(SaleFilter(external_id="sale-2"))] == [waiting]
    assert [row.id for row in case.reader.sales(SaleFilter(before_id=waiting, limit=1))] == [done]
    assert list(case.reader.sales(SaleFilter(inn="7700000000"))) == []
