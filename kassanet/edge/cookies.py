"""The cookie in which a browser keeps its token, and whether to believe that the asker is our own page.

A browser sends a cookie along whoever's page asks, so it counts only where that does no harm (reading) or where the
browser says that a page of this very origin is asking. ``SameSite`` alone would not do: another port of the same host
is the same site.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cookie_name(host: str) -> str:
    """Cookies do not tell ports apart, so the name does: two services on one host do not sign each other out."""
    port = urlsplit(f"//{host}").netloc.rpartition("]")[2].rpartition(":")[2]
    return f"kassanet_{port}" if port.isdigit() else "kassanet"


def token_in_cookie(headers: Headers, cookies: Mapping[str, str]) -> str | None:
    """The token that the browser keeps for us, if it keeps one."""
    return cookies.get(cookie_name(headers.get("Host", ""))) or None


def from_own_page(headers: Headers) -> bool:
    """Whether a page of this origin asks. Neither header can be set by a page's script.

    ``Sec-Fetch-Site`` is the browser's own verdict; where there is none (plain HTTP to another machine), the host that
    the page came from must be the host that is asked. Schemes are not compared: TLS may end at a proxy.
    """
    site = headers.get("Sec-Fetch-Site", "")
    if site:
        return site == "same-origin"
    page = urlsplit(headers.get("Origin", "")).netloc
    return bool(page) and page.lower() == headers.get("Host", "").lower()


def from_foreign_page(headers: Headers) -> bool:
    """Whether a page of another origin asks. Programs say nothing of a page, and are none."""
    return bool(headers.get("Sec-Fetch-Site") or headers.get("Origin")) and not from_own_page(headers)
