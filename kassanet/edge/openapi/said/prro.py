"""Software registers (ПРРО): adding them, what they make, and where they stand with the tax service."""

from datetime import UTC, datetime

from kassanet.edge.openapi.operation import Answer, Body, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.openapi.said.prro_agents import AWAY, UNSIGNED
from kassanet.edge.prro_documents import USUAL_SCALE, USUAL_WIDTH, WIDEST
from kassanet.edge.queries import MOST
from schemas.prro import Desk, Item, Payment, Sale, TaxRate
from schemas.prro_change import PrroChange
from schemas.prro_commands import PrroState
from schemas.prro_shown import DocumentPage, PrroOrder, PrroSpec, ShownDocument, ShownPrro
from transports.prro.png import LARGEST_SCALE
from transports.prro.text import NARROWEST

_DESK = Desk(
    register=4000000001, number=1, tin="40000001", org_name="ТОВ «Приклад»", point_name="Магазин",
    point_address="м. Київ, вул. Тестова, 1", taxes=(TaxRate(letter="А", percent=2000),),
)  # fmt: skip
_STATE = PrroState(id=1, register=4000000001, condition="online", shift_is_open=True, next_local=3)
_SHOWN = ShownPrro(1, _DESK, "shop/9f86d081884c7d65", "Бойко П. О.", _STATE)
_SALE = Sale(items=(Item(name="Кава", price=4500, letters="А"),), payments=(Payment(form=0, sum=4500),))
_ORDER = PrroOrder("order-1001", _SALE)
_DOCUMENT = ShownDocument(
    id=2, prro_id=1, local_number=2, kind="sale", status="registered", sum=4500, external_id="order-1001",
    made_at=datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC), ended_at=datetime(2026, 11, 22, 9, 0, 1, tzinfo=UTC),
    fiscal_number="1000000002",
    link="https://cabinet.tax.gov.ua/cashregs/check?id=1000000002&date=20261122&time=11%3A00%3A00&fn=4000000001&sm=45.00",
)  # fmt: skip
_NATURAL = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
WIDTH = (
    Parameter(
        "width",
        f"Characters a line; {USUAL_WIDTH} unless said.",
        {"type": "integer", "minimum": NARROWEST, "maximum": WIDEST},
        USUAL_WIDTH,
    ),
)
SCALE = Parameter(
    "scale",
    f"Size: a character is six times as many dots wide; {USUAL_SCALE} unless said.",
    {"type": "integer", "minimum": 1, "maximum": LARGEST_SCALE},
    USUAL_SCALE,
)
_LISTING = (
    Parameter("external_id", "With the till's own number.", {"type": "string"}, "order-1001"),
    Parameter("cursor", "`next_cursor` of the page before.", _NATURAL),
    Parameter("limit", "Documents on a page; 50 unless said.", {"type": "integer", "minimum": 1, "maximum": MOST}, 50),
)
_TEXT = Body(media=("text/plain",))

_HOW = """\
`operation.kind` is `sale`, `return`, `storno`, `service_in`, `service_out`, `cash_out`, `open_shift` or `close_shift`.
The shift opens by itself with the first operation; closing it makes its Z report first. Money is in kopecks.

The document is on disk with its signature before it is sent. `200`: its outcome is known, `status` says which
(`registered`, `offline`, `refused`). `202`: it is on disk and its answer was lost; the register finds out by itself,
and the same request says what came of it. The same `external_id` is always answered with its one document. After `503`
and `504` repeat the same request. Problems that begin with `agent-` say that it was *not signed*: nothing was made, and
no number was used. What was signed is a document, whatever became of it, and is answered as one.
"""

_CHANGE = """\
What is left out stays. `key_id` is for a renewed certificate: hand the new key over to an agent, and name it here. The
tax service is asked with the new key first, so one that may not work at the register is refused (`key-refused`). It
holds a shift for the operator that opened it, known by the certificate's key id; so another key takes over between
shifts, online, with every document settled, and else `prro-busy` says what to do first. What is signed already goes
out as it is. `desk` changes between shifts, too; another `cashier` does at any time. Cashiers of the CashDesk dialect
work at the registers of their own key: register them anew with a packet of the new one.
"""


def _switch(path: str, name: str, summary: str, text: str = "") -> Operation:
    return Operation(
        method="post",
        path=f"/api/v1/prro/{{prro_id}}/{path}",
        name=name,
        tag="Software registers",
        summary=summary,
        text=text,
        role="operator",
        answers=(Answer(200, "Where it stands now.", Body(ShownPrro, _SHOWN)),),
        problems=(*UNSIGNED, "out-of-service", "shift", "undelivered", *WRITE),
    )


