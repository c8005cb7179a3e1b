"""Foreign programs against running endpoints: a shop's own client makes and reads what our channel then believes.

From the ``judges`` extra.
"""

import importlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar
from urllib.parse import parse_qs

import pytest
import trio

from kassanet.sandbox.billing.acquirer import Acquirer, AcquirerServer, Shop, notice
from kassanet.sandbox.billing.players import Notice, RobokassaPlayer, Sent
from tests.kassanet.channels.market import market

Made = TypeVar("Made")
SHOP = Shop("100500", "test_secret")


def judge(name: str) -> ModuleType:
    """A module of a judge, imported without holding its own warnings against us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError as error:
            pytest.skip(f"{error}: pip install kassanet[judges]")


async def ask(question: Callable[[], Made]) -> Made:
    """Theirs block, and keep their sockets for the collector."""

    def quietly() -> Made:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return question()

    return await trio.to_thread.run_sync(quietly)


async def test_what_yookassas_client_makes_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    yookassa = judge("yookassa")
    acquirer = Acquirer(SHOP)
    async with market(tmp_path) as here, trio.open_nursery() as nursery:
        port = await nursery.start(AcquirerServer(acquirer).serve, "127.0.0.1", 0)
        api = f"http://127.0.0.1:{port}"
        yookassa.Configuration.configure(SHOP.shop_id, SHOP.secret, api_url=f"{api}/v3")
        monkeypatch.setattr(yookassa.Configuration, "api_url", f"{api}/v3")
        settings = {"shop_id": SHOP.shop_id, "secret": SHOP.secret, "api": api}
        await here.channel("yoo", "yookassa", settings=settings)
        await here.route("yoo", "yoo", policy="fiscalize_only", billing=None)
        said = {"amount": {"value": "200.50", "currency": "RUB"}, "metadata": {"account": "100500"}}
        made = await ask(lambda: yookassa.Payment.create(said, "key-1"))
        again = await ask(lambda: yookassa.Payment.create(said, "key-1"))
        assert (made.id, made.status) == (again.id, "pending")
        await tell(here.send, "payment.succeeded", acquirer, "payments", made.id)
        assert not await here.payments(), "a notice of a payment that was not paid"
        captured = await ask(lambda: yookassa.Payment.capture(made.id))
        assert (captured.status, captured.paid) == ("succeeded", True)
        for _ in range(2):
            await tell(here.send, "payment.succeeded", acquirer, "payments", made.id)
        await here.all_fiscalized(1)
        back = await ask(
            lambda: yookassa.Refund.create({"payment_id": made.id, "amount": {"value": "50.50", "currency": "RUB"}})
        )
        await tell(here.send, "refund.succeeded", acquirer, "refunds", back.id)
        await here.all_fiscalized(2)
        assert here.receipts() == [("sell", 20_050), ("sell_refund", 5_050)]
        found = await ask(lambda: yookassa.Payment.find_one(made.id))
        assert int(found.amount.value * 100) == (await here.payments(account="100500"))[-1]["sum"]
        nursery.cancel_scope.cancel()


async def tell(send: Any, event: str, acquirer: Acquirer, kind: str, identifier: str) -> None:  # noqa: ANN401
    """Their own factory reads the notice that is sent."""
    body = notice(event, acquirer.objects[kind][identifier])
    factory = judge("yookassa.domain.notification").WebhookNotificationFactory()
    assert factory.create(json.loads(body)).object.id == identifier
    assert (await send("yoo", Sent("POST", "", body))).status_code == 200


@pytest.mark.parametrize("wrong", [False, True])
async def test_what_our_endpoint_takes_robokassas_checkers_take(tmp_path: Path, wrong: bool) -> None:
    checkers = judge("robokassa.hash"), judge("robokassa.signature")
    verify = judge("aiorobokassa.utils.signature").verify_result_url_signature
    sent = RobokassaPlayer("other password" if wrong else "password 2").pay(Notice("77", "100500", 20_050))
    said = {name: values[0] for name, values in parse_qs(sent.body.decode()).items()}
    checker = checkers[1].SignatureChecker(checkers[0].Hash(checkers[0].HashAlgorithm.md5), "p1", "password 2")
    value, amount = said["SignatureValue"], said["OutSum"]
    theirs = checker.result_url_signature_is_valid(value.lower(), amount, 77, Shp_account="100500")
    assert theirs == (not wrong)
    assert bool(verify(amount, "77", "password 2", value, algorithm="MD5", shp_params={"account": "100500"})) == theirs
    async with market(tmp_path, registers=0) as here:
        await here.channel("robo", "robokassa", settings={"password2": "password 2"})
        await here.route("robo", "robo", policy="fiscalize_only", billing=None)
        answer = await here.send("robo", sent)
        assert (answer.text == "OK77") == theirs
        assert len(await here.payments()) == theirs
