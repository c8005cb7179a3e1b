"""The archive: what it gives out is what was committed, in the captured order, and cut where it must be."""

from datetime import date
from itertools import pairwise

import pytest
from msgspec.structs import replace

from kassanet.sandbox.terminalfa import registration_of
from tests.kassanet.sandbox.desk import SERIAL, Desk
from tests.kassanet.sandbox.test_documents import correction
from transports.terminalfa.archive import archived
from transports.terminalfa.commands.archive import (
    DETAILS,
    BeginTlvs,
    ClosingDetails,
    FindDocument,
    NextTlv,
    PrintConfirmation,
    PrintCopy,
    ReadDocument,
    ReadRegistrationReport,
    ReadRegistrationResult,
    RegistrationDetails,
    SettlementDetails,
    ShiftDetails,
)
from transports.terminalfa.commands.corrections import BeginCorrection, CommitCorrection
from transports.terminalfa.commands.receipt import CommitReceipt, Item, OpenReceipt, PassItem, PassItem12, PassPayment
from transports.terminalfa.commands.registration import (
    BeginFnClosing,
    BeginRegistration,
    CommitFnClosing,
    CommitRegistration,
    PassRegistration,
)
from transports.terminalfa.commands.reports import BeginSettlementReport, CommitSettlementReport
from transports.terminalfa.tlv import decode_tlvs, encode_tlv

HEAD = [1041, 1037, 1018, 1040, 1012, 1077, 1038, 1042, 1054, 1020]
CAPTURED = [*HEAD, 1059, 1036, 1055, 1031, 1081, 1215, 1216, 1217, 1060, 1102, 1209]


async def tags(desk: Desk, fd: int) -> list[int]:
    return [tlv.tag for tlv in decode_tlvs((await desk.ask(ReadDocument(fd))).tlvs)]


async def test_the_captured_order_of_a_receipt(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(Item(name="Вода", price=12000, quantity=1000, vat=1, method=4)))
    await shop.ask(PassPayment(tax_system=1, cash=12000))
    fd = (await shop.ask(CommitReceipt(1, 12000))).fd
    tlvs = decode_tlvs((await shop.ask(ReadDocument(fd))).tlvs)
    assert [tlv.tag for tlv in tlvs] == CAPTURED
    told = {tlv.tag: tlv.value for tlv in tlvs}
    assert [tlv.tag for tlv in decode_tlvs(told[1059])] == [1030, 1079, 1023, 1043, 1199, 1214]
    assert told[1077][:2] == b"\x31\x04"
    assert told[1102] == (2000).to_bytes(2, "little")


async def test_what_the_driver_reads_back(shop: Desk) -> None:
    fd = await shop.sell(15000, cashless=0, cash=15000, additional="order-9", buyer_contact="a@b.example")
    found = await shop.ask(FindDocument(fd))
    document = archived(found, (await shop.ask(ReadDocument(fd))).tlvs)
    assert document.complete
    assert (document.kind, document.receipt_kind, document.total, document.mark) == (
        "receipt",
        "sell",
        15000,
        "order-9",
    )
    assert (document.customer, document.shift, document.receipt_number) == ("a@b.example", 1, 1)
    assert document.payments is not None
    assert document.payments.cash == 15000
    assert [(item.name, item.price, item.quantity) for item in document.items or ()] == [("Вода", 15000, 1000)]


async def test_an_archive_without_marks(shop: Desk) -> None:
    shop.limits.archive_mark = False
    fd = await shop.sell(additional="order-9")
    assert 1192 not in await tags(shop, fd)
    committed = shop.device.fn.document(fd)
    assert committed is not None
    assert committed.mark == "order-9"


async def long_receipt(desk: Desk, items: int = 20) -> int:
    await desk.ask(OpenReceipt())
    for number in range(items):
        name = f"Позиция с длинным именем, номер {number}"
        await desk.ask(PassItem(Item(name=name, price=100, quantity=1000, vat=6, method=4)))
    await desk.ask(PassPayment(tax_system=1, cash=100 * items))
    return (await desk.ask(CommitReceipt(1, 100 * items))).fd


@pytest.mark.parametrize(("limit", "length"), [(1024, 1023), (4096, 1023), (500, 499), (1, 0)])
async def test_long_documents_are_cut_in_the_middle(shop: Desk, limit: int, length: int) -> None:
    fd = await long_receipt(shop)
    shop.settings.archive_limit = limit
    whole = shop.device.fn.document(fd)
    assert whole is not None
    assert len(whole.tlv) > 1024
    assert (await shop.ask(ReadDocument(fd))).tlvs == whole.tlv[:length]


async def test_the_driver_reads_a_cut_document(shop: Desk) -> None:
    fd = await long_receipt(shop)
    document = archived(await shop.ask(FindDocument(fd)), (await shop.ask(ReadDocument(fd))).tlvs)
    assert not document.complete
    assert document.total == 2000
    assert document.payments is None


async def test_tlv_by_tlv(shop: Desk) -> None:
    fd = await long_receipt(shop)
    assert await shop.code(NextTlv()) == 0x02
    head = await shop.ask(BeginTlvs(fd))
    document = shop.device.fn.document(fd)
    assert document is not None
    assert (head.form, head.length) == (3, len(document.tlv))
    read = b""
    while len(read) < head.length:
        read += (await shop.ask(NextTlv())).tlvs
    assert read == document.tlv
    assert await shop.code(NextTlv()) == 0x08


