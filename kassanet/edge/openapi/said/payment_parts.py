"""Channels, billings and routes: three collections of the same shape, what they say of a payment, and their graph."""

from kassanet.edge.openapi.operation import Answer, Body, Method, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from schemas.payment_records import PartKind
from schemas.receipts import Customer
from schemas.routes import (
    BillingSpec,
    ChannelSpec,
    Edge,
    Explained,
    Node,
    ReceiptTemplate,
    RouteSpec,
    TemplateItem,
    Topology,
)

_CHANNEL = ChannelSpec(name="terminals", kind="osmp", inn="5190114620", allow=("10.1.0.0/16",), deadline=20.0)
_BILLING = BillingSpec(name="main", kind="json", url="https://billing.example.ru/pay", settings={"secret": "***"})
_TEMPLATE = ReceiptTemplate(
    tax_system="usn_income",
    items=(TemplateItem(name="Услуги связи, л/с {account}", vat="none", method="advance", subject="payment"),),
    copy_to=Customer(email="kassa@example.ru"),
)
_ROUTE = RouteSpec(
    name="internet", channel="terminals", inn="5190114620", account="1*", billing="main", circuit=1, receipt=_TEMPLATE
)
_EXPLAINED = Explained(
    "terminals", "100500", 20050, _ROUTE, "route internet takes accounts '1*'", receipt={"external_id": "…"}
)
_TOPOLOGY = Topology(
    (Node("channel/terminals", "channel", "terminals", "osmp"), Node("billing/main", "billing", "main", "closed")),
    (Edge("channel/terminals", "billing/main", "internet", "credit_then_fiscalize"),),
)
_EXAMPLES: dict[PartKind, tuple[type, object, str]] = {
    "channel": (ChannelSpec, _CHANNEL, "a way in, with its own endpoint `/channels/{name}`"),
    "billing": (BillingSpec, _BILLING, "who is asked whether an account may pay, and credits it"),
    "route": (RouteSpec, _ROUTE, "from a channel, for some accounts, to a billing and a circuit"),
}
_CHECKED = (
    "All of it is checked as a whole: routes that would both take a payment are refused with both named (`overlap`), "
    "and so are those that lead nowhere (`dangling`). What stands in the configuration file is changed there "
    "(`configured`)."
)
_REFUSED = ("overlap", "dangling", "configured", "exists", *BODY, *WRITE)
_TEXT = {"type": "string"}


def _collection(kind: PartKind) -> tuple[Operation, ...]:
    struct, example, meaning = _EXAMPLES[kind]
    word, path, one = kind.capitalize(), f"/api/v1/{kind}s", Body(struct, example)

    def said(
        method: Method, name: str, summary: str, answer: Answer, *, below: str = "", body: Body | None = None,
        text: str = "", problems: tuple[str, ...] = READ,
    ) -> Operation:  # fmt: skip
        return Operation(
            method=method,
            path=path + below,
            name=name,
            tag="Payments",
            summary=summary,
            text=text,
            role="viewer" if method == "get" else "admin",
            body=body,
            answers=(answer,),
            problems=problems,
        )

    return (
        said("get", f"list{word}s", f"Every {kind}: {meaning}.",
             Answer(200, "All of them; secrets are shown to administrators.", Body(list[struct], [example]))),  # type: ignore[valid-type]  # one of three structs
        said("post", f"make{word}", f"Make a {kind}.", Answer(201, "As it was made.", one), body=one, text=_CHECKED,
             problems=_REFUSED),
        said("get", f"show{word}", f"One {kind}.", Answer(200, "As it is.", one), below="/{part}"),
        said("put", f"replace{word}", f"Replace a {kind}, all of it but its name.", Answer(200, "As it is now.", one),
             below="/{part}", body=one, text=_CHECKED, problems=_REFUSED),
        said("delete", f"remove{word}", f"Remove a {kind}.", Answer(204, "It is gone."), below="/{part}",
             problems=("dangling", "configured", "in-use", *WRITE)),
    )  # fmt: skip


PAYMENT_PARTS = (
    *_collection("channel"),
    *_collection("billing"),
    *_collection("route"),
    Operation(
        method="get",
        path="/api/v1/routes/explain",
        name="explainRoute",
        tag="Payments",
        summary="Which route would take a payment, and what receipt would it make?",
        query=(
            Parameter("channel", "The channel that it comes over.", _TEXT, "terminals"),
            Parameter("account", "The subscriber's account.", _TEXT, "100500"),
            Parameter("sum", "Kopecks.", {"type": "integer", "minimum": 1}, 20050),
            Parameter("service", "The service, where the channel tells one.", _TEXT),
            Parameter("txn_id", "The channel's number, for the receipt's text.", _TEXT),
        ),
        answers=(Answer(200, "The route, or why there is none.", Body(Explained, _EXPLAINED)),),
        problems=("invalid", "not-found"),
    ),
    Operation(
        method="get",
        path="/api/v1/topology",
        name="showTopology",
        tag="Payments",
        summary="Channels, billings, circuits and registers, and the routes between them.",
        answers=(Answer(200, "A graph.", Body(Topology, _TOPOLOGY)),),
        problems=READ,
    ),
)
