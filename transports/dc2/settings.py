"""What differs between DC2 services, or is only supposed of them."""

from typing import Annotated

from msgspec import Meta, Struct

NOT_SENT = (4, 6, 7, 8, 9, 10, 11, 16)
"""Codes by which a service says that it did not begin: bad request, configuration, busy."""


class Dc2Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``not_sent`` are the codes after which certainly nothing reached the pinpad.

    13 (no link to the device) is none of them: the maker's library answers it also when the pinpad has taken the
    request. ``grace`` is how much longer than the pinpad's own limit the answer is waited for.
    """

    path: Annotated[str, Meta(pattern=r"^/[^\s]*\Z")] = "/"
    not_sent: tuple[int, ...] = NOT_SENT
    connect_seconds: Annotated[float, Meta(gt=0)] = 10.0
    grace: Annotated[float, Meta(ge=0)] = 10.0
