"""Bodies as forms: what JSON would have said, and nothing that breaks it."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transports.cashdesk.forms import read_form


def test_lists_and_objects() -> None:
    fields = {
        "num_fiscal": "4000000001",
        "products[1][name]": "Мило & чай",
        "products[0][name]": "Кава",
        "products[0][excise_labels][0]": "AA",
        "payments[10][sum]": "1",
        "payments[9][sum]": "2",
        "no_qr": "1",
        "comment": "",
    }
    assert read_form(urlencode(fields).encode()) == {
        "num_fiscal": "4000000001",
        "products": [{"name": "Кава", "excise_labels": ["AA"]}, {"name": "Мило & чай"}],
        "payments": [{"sum": "2"}, {"sum": "1"}],
        "no_qr": "1",
        "comment": "",
    }
    assert read_form(b"") == {}


@pytest.mark.parametrize(
    "body",
    [
        b"a[",
        b"a[]=1",
        b"a=1&a=2",
        b"a=1&a[0]=2",
        b"a[0]=1&a[0][b]=2",
        b"[0]=1",
        b"a=%ff",
        b"a",
        b"\xff",
        b"a[0][0][0][0][0]=1",
    ],
)
def test_what_is_no_form(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_form(body)


@given(st.binary(max_size=60) | st.text("ab[]0=&%", max_size=30).map(str.encode))
def test_nothing_breaks_it(body: bytes) -> None:
    try:
        read_form(body)
    except ValueError:
        return
