"""Local servers that dial in: adding them, looking at them, their receipts; and receipts out of and into journals."""

from kassanet.edge.openapi.operation import NDJSON, Answer, Body, Operation, Talk
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from kassanet.edge.openapi.said.listing import LISTING
from kassanet.edge.openapi.said.receipts import RECEIPT
from kassanet.edge.receipts_export import Imported
from kassanet.sites.receipts import ArchivedPage
from schemas.problems import FieldError
from schemas.receipts import Receipt
from schemas.site_link import (
    Carried,
    Carry,
    Copied,
    Copies,
    Farewell,
    Hello,
    Page,
    Ping,
    Pong,
    Read,
    Recall,
    States,
    Take,
    Taken,
    Welcome,
)
from schemas.sites import (
    BindCircuitRequest,
    NewSite,
    SiteAdded,
    SiteCircuit,
    SiteCommand,
    SiteDetails,
    SiteKkt,
    SiteState,
)

_INN = "7801234564"
_SITE = SiteState(
    3, "shop-1", _INN, "connected", connected_since=1795446000.5, seen_at=1795446100.5, rev="9f0c11aa-57", lag=0.012,
    registers=1, version="0.1.0", receipts="central", commands=("x_report",), address="203.0.113.7",
)  # fmt: skip
_KKT = SiteKkt("shop-1/10.0.0.5:7777", "terminalfa", 12, "ready", "shop-1", _INN)
_CIRCUIT = SiteCircuit(1, f"{_INN}-1", _INN, "ООО «Ромашка»", 12)
_ADDED = SiteAdded(3, "shop-1", _INN, "kassa_6e0vcz7KYdmi…")
_COMMAND = SiteCommand(17, "shop-1", _KKT.eip, "x_report", "token 7", 1795446100.5, "done", 204)
_FILE = Body(media=(NDJSON,))
_AWAY = ("site-away", "no-answer")

_UPLINK = """\
A WebSocket that a local server (a site) dials, with its own token in the `Authorization` header. The site says `hello`
with the versions that it speaks and hears `welcome`. States come by the site's revision and after a cut go on from the
last one that is known here; receipts are repeated under the same `key` until they are answered, and copied in the
order of the site's outbox, which forgets nothing before `copied`; a command is sent once, and its outcome asked for
(`recall`) when its answer was lost. A newer link of the same site takes the place of the older one.
"""

_LOOKING = (
    Operation(
        method="get",
        path="/api/v1/sites",
        name="listSites",
        tag="Sites",
        summary="Every site that the token may see: connected or away, since when, how far behind.",
        answers=(Answer(200, "The sites.", Body(list[SiteState], [_SITE])),),
    ),
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}",
        name="showSite",
        tag="Sites",
        summary="One site with its circuits and registers.",
        answers=(Answer(200, "The site.", Body(SiteDetails, SiteDetails(_SITE, (_CIRCUIT,), (_KKT,)))),),
    ),
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}/commands",
        name="listSiteCommands",
        tag="Sites",
        summary="The last commands that were sent to a site's registers.",
        answers=(Answer(200, "From new to old.", Body(list[SiteCommand], [_COMMAND])),),
        problems=READ,
    ),
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}/commands/{command_id}",
        name="showSiteCommand",
        tag="Sites",
        summary="What became of a command; `unknown` settles when the site is back.",
        answers=(Answer(200, "The command.", Body(SiteCommand, _COMMAND)),),
        problems=READ,
    ),
)