@pytest.mark.parametrize("request_", [FindDocument(99), ReadDocument(0), BeginTlvs(3), PrintCopy(3)])
async def test_no_such_document(shop: Desk, request_: FindDocument) -> None:
    assert await shop.code(request_) == 0x08


async def test_every_kind_of_document_is_found(shop: Desk) -> None:
    shop.limits.ofd_seconds = 100.0
    await shop.sell()
    await shop.ask(BeginCorrection())
    await shop.ask(correction())
    await shop.ask(CommitCorrection(3, 10000))
    await shop.ask(BeginSettlementReport())
    await shop.ask(CommitSettlementReport())
    await shop.close_shift()
    await shop.ask(BeginRegistration(2))
    await shop.ask(PassRegistration())
    known = registration_of(SERIAL, 1)
    await shop.ask(CommitRegistration(known.inn, known.rnm, 1, 4))
    shop.clock.advance(100)
    await shop.ask(BeginFnClosing())
    await shop.ask(CommitFnClosing())

    found = [await shop.ask(FindDocument(fd)) for fd in range(1, shop.device.fn.last_fd + 1)]
    assert [document.type for document in found] == [1, 2, 3, 31, 21, 5, 11, 6]
    assert [document.confirmed for document in found] == [True] * 7 + [False]
    details = [DETAILS[document.type].decode(document.details) for document in found]
    assert details[1] == ShiftDetails(1)
    assert details[4] == SettlementDetails(4, found[0].at)
    assert details[6] == RegistrationDetails(known.inn, known.rnm, 1, known.modes, 4)
    assert details[7] == ClosingDetails(known.inn, known.rnm)
    for fd, document in enumerate(found, 1):
        told = {tlv.tag: tlv.value for tlv in decode_tlvs((await shop.ask(ReadDocument(fd))).tlvs)}
        assert int.from_bytes(told[1077][2:], "big") == document.fpd
        assert told[1040] == fd.to_bytes(4, "little")
    assert await shop.code(PrintConfirmation(1)) == 0
    assert await shop.code(PrintConfirmation(8)) == 0x08
    assert all(earlier.at <= later.at for earlier, later in pairwise(found) if earlier.at and later.at)


async def test_registration_reports(desk: Desk) -> None:
    known = registration_of(SERIAL, 1)
    result = await desk.ask(ReadRegistrationResult())
    assert (result.inn, result.rnm, result.fd, result.reason) == (known.inn, known.rnm, 1, None)
    assert (await desk.ask(ReadRegistrationResult(1))).reason == 0
    assert await desk.code(ReadRegistrationResult(2)) == 0x08
    report = await desk.ask(ReadRegistrationReport(1))
    assert 1048 in [tlv.tag for tlv in decode_tlvs(report.tlvs)]
    assert await desk.code(ReadRegistrationReport(0)) == 0x08


async def test_the_taxable_sums_of_a_correction_become_taxes(shop: Desk) -> None:
    await shop.ask(BeginCorrection())
    await shop.ask(correction(no_vat=4000, vat20=6000))
    fd = (await shop.ask(CommitCorrection(1, 10000))).fd
    told = {tlv.tag: tlv.value for tlv in decode_tlvs((await shop.ask(ReadDocument(fd))).tlvs)}
    assert told[1102] == (1000).to_bytes(2, "little")
    assert told[1105] == (4000).to_bytes(2, "little")
    assert 1103 not in told
    assert date(2026, 11, 1) == correction().basis.date


async def test_an_item_of_ffd_12_in_the_archive(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    item = PassItem12(name="Вода", price=100, quantity=2500, vat=5, method=4, subject=33, mark=b"0104", agent=4)
    await shop.ask(replace(item, supplier_name="ООО"))
    await shop.ask(PassPayment(tax_system=1, cash=250))
    fd = (await shop.ask(CommitReceipt(1, 250))).fd
    told = {tlv.tag: tlv.value for tlv in decode_tlvs((await shop.ask(ReadDocument(fd))).tlvs)}
    inside = {tlv.tag: tlv.value for tlv in decode_tlvs(told[1059])}
    assert told[1209] == b"\x04"
    assert inside[1043] == b"\xfa"
    assert inside[2000] == b"0104"
    assert inside[1224] == encode_tlv(1225, "ООО".encode("cp866"))


async def test_goods_codes_travel_as_hex_and_rest_as_bytes(shop: Desk) -> None:
    await shop.ask(OpenReceipt())
    await shop.ask(PassItem(Item(name="Вода", price=100, quantity=1000, vat=6, method=4, goods_code="450D0102")))
    await shop.ask(PassPayment(tax_system=1, cash=100, property_name="заказ", property_value="7"))
    fd = (await shop.ask(CommitReceipt(1, 100))).fd
    told = {tlv.tag: tlv.value for tlv in decode_tlvs((await shop.ask(ReadDocument(fd))).tlvs)}
    assert {tlv.tag: tlv.value for tlv in decode_tlvs(told[1059])}[1162] == b"\x45\x0d\x01\x02"
    assert [tlv.tag for tlv in decode_tlvs(told[1084])] == [1085, 1086]


async def test_a_copy_is_printed(shop: Desk) -> None:
    fd = await shop.sell()
    await shop.ask(PrintCopy(fd))
    assert "КОПИЯ" in shop.device.paper.tape
