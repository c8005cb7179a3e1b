"""YooKassa's webhooks: a JSON notice that is signed by nobody, and the payment read back, which is what is believed.

A notice says only *look at this object*: :meth:`YooKassa.read` gives a :class:`Look`, the caller fetches
``Look.path`` from YooKassa with the shop's own credentials, and :meth:`YooKassa.settled` reads what was fetched. The
source address is checked too, but an address list proves nothing about the content.
"""

from base64 import b64encode
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from schemas.payments import ChannelAnswer, ChannelRequest, Pay, Payer, Refund
from transports.channels.dialect import JSON, MOST_OF_A_REQUEST, Incoming, Reply, Unacceptable
from transports.channels.sums import kopecks

ADDRESSES = (
    "185.71.76.0/27",
    "185.71.77.0/27",
    "77.75.153.0/25",
    "77.75.156.11/32",
    "77.75.156.35/32",
    "77.75.154.128/25",
    "2a02:5180::/32",
)
"""Where YooKassa's notices come from."""

API = "https://api.yookassa.ru"

Identifier = Annotated[str, Meta(pattern=r"^[0-9a-zA-Z-]{1,64}\Z")]


class YooKassaSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``shop_id`` and ``secret`` read payments back from ``api``.

    ``account`` and ``service`` are keys of ``metadata``. Payments of a test shop move no money: only with ``test``
    are they taken for payments.
    """

    shop_id: str
    secret: str
    api: str = API
    account: str = "account"
    service: str = "service"
    test: bool = False

    def __post_init__(self) -> None:
        if not (self.shop_id and self.secret):
            raise ValueError("a YooKassa channel needs shop_id and secret, to read payments back")


class Look(Struct, frozen=True):
    """An object to be fetched before anything is believed."""

    kind: Literal["payment", "refund"]
    id: str

    @property
    def path(self) -> str:
        """Under the API's address. ``id`` has been checked: it cannot lead anywhere else."""
        return f"/v3/{self.kind}s/{self.id}"


class Nothing(Struct, frozen=True):
    """A notice of something that moves no money to us; it is acknowledged, so that it is not repeated."""

    why: str


class _Named(Struct, frozen=True):
    id: Identifier


class _Notice(Struct, frozen=True):
    type: Literal["notification"]
    event: Annotated[str, Meta(max_length=64)]
    object: _Named


class _Amount(Struct, frozen=True):
    value: str
    currency: str


class _Payment(Struct, frozen=True):
    id: Identifier
    status: str
    amount: _Amount
    paid: bool = False
    test: bool = False
    metadata: dict[str, str] = {}


class _Refund(Struct, frozen=True):
    id: Identifier
    status: str
    amount: _Amount
    payment_id: Identifier


_notice = msgspec.json.Decoder(_Notice).decode
_payment = msgspec.json.Decoder(_Payment).decode
_refund = msgspec.json.Decoder(_Refund).decode


class YooKassa:
    """The dialect as YooKassa speaks it to us."""

    def __init__(self, settings: YooKassaSettings) -> None:
        self.settings = settings

    def read(self, incoming: Incoming) -> Look | Nothing:
        """Raises :class:`Unacceptable`. Only payments and refunds that succeeded are worth a look."""
        if len(incoming.body) > MOST_OF_A_REQUEST:
            raise Unacceptable("bad_request", "", f"longer than {MOST_OF_A_REQUEST} bytes")
        try:
            notice = _notice(incoming.body)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unacceptable("bad_request", "", f"not a notice: {error}") from None
        if notice.event == "payment.succeeded":
            return Look("payment", notice.object.id)
        if notice.event == "refund.succeeded":
            return Look("refund", notice.object.id)
        return Nothing(f"{notice.event} moves no money")

    @property
    def authorization(self) -> str:
        """The header with which objects are fetched."""
        said = f"{self.settings.shop_id}:{self.settings.secret}".encode()
        return f"Basic {b64encode(said).decode()}"

    def settled(self, look: Look, fetched: bytes) -> Pay | Refund | Nothing:
        """What the fetched object says; raises :class:`Unacceptable` where it is not what the notice named."""
        try:
            return self._payment(look, fetched) if look.kind == "payment" else self._refund(look, fetched)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Unacceptable("temporary", look.kind, f"was fetched and cannot be read: {error}", look.id) from None

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """200 acknowledges for good; anything else is repeated for a day."""
        if answer.outcome == "ok":
            return Reply(b"{}", JSON)
        status = {"bad_signature": 403, "temporary": 503, "not_finished": 503}.get(answer.outcome, 422)
        return Reply(msgspec.json.encode({"error": answer.comment or answer.outcome}), JSON, status)

    def _payment(self, look: Look, fetched: bytes) -> Pay | Nothing:
        payment = _payment(fetched)
        _must_be(look, payment.id)
        if payment.status != "succeeded" or not payment.paid:
            return Nothing(f"payment {payment.id} is {payment.status}")
        if payment.test and not self.settings.test:
            return Nothing(f"payment {payment.id} is of a test shop")
        account = payment.metadata.get(self.settings.account, "").strip()
        if not account or len(account) > 64:
            where = f"metadata.{self.settings.account}"
            raise Unacceptable("bad_account", where, "names no account", payment.id)
        service = payment.metadata.get(self.settings.service)
        payer = Payer(payment.metadata.get("email"), payment.metadata.get("phone"))
        return Pay(payment.id, account, _sum(payment.amount, payment.id), None, service, payer, payment.metadata)

    def _refund(self, look: Look, fetched: bytes) -> Refund | Nothing:
        refund = _refund(fetched)
        _must_be(look, refund.id)
        if refund.status != "succeeded":
            return Nothing(f"refund {refund.id} is {refund.status}")
        return Refund(refund.id, refund.payment_id, _sum(refund.amount, refund.id))


def _must_be(look: Look, found: str) -> None:
    if found != look.id:
        raise Unacceptable("temporary", look.kind, f"{look.id} was asked for and {found} came", look.id)


def _sum(amount: _Amount, txn_id: str) -> int:
    if amount.currency != "RUB":
        raise Unacceptable("bad_sum", "amount.currency", f"{amount.currency[:8]} is not RUB", txn_id)
    try:
        return kopecks(amount.value)
    except ValueError as error:
        raise Unacceptable("bad_sum", "amount.value", str(error), txn_id) from None