_CHANGING = (
    Operation(
        method="post",
        path="/api/v1/sites",
        name="addSite",
        tag="Sites",
        summary="Add a site; its token is told here and never again.",
        text="For tokens that see every organisation. With an `inn` the site may show and serve that one only.",
        role="admin",
        body=Body(NewSite, NewSite("shop-1", _INN)),
        answers=(Answer(201, "It may dial in.", Body(SiteAdded, _ADDED)),),
        problems=("not-found", "site-exists", *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/sites/{site_id}/token",
        name="renewSiteToken",
        tag="Sites",
        summary="Another token in the place of the old one, which is worthless at once.",
        role="admin",
        answers=(Answer(200, "The new token.", Body(SiteAdded, _ADDED)),),
        problems=WRITE,
    ),
    Operation(
        method="delete",
        path="/api/v1/sites/{site_id}",
        name="revokeSite",
        tag="Sites",
        summary="Make a site's token worthless and end its link. What it told is kept; another token brings it back.",
        role="admin",
        answers=(Answer(204, "It is out."),),
        problems=WRITE,
    ),
    Operation(
        method="post",
        path="/api/v1/sites/{site_id}/circuits",
        name="bindSiteCircuit",
        tag="Sites",
        summary="Make a circuit here whose receipts go to a circuit of the site.",
        text="Receipts posted to it are durable here, go to the site once, and their results come back.",
        role="admin",
        body=Body(BindCircuitRequest, BindCircuitRequest(1)),
        answers=(Answer(201, "The two circuits.", Body(SiteCircuit, _CIRCUIT)),),
        problems=("bound", *BODY, *WRITE),
    ),
)

_RECEIPTS = (
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}/receipts",
        name="listSiteReceipts",
        tag="Sites",
        summary="Receipts of a site, from new to old: the copies here, or over the link where they are kept there.",
        query=LISTING,
        answers=(Answer(200, "A page; numbers are the site's.", Body(ArchivedPage, ArchivedPage((), None))),),
        problems=("invalid", *_AWAY, *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}/receipts/{receipt_id}",
        name="showSiteReceipt",
        tag="Sites",
        summary="One receipt of a site, by its number there.",
        answers=(Answer(200, "The receipt.", Body(Receipt, RECEIPT)),),
        problems=("invalid", *_AWAY, *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/sites/{site_id}/receipts.ndjson",
        name="exportSiteReceipts",
        tag="Sites",
        summary="All receipts of a site, one a line. An answer that breaks off is not whole.",
        answers=(Answer(200, "The receipts.", _FILE),),
        problems=("invalid", *_AWAY, *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/receipts.ndjson",
        name="exportReceiptLines",
        tag="Receipts",
        summary="Receipts of this service, one a line: `{source, inn, receipt}`, `source` being the journal it is of.",
        query=LISTING,
        answers=(Answer(200, "The receipts.", _FILE),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="post",
        path="/api/v1/receipts.ndjson",
        name="importReceipts",
        tag="Receipts",
        summary="Take an export of another journal in as an archive: it is looked at and never made again.",
        text="The same file twice changes nothing, nor does this service's own.",
        role="admin",
        body=_FILE,
        answers=(
            Answer(
                200,
                "What became of the lines.",
                Body(Imported, Imported(3, 2, (FieldError("lines[3]", "is not JSON"),))),
            ),
        ),
        problems=("too-large", "timeout", *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/archive",
        name="listArchive",
        tag="Receipts",
        summary="Receipts that other journals told: sites' own and imported ones, from new to old.",
        query=LISTING,
        answers=(Answer(200, "A page.", Body(ArchivedPage, ArchivedPage((), None))),),
        problems=("invalid", *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/archive.ndjson",
        name="exportArchive",
        tag="Receipts",
        summary="The same as a file.",
        answers=(Answer(200, "The receipts.", _FILE),),
        problems=("invalid", *READ),
    ),
)

_LINK = Operation(
    method="get",
    path="/api/v1/uplink",
    name="uplink",
    tag="Sites",
    summary="The link of a site, over a WebSocket.",
    text=_UPLINK,
    role=None,
    answers=(Answer(101, "The WebSocket is open."),),
    problems=("bad-request", "unauthorized", "not-allowed", "too-many-requests", "starting"),
    talk=Talk(
        asks=(Hello, States, Pong, Carried, Taken, Copies, Page),
        tells=(Welcome, Ping, Carry, Recall, Take, Copied, Read, Farewell),
        closes={
            1001: "The service stops.",
            1011: "A fault of the service.",
            4400: "A message that cannot be read, or none in time.",
            4401: "The token is not good any more, or of another site.",
            4409: "The same site has dialled in anew.",
        },
    ),
)

SITES = (*_LOOKING, *_CHANGING, *_RECEIPTS, _LINK)
