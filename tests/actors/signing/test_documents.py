"""What documents say of themselves, and that nothing passes as a kind that it is not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.signing.documents import Facts, Unreadable, read
from schemas.signing import EVERY_KIND, DocumentKind
from tests.actors.signing.rig import REGISTER, TIN, check

SIGNED = b"\x30\x03\x02\x01\x05"
PACKETS = [b"".join(len(SIGNED).to_bytes(4, order) + SIGNED for _ in range(3)) for order in ("little", "big")]
GOOD: list[tuple[DocumentKind, bytes]] = [
    ("check", check()),
    ("zrep", check().replace(b"CHECK", b"ZREP")),
    ("command", b'{"Command":"Objects"}'),
    ("registration", b'{"Registration":"cashier"}'),
    *(("packet", packet) for packet in PACKETS),
]


def test_heads() -> None:
    facts = Facts(frozenset((TIN,)), REGISTER)
    assert read("check", check()) == read("zrep", check().replace(b"CHECK", b"ZREP")) == facts
    assert read("command", b'{"Command":"TransactionsRegistrarState","NumFiscal":4000123456}').register == REGISTER
    assert read("registration", b'{"Registration":"cashier","Tin":"1"}').tins == {"1"}
    assert read("packet", PACKETS[0]) == read("packet", PACKETS[1]) == Facts()


@pytest.mark.parametrize(("kind", "data"), GOOD)
def test_no_document_is_of_two_kinds(kind: DocumentKind, data: bytes) -> None:
    """Or a check could be signed as something for which fewer rules hold."""
    read(kind, data)
    for other in set(EVERY_KIND) - {kind}:
        with pytest.raises(Unreadable):
            read(other, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<CHECK/>",
        check().replace(b"<TIN>3012345678</TIN>", b""),
        check().replace(REGISTER.encode(), b""),
        check().replace(b"</CHECK>", b"<CHECKHEAD/></CHECK>"),
        check().replace(b"<CHECK>", b'<!DOCTYPE a [<!ENTITY b "c">]><CHECK>'),
        check().replace(b"windows-1251", b"no-such-code"),
        check()[:-5],
    ],
)
def test_what_is_no_check(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read("check", data)


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from(EVERY_KIND), st.sampled_from([b"", b"{", b"<CHECK>", b"\0\0\0\1\x30"]))
def test_garbage(data: bytes, kind: DocumentKind, start: bytes) -> None:
    try:
        read(kind, start + data)
    except Unreadable:
        return
