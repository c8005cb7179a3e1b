"""PayKeeper's notice: a form with ``id, sum, clientid, orderid, key``; the answer is ``OK md5(id + secret)``.

``key`` is an MD5 over the values with the sum *written anew* with two decimals, whatever it came as, and empty strings
for what is absent. Any answer but the exact OK makes PayKeeper repeat, so a payment that is not durable yet simply
hears something else.
"""

from typing import Literal

from msgspec import Struct

from schemas.payments import ChannelAnswer, ChannelRequest, Pay, Payer
from transports.channels.dialect import TEXT, Incoming, Reply, Unacceptable
from transports.channels.parameters import Fields, parameters
from transports.channels.signatures import digest, same
from transports.channels.sums import roubles


class PayKeeperSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``secret`` is the shop's secret word; ``account`` names the field that carries the account."""

    secret: str
    account: Literal["clientid", "orderid"] = "clientid"

    def __post_init__(self) -> None:
        if not self.secret:
            raise ValueError("a PayKeeper channel needs its secret")


class PayKeeper:
    """The dialect as PayKeeper speaks it to us."""

    def __init__(self, settings: PayKeeperSettings) -> None:
        self._settings = settings

    def read(self, incoming: Incoming) -> Pay:
        """See :meth:`transports.channels.dialect.Dialect.read`; the signature is checked before anything is said."""
        if incoming.method != "POST":
            raise Unacceptable("bad_request", "", "a notice is a POST")
        found = parameters(incoming)
        fields = Fields(found, {"sum": "bad_sum", "id": "bad_txn", self._settings.account: "bad_account"})
        signed = [found.get(name, "") for name in ("clientid", "orderid")]
        key = fields.needed("key")
        txn_id = fields.txn("id")
        amount = fields.sum("sum", padded=True)
        expected = digest("md5", txn_id + roubles(amount) + "".join(signed) + self._settings.secret)
        if not same(key, expected):
            raise Unacceptable("bad_signature", "key", "is not the key of this notice")
        account = fields.account(self._settings.account)
        payer = Payer(fields.optional("client_email"), fields.optional("client_phone"))
        service = fields.optional("service_name")
        return Pay(txn_id, account, amount, None, service, payer, details=_without_cards(fields.rest))

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """See :meth:`transports.channels.dialect.Dialect.answer`."""
        if answer.outcome == "ok" and isinstance(request, Pay):
            return Reply(f"OK {digest('md5', request.txn_id + self._settings.secret)}".encode(), TEXT)
        status = {"bad_signature": 403, "temporary": 503, "not_finished": 503}.get(answer.outcome, 422)
        return Reply(f"Error! {answer.comment or answer.outcome}".encode(), TEXT, status)


def _without_cards(details: dict[str, str]) -> dict[str, str]:
    """What is kept of a notice: a card's number and its holder are nobody's business here."""
    return {name: value for name, value in details.items() if not name.startswith("card_")}
