"""Receipts as a page of its own, with the tax link as a QR code: nothing is loaded from elsewhere."""

from html import escape

import segno

from transports.prro.documents import Document
from transports.prro.links import LinkRules
from transports.prro.paper import Row, link_of, paper

_STYLE = (
    "body{margin:0;background:#eee}"
    "main{width:20rem;margin:1rem auto;padding:1rem;background:#fff;font:.85rem/1.35 monospace;overflow-wrap:anywhere}"
    "p{margin:0}.center,.title{text-align:center}.title{font-weight:bold}"
    ".pair{display:flex;justify-content:space-between;gap:1rem}.pair span:last-child{white-space:nowrap}"
    "hr{border:0;border-top:1px dashed #888}svg{display:block;margin:.5rem auto 0}"
    "@media print{body{background:#fff}main{width:auto;margin:0;padding:0}}"
)


def receipt_html(document: Document, *, draft: bool = False, rules: LinkRules | None = None) -> str:
    """A whole HTML document in UTF-8."""
    rows = "".join(map(_row, paper(document, draft=draft)))
    address = link_of(document, rules)
    code = "" if address is None else f'<a href="{escape(address)}">{qr_svg(address)}</a>'
    return (
        f'<!DOCTYPE html><html lang="uk"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{_title(document)}</title>'
        f"<style>{_STYLE}</style></head><body><main>{rows}{code}</main></body></html>"
    )


def qr_svg(text: str) -> str:
    """A QR code as an SVG element, four pixels a module."""
    return str(segno.make(text, micro=False, error="m").svg_inline(scale=4, border=2))


def _title(document: Document) -> str:
    return escape(f"{document.head.org_name} {document.head.fiscal_number or ''}".strip())


def _row(row: Row) -> str:
    if row.place == "rule":
        return "<hr>"
    if row.place == "pair":
        return f'<p class="pair"><span>{escape(row.text)}</span><span>{escape(row.right)}</span></p>'
    return f'<p class="{row.place}">{escape(row.text)}</p>' if row.text else ""
