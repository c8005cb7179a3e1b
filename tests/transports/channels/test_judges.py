"""Foreign programs judge our reading: they sign, we check; they check, we signed. From the ``judges`` extra."""

import importlib
import json
import warnings
from hashlib import new
from ipaddress import ip_address, ip_network
from types import ModuleType

import pytest

from tests.transports.channels.sent import posted
from transports.channels.dialect import Incoming
from transports.channels.robokassa import Robokassa, RobokassaSettings
from transports.channels.signatures import HashName
from transports.channels.yookassa import ADDRESSES, Look, YooKassa, YooKassaSettings


def judge(name: str) -> ModuleType:
    """A module of a judge, imported without holding its own warnings against us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{error}: pip install kassanet[judges]")


def signature(hash_name: str, *parts: str) -> str:
    return new(hash_name, ":".join(parts).encode()).hexdigest()


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256", "sha384", "sha512"])
def test_robokassa_agrees_about_signatures(name: HashName) -> None:
    robokassa = judge("robokassa.hash"), judge("robokassa.signature")
    algorithm = getattr(robokassa[0].HashAlgorithm, name)
    checker = robokassa[1].SignatureChecker(robokassa[0].Hash(algorithm), "p1", "p2")
    ours = Robokassa(RobokassaSettings(password2="p2", hash=name))
    said = {"OutSum": "100.000000", "InvId": "5", "Shp_account": "77", "Shp_b": "2"}
    value = signature(name, "100.000000", "5", "p2", "Shp_account=77", "Shp_b=2")
    assert checker.result_url_signature_is_valid(value, "100.000000", 5, Shp_account="77", Shp_b="2")
    assert ours.read(posted(**said, SignatureValue=value)).sum == 10000


@pytest.mark.parametrize("name", ["md5", "sha256", "sha512"])
def test_aiorobokassa_agrees_about_signatures(name: HashName) -> None:
    verify = judge("aiorobokassa.utils.signature").verify_result_url_signature
    value = signature(name, "7.5", "5", "p2", "Shp_account=77", "Shp_b=2")
    assert verify("7.5", "5", "p2", value, algorithm=name.upper(), shp_params={"account": "77", "b": "2"})
    ours = Robokassa(RobokassaSettings(password2="p2", hash=name))
    said = {"OutSum": "7.5", "InvId": "5", "Shp_account": "77", "Shp_b": "2"}
    assert ours.read(posted(**said, SignatureValue=value)).sum == 750


PAYMENT = {
    "id": "22d6d597-000f-5000-9000-145f6df21d6f",
    "status": "succeeded",
    "paid": True,
    "amount": {"value": "200.50", "currency": "RUB"},
    "created_at": "2026-11-22T15:00:00.000Z",
    "refundable": True,
    "test": False,
    "metadata": {"account": "77"},
    "recipient": {"account_id": "1", "gateway_id": "2"},
}


def test_yookassa_reads_the_same_notice() -> None:
    factory = judge("yookassa.domain.notification").WebhookNotificationFactory
    said = {"type": "notification", "event": "payment.succeeded", "object": PAYMENT}
    theirs = factory().create(said)
    ours = YooKassa(YooKassaSettings(shop_id="1", secret="s"))
    look = ours.read(Incoming("POST", body=json.dumps(said).encode()))
    assert look == Look("payment", theirs.object.id)
    assert isinstance(look, Look)
    paid = ours.settled(look, json.dumps(PAYMENT).encode())
    assert (paid.txn_id, paid.sum) == (theirs.object.id, int(theirs.object.amount.value * 100))  # type: ignore[union-attr]  # a Pay


def test_yookassa_trusts_no_address_that_we_refuse() -> None:
    theirs = judge("yookassa.domain.common").SecurityHelper()
    networks = [ip_network(network) for network in ADDRESSES]
    for address in ("185.71.76.1", "185.71.77.31", "77.75.153.127", "77.75.156.11", "2a02:5180:0:1509::1", "8.8.8.8",
                    "185.71.76.32", "77.75.156.12"):  # fmt: skip
        ours = any(ip_address(address) in network for network in networks)
        assert ours == theirs.is_ip_trusted(address), address