_REGISTERS = (
    Operation(
        method="get",
        path="/api/v1/prro",
        name="listPrros",
        tag="Software registers",
        summary="Every software register that the token may see, with its live state.",
        integrations=True,
        answers=(Answer(200, "The registers.", Body(list[ShownPrro], [_SHOWN])),),
    ),
    Operation(
        method="post",
        path="/api/v1/prro",
        name="addPrro",
        tag="Software registers",
        summary="Add a software register that the tax service knows.",
        text="`key_id` is `AGENT/KEY`: a signing agent of the configuration, and a key that it holds.",
        role="operator",
        body=Body(PrroSpec, PrroSpec(_DESK, "shop/9f86d081884c7d65", "Бойко П. О.")),
        answers=(Answer(201, "It is added.", Body(ShownPrro, _SHOWN)),),
        problems=("not-found", "prro-off", "prro-exists", "constraint", *AWAY, *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}",
        name="showPrro",
        tag="Software registers",
        summary="One software register.",
        integrations=True,
        answers=(Answer(200, "The register.", Body(ShownPrro, _SHOWN)),),
    ),
    Operation(
        method="patch",
        path="/api/v1/prro/{prro_id}",
        name="changePrro",
        tag="Software registers",
        summary="Change who signs for a register, who stands on its documents, or what they say of it.",
        text=_CHANGE,
        role="admin",
        body=Body(PrroChange, PrroChange(key_id="shop/50bb0213ed688d68")),
        answers=(Answer(200, "It is changed.", Body(ShownPrro, _SHOWN)),),
        problems=(
            "not-found",
            "prro-busy",
            "key-refused",
            "out-of-service",
            "undelivered",
            "constraint",
            *UNSIGNED,
            *BODY,
            *WRITE,
        ),
    ),
    Operation(
        method="delete",
        path="/api/v1/prro/{prro_id}",
        name="removePrro",
        tag="Software registers",
        summary="Remove a register whose shift is closed and whose documents are settled; they are kept.",
        role="operator",
        answers=(Answer(204, "It is gone."),),
        problems=("prro-busy", *WRITE),
    ),
    _switch(
        "go-offline",
        "takePrroOffline",
        "Begin an offline session by hand; it then ends by hand only.",
        "A register without a session from the tax service cannot: `out-of-service` says so.",
    ),
    _switch("go-online", "bringPrroOnline", "End the offline session: everything made in it is delivered now."),
    _switch(
        "unblock",
        "unblockPrro",
        "Go on after a person has put right what the register waits for.",
        "It asks the tax service anew where it stands.",
    ),
)

_DOCUMENTS = (
    Operation(
        method="post",
        path="/api/v1/prro/{prro_id}/operations",
        name="postPrroOperation",
        tag="Software registers",
        summary="Make a document: a sale, a return, cash in or out, the beginning or end of a shift.",
        text=_HOW,
        role="operator",
        integrations=True,
        body=Body(PrroOrder, _ORDER),
        answers=(
            Answer(200, "Its outcome is known.", Body(ShownDocument, _DOCUMENT)),
            Answer(202, "It is on disk; its outcome is being found out.", Body(ShownDocument, _DOCUMENT)),
        ),
        problems=("other-content", "shift", "undelivered", *UNSIGNED, "out-of-service", *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/x-report",
        name="showPrroXReport",
        tag="Software registers",
        summary="What the open shift has come to so far, as text; no document is made.",
        integrations=True,
        query=WIDTH,
        answers=(Answer(200, "The report.", _TEXT),),
        problems=("invalid", "shift", "out-of-service", *UNSIGNED, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/documents",
        name="listPrroDocuments",
        tag="Software registers",
        summary="Documents of a register that have a local number, from new to old; or the one with a till's number.",
        integrations=True,
        query=_LISTING,
        answers=(Answer(200, "A page.", Body(DocumentPage, DocumentPage((_DOCUMENT,), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/documents/{document_id}",
        name="showPrroDocument",
        tag="Software registers",
        summary="One document, with its fiscal number and tax link once it has them.",
        integrations=True,
        answers=(Answer(200, "The document.", Body(ShownDocument, _DOCUMENT)),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/documents/{document_id}/text",
        name="showPrroText",
        tag="Software registers",
        summary="A document as text, for a printer or a message.",
        integrations=True,
        query=WIDTH,
        answers=(Answer(200, "The document.", _TEXT),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/documents/{document_id}/html",
        name="showPrroHtml",
        tag="Software registers",
        summary="A document as a page, its tax link as a QR code.",
        integrations=True,
        answers=(Answer(200, "The page.", Body(media=("text/html",))),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/documents/{document_id}/png",
        name="showPrroPng",
        tag="Software registers",
        summary="A document as a picture, its tax link as a QR code: for thermal printers and messages.",
        text="With the usual scale, 32 characters fill the 384 dots of a 58 mm printer, 48 the 576 of an 80 mm one.",
        integrations=True,
        query=(*WIDTH, SCALE),
        answers=(Answer(200, "The picture.", Body(media=("image/png",))),),
        problems=("invalid", *READ),
    ),
)

PRRO = (*_REGISTERS, *_DOCUMENTS)
