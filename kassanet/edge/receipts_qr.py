"""``GET /api/v1/receipts/{id}/qr.svg``: the QR code of a fiscal document, as the law wants it on paper."""

import io

import segno
from quart import Blueprint, Response

from actors.journal import Reader
from kassanet.edge.receipts import MOST_ID
from kassanet.edge.visibility import allowed, visible_circuit
from kassanet.fleet import Fleet
from schemas.problems import problem

QUIET_ZONE = 4
"""Modules of white around it, as ISO 18004 demands."""


def qr_blueprint(fleet: Fleet, reader: Reader) -> Blueprint:
    """The route over one journal."""
    blueprint = Blueprint("receipts_qr", __name__, url_prefix="/api/v1")

    @blueprint.get("/receipts/<int:receipt_id>/qr.svg")
    async def qr(receipt_id: int) -> Response:
        access = allowed("viewer", integrations=True)
        row = await reader.call(lambda store: store.receipt(receipt_id)) if receipt_id <= MOST_ID else None
        if row is None:
            raise problem(404, "not-found", f"There is no receipt {receipt_id}.")
        visible_circuit(access, fleet, row.circuit_id)
        if row.fiscal is None:
            raise problem(404, "not-found", f"Receipt {receipt_id} is no fiscal document: it has no QR code.")
        headers = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": "default-src 'none'"}
        return Response(drawn(row.fiscal.qr), content_type="image/svg+xml", headers=headers)

    return blueprint


def drawn(text: str) -> bytes:
    """SVG of one path, black on white, one unit a module."""
    buffer = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        buffer, kind="svg", border=QUIET_ZONE, light="#fff", svgclass=None, lineclass=None, omitsize=True, xmldecl=False
    )
    return buffer.getvalue()
