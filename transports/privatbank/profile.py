"""What differs between terminals: names of methods, codes, pauses. All of it is data.

Only Purchase, Refund, GetReceiptInfo, ServiceMessage and PingDevice are known with their parameters. The bank's
contents page names more (void, balance, settlement, …) without their spelling: those are unset here, and asking for one
answers ``operation_not_configured`` with the key to set.
"""

from typing import Annotated

from msgspec import Meta, Struct

Seconds = Annotated[float, Meta(ge=0, le=3600)]
Method = Annotated[str, Meta(pattern=r"^[A-Za-z][A-Za-z0-9]{0,63}\Z")]


class Methods(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terminal's method for each kind of operation, None where its spelling is not known.

    ``void`` is sent with a purchase's parameters, the RRN and the invoice number; the rest without parameters.
    """

    payment: Method | None = "Purchase"
    refund: Method | None = "Refund"
    receipt_copy: Method | None = "GetReceiptInfo"
    connection_check: Method | None = "PingDevice"
    void: Method | None = None
    cash_withdrawal: Method | None = None
    balance: Method | None = None
    card_data: Method | None = None
    settlement: Method | None = None
    full_report: Method | None = None
    short_report: Method | None = None


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of terminal.

    * ``merchant_id``: a PAX firmware refuses "1", so "0" (one source).
    * ``currency``: the protocol carries none; an order in another one is refused before anything is sent.
    * ``success_codes``: one driver in the field lets "0010" pass too.
    * ``refused_codes``: device codes (one source) that are a definite "nothing was done": cancelled by the customer,
      declined by the card, log full, no keys, no reader. Bank codes (below 1000) refuse as well, but for
      ``doubtful_codes``: 10 is an approval of a part. Every other code with an error - no host link, no paper,
      general - may come after the bank approved, and decides nothing.
    * ``ping`` greets each connection as the bank's flow does; ``reconnect`` then opens another one for the work.
    * ``moments`` are the spellings of date and time in answers, ``strptime`` style; the documents do not tell them.
    """

    methods: Methods = Methods()
    merchant_id: str = "0"
    discount: str = ""
    currency: str = "980"
    success_codes: tuple[str, ...] = ("0000",)
    refused_codes: tuple[int, ...] = (1001, 1002, 1003, 1006, 1007)
    doubtful_codes: tuple[int, ...] = (10,)
    partial_refund: bool = True
    partial_void: bool = False
    ping: bool = True
    reconnect: bool = False
    moments: tuple[str, ...] = (
        "%d.%m.%Y %H:%M:%S",
        "%Y-%m-%d %H:%M:%S",
        "%d%m%Y %H%M%S",
        "%Y%m%d %H%M%S",
    )
    connect_seconds: Seconds = 10.0
    service_seconds: Seconds = 15.0
    operation_seconds: Seconds = 180.0
    pause_seconds: Seconds = 1.0
