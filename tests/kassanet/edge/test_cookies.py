"""The cookie's name, and when a page is our own."""

import pytest
from werkzeug.datastructures import Headers

from kassanet.edge.cookies import cookie_name, from_foreign_page, from_own_page, token_in_cookie


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("kassa.example", "kassanet"),
        ("kassa.example:8080", "kassanet_8080"),
        ("127.0.0.1:8443", "kassanet_8443"),
        ("[::1]:8080", "kassanet_8080"),
        ("[::1]", "kassanet"),
        ("", "kassanet"),
        ("x:;path=/", "kassanet"),
    ],
)
def test_two_services_on_one_host_have_two_cookies(host: str, name: str) -> None:
    assert cookie_name(host) == name
    assert token_in_cookie(Headers({"Host": host}), {name: "kassa_x", "kassanet_1": "other"}) == "kassa_x"


@pytest.mark.parametrize(
    ("said", "own"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://kassa.example"}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://kassa.example:8080"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Origin": "http://kassa.example:8080"}, True),
        ({"Origin": "http://KASSA.example:8080"}, True),
        ({"Origin": "https://kassa.example:8080"}, True),  # TLS may end at a proxy
        ({"Origin": "http://kassa.example"}, False),
        ({"Origin": "http://kassa.example.evil.example:8080"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_only_a_page_of_this_origin_is_our_own(said: dict[str, str], own: bool) -> None:
    headers = Headers({"Host": "kassa.example:8080", **said})
    assert from_own_page(headers) is own
    assert from_foreign_page(headers) is (bool(said) and not own)
