"""What is read of sales: each query next to the struct that its rows become."""

from collections.abc import Iterator

from kassanet.store.sqlite.transaction import Row
from schemas.sale_records import SaleFilter, StoredSale

_SALE = """s.id, s.circuit_id, s.external_id, s.integration_id, s.pinpad_id, s.status, s.revision, s.charge, s.total,
    s.currency, s.operation_id, s.receipt_id, s.aborted_at, s.accepted_at, s.changed_at, s.reason, s.digest, s.body,
    s.receipt, s.receipt_digest"""
SALE = f"SELECT {_SALE} FROM sales AS s WHERE s.id = ?"
OPEN = f"""
    SELECT {_SALE} FROM sales AS s INDEXED BY sales_open
    WHERE s.status IN
        ('accepted', 'charging', 'unknown', 'charged', 'fiscalizing', 'pending', 'reversing', 'manual')
    ORDER BY s.id
"""
LEFT = f"""
    SELECT {_SALE} FROM pinpad_holds AS h JOIN sales AS s ON s.id = CAST(substr(h.holder, 6) AS INTEGER)
    WHERE h.holder GLOB 'sale/[0-9]*' AND s.pinpad_id = h.pinpad_id
        AND s.status IN ('manual', 'done', 'refused', 'failed', 'aborted', 'reversed')
    ORDER BY s.id
"""
HISTORY = """
    SELECT 1, 'accepted', accepted_at, NULL FROM sales WHERE id = ?1
    UNION ALL
    SELECT revision, status, at, detail FROM sale_history WHERE sale_id = ?1
    ORDER BY 1
"""


def sale(row: Row) -> StoredSale:
    return StoredSale(*row)


def listing(wanted: SaleFilter) -> tuple[str, list[object]]:
    """The statement and its parameters, from new to old."""
    terms = list(_terms(wanted))
    where = f"WHERE {' AND '.join(term for term, _ in terms)}" if terms else ""
    parameters = [value for _, value in terms]
    return f"SELECT {_SALE} FROM sales AS s {where} ORDER BY s.id DESC LIMIT ?", [*parameters, wanted.limit]


def _terms(wanted: SaleFilter) -> Iterator[tuple[str, object]]:
    for name in ("circuit_id", "pinpad_id", "status", "external_id"):
        value = getattr(wanted, name)
        if value is not None:
            yield f"s.{name} = ?", value
    if wanted.inn is not None:
        yield "s.circuit_id IN (SELECT id FROM circuits WHERE inn = ?)", wanted.inn
    if wanted.before_id is not None:
        yield "s.id < ?", wanted.before_id
