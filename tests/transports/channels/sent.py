"""Requests as channels send them, built with nothing of ours."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

from transports.channels.dialect import Incoming

SECRET = "a secret of sixteen and more"
NOW = 1_795_000_000.0


def got(**parameters: str) -> Incoming:
    """A GET."""
    return Incoming("GET", urlencode(parameters).encode())


def posted(**parameters: str) -> Incoming:
    """A form."""
    return Incoming("POST", body=urlencode(parameters).encode())


def signed(said: object, secret: str = SECRET, at: float = NOW) -> Incoming:
    """A JSON body with its HMAC."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    stamp = str(int(at))
    code = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-kassanet-timestamp": stamp, "x-kassanet-signature": f"sha256={code}"}
    return Incoming("POST", body=body, headers=headers, now=NOW)


def paykeeper_notice(secret: str, *, signed_sum: str | None = None, **said: str) -> Incoming:
    """A notice with its key; the sum is signed with two decimals unless a test says otherwise."""
    amount = signed_sum if signed_sum is not None else f"{float(said['sum']):.2f}"
    text = said["id"] + amount + said.get("clientid", "") + said.get("orderid", "") + secret
    return posted(**said, key=hashlib.md5(text.encode()).hexdigest())


def robokassa_result(password: str, name: str = "md5", **said: str) -> Incoming:
    """A ResultURL request with its signature."""
    own = [f"{key}={said[key]}" for key in sorted(said) if key.lower().startswith("shp_")]
    text = ":".join([said["OutSum"], said["InvId"], password, *own])
    return posted(**said, SignatureValue=hashlib.new(name, text.encode()).hexdigest().upper())
