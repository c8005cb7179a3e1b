"""Receipts of this server as its centre asks for them, the centre's own questions being those over HTTP."""

import msgspec
from msgspec.structs import replace

from kassanet.edge.auth import Access
from kassanet.edge.queries import receipt_filter
from kassanet.uplink.desk import UplinkDesk
from kassanet.uplink.taking import told
from schemas.problems import problem
from schemas.receipts import Receipt
from schemas.rows import ReceiptFilter
from schemas.shown import ReceiptPage, shown
from schemas.site_link import PIECE, Page, Read

MOST = 100
"""Receipts on a page that goes over the link."""

_encode = msgspec.json.Encoder().encode


async def look(desk: UplinkDesk, said: Read) -> Page:
    """Never raises: what is wrong is told."""
    try:
        found = await (_one(desk, said) if said.receipt is not None else _many(desk, said))
    except Exception as error:
        return Page(said.id, problem=told(error))
    return Page(said.id, found)


async def _one(desk: UplinkDesk, said: Read) -> Receipt:
    wanted = said.receipt or 0
    row = await desk.reader.call(lambda store: store.receipt(wanted))
    if row is None or (said.inn is not None and desk.fleet.circuit(row.circuit_id).inn != said.inn):
        raise problem(404, "not-found", f"There is no receipt {wanted} at this site.")
    return shown(row)


async def _many(desk: UplinkDesk, said: Read) -> ReceiptPage:
    asked = receipt_filter(said.query, Access("uplink", "viewer", said.inn), None)
    wanted: ReceiptFilter = replace(asked, limit=min(asked.limit, MOST))
    rows = await desk.reader.call(lambda store: store.receipts(wanted))
    receipts: list[Receipt] = []
    size = 0
    for row in rows:
        receipt = shown(row)
        size += len(_encode(receipt))
        if receipts and size > PIECE:
            break
        receipts.append(receipt)
    whole = len(receipts) == len(rows) < wanted.limit
    return ReceiptPage(tuple(receipts), None if whole else receipts[-1].id)
