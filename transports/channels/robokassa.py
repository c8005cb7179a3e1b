"""Robokassa's ResultURL: ``OutSum, InvId, SignatureValue`` and the shop's own ``Shp_…``; the answer is ``OK<InvId>``.

The signature is ``HASH(OutSum:InvId:Password2[:Shp_a=1:Shp_b=2])`` with the Shp parameters sorted by name, the hash
as the shop chose it, and ``OutSum`` *as it was received*: ``100.000000`` is signed with all its zeros.
"""

from msgspec import Struct

from schemas.payments import ChannelAnswer, ChannelRequest, Pay, Payer
from transports.channels.dialect import TEXT, Incoming, Reply, Unacceptable
from transports.channels.parameters import Fields, parameters
from transports.channels.signatures import HashName, digest, same

ADDRESSES = ("185.59.216.65/32", "185.59.217.65/32")
"""Where Robokassa's notices come from."""


class RobokassaSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``password2`` signs results; ``account`` names the Shp parameter that carries the account.

    A shop in test mode has passwords of its own: a channel with those takes test payments, and no other does.
    """

    password2: str
    hash: HashName = "md5"
    account: str = "Shp_account"
    service: str = "Shp_service"

    def __post_init__(self) -> None:
        if not self.password2:
            raise ValueError("a Robokassa channel needs the shop's second password")
        digest(self.hash, "")


class Robokassa:
    """The dialect as Robokassa speaks it to us."""

    def __init__(self, settings: RobokassaSettings) -> None:
        self._settings = settings

    def read(self, incoming: Incoming) -> Pay:
        """See :meth:`transports.channels.dialect.Dialect.read`; the signature is checked before anything is said."""
        found = parameters(incoming)
        self._check_signature(found)
        account = self._settings.account
        fields = Fields(found, {"OutSum": "bad_sum", "InvId": "bad_txn", account: "bad_account"})
        txn_id = fields.txn("InvId")
        if not txn_id.isdigit() or int(txn_id) == 0:
            # Shops that do not number their invoices send 0: nothing would tell two such payments apart.
            raise fields.refuse("InvId", "an invoice's number above 0 is needed")
        amount = fields.sum("OutSum", padded=True)
        fields.optional("SignatureValue")
        payer = Payer(fields.optional("EMail"))
        named = fields.account(account)
        return Pay(txn_id, named, amount, None, fields.optional(self._settings.service), payer, fields.rest)

    def answer(self, request: ChannelRequest | None, answer: ChannelAnswer) -> Reply:
        """See :meth:`transports.channels.dialect.Dialect.answer`."""
        if answer.outcome == "ok" and isinstance(request, Pay):
            return Reply(f"OK{request.txn_id}".encode(), TEXT)
        status = {"bad_signature": 403, "temporary": 503, "not_finished": 503}.get(answer.outcome, 422)
        return Reply((answer.comment or answer.outcome).encode(), TEXT, status)

    def _check_signature(self, found: dict[str, str]) -> None:
        values = [found.get("OutSum", ""), found.get("InvId", ""), self._settings.password2]
        own = sorted(name for name in found if name.lower().startswith("shp_"))
        signed = ":".join([*values, *(f"{name}={found[name]}" for name in own)])
        if not same(found.get("SignatureValue", ""), digest(self._settings.hash, signed)):
            raise Unacceptable("bad_signature", "SignatureValue", "is not the signature of this notice")
