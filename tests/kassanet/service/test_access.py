"""Who may do what: every route of the running service against every kind of asker."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio

from kassanet import tokens
from kassanet.edge import application, auth
from schemas.pinpad_commands import Hold, Release
from tests.kassanet.edge.posted import receipt
from tests.kassanet.service.premises import INN, OTHER_INN, Premises, premises
from tests.kassanet.service.shop import Shop, until
from tests.kassanet.service.tax_office import DESK, TaxOffice, tax_office

RANKS = {"viewer": 1, "operator": 2, "admin": 3}
PUBLIC = {"/healthz", "/readyz", "/"}
DOCUMENTATION = {"/openapi.json", "/docs", "/docs.css", "/docs.js"}
ELSEWHERE = {
    "/api/v1/uplink",
    "/api/v1/stream",
    "/api/v1/session",
    "/assets/<asked>/<path:name>",
    "/channels/<channel>",
}
"""Routes with tests of their own."""
SITE = "/api/v1/sites/<int:site_id>"
PAYMENTS = "/api/v1/payments"
DOCUMENTS = "/api/v1/prro/<int:prro_id>/documents"
OPERATIONS = "/api/v1/pinpads/<int:pinpad_id>/operations"
PINPAD = {"address": "127.0.0.1:1", "inn": INN}
PAYMENT = {"external_id": "order-1", "kind": "payment", "amount": 1200}
PRRO = {"desk": {**DESK, "tin": INN}, "key_id": "shop/key"}
ORDER = {"external_id": "order-1", "operation": {"kind": "open_shift"}}
SALE = {"external_id": "sale-1", "circuit_id": 1, "pinpad_id": 1, "receipt": receipt(external_id=None)}


@dataclass(frozen=True)
class Row:
    """A route. ``role`` is the least that may, ``done`` what an asker who may is answered.

    ``limited`` is the answer to a token with an INN where the route is of no organisation. ``shared`` is of the
    organisation, whichever of its circuits an integration belongs to.
    """

    method: str
    path: str
    role: str
    done: int = 200
    integrations: bool = False
    said: Any = None
    limited: int | None = None
    listing: bool = field(default=False)
    shared: bool = field(default=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def collection(path: str) -> tuple[Row, ...]:
    """Parts of the mediation of payments; none is there, so that only the roles are asked about."""
    return (
        Row("GET", path, "viewer", listing=True),
        Row("POST", path, "admin", 422, said={}, listing=True),
        Row("GET", f"{path}/<part>", "viewer", 404),
        Row("PUT", f"{path}/<part>", "admin", 404, said={}),
        Row("DELETE", f"{path}/<part>", "admin", 404),
    )


ROWS = (
    Row("GET", "/frs", "viewer", listing=True),
    Row("GET", "/frs/<path:eip>", "viewer"),
    Row("PATCH", "/frs/<path:eip>/activate", "operator"),
    Row("PATCH", "/frs/<path:eip>/deactivate", "operator"),
    Row("DELETE", "/frs/<path:eip>", "operator", 409),  # an unknown document holds it
    Row("GET", "/fcircuit/<identifier>", "viewer"),
    Row("POST", "/fcircuit", "operator", 201, said={"inn": INN, "title": "x"}),
    Row("POST", "/fcircuit/<int:circuit_id>/fr", "operator", 422, said={"type": "typewriter", "eip": "x"}),
    Row("POST", "/fcircuit/<int:circuit_id>/int", "operator", 201, said={"type": "osmp"}),
    Row("PATCH", "/int/<int:integration_id>/activate", "operator"),
    Row("PATCH", "/int/<int:integration_id>/deactivate", "operator"),
    Row("POST", "/api/v1/circuits/<int:circuit_id>/receipts", "operator", 200, integrations=True, said=receipt()),
    Row("GET", "/api/v1/circuits/<int:circuit_id>/receipts", "viewer", integrations=True),
    Row("GET", "/api/v1/receipts", "viewer", integrations=True, listing=True),
    Row("GET", "/api/v1/receipts.csv", "viewer", integrations=True, listing=True),
    Row("GET", "/api/v1/receipts/<int:receipt_id>/qr.svg", "viewer", integrations=True),
    Row("GET", "/api/v1/receipts/<int:receipt_id>", "viewer", integrations=True),
    Row("GET", "/api/v1/receipts/<int:receipt_id>/history", "viewer", integrations=True),
    Row("GET", "/api/v1/receipts/<int:receipt_id>/attempts", "viewer", integrations=True),
    Row("GET", "/api/v1/receipts/<int:receipt_id>/attempts/<int:attempt_id>/exchange", "operator"),
    Row("POST", "/api/v1/receipts/<int:receipt_id>/cancel", "operator", 409, integrations=True),
    Row("POST", "/api/v1/receipts/<int:receipt_id>/resolve", "operator", 422, said={}),
    Row("GET", "/api/v1/receipts/<int:receipt_id>/callbacks", "viewer", integrations=True),
    Row("POST", "/api/v1/receipts/<int:receipt_id>/callbacks/<int:callback_id>/retry", "operator", 404, True),
    Row("GET", "/api/v1/kkt", "viewer", listing=True),
    Row("GET", "/api/v1/kkt/<path:eip>", "viewer"),
    Row("GET", "/api/v1/kkt/<path:eip>/day", "viewer"),
    Row("GET", "/api/v1/pace", "viewer", listing=True),
    Row("POST", "/api/v1/kkt/<path:eip>/<command>", "operator", 409),
    Row("GET", "/api/v1/pinpads", "viewer", integrations=True, listing=True),
    Row("POST", "/api/v1/pinpads", "operator", 409, said=PINPAD),
    Row("GET", "/api/v1/pinpads/<int:pinpad_id>", "viewer", integrations=True, shared=True),
    Row("POST", "/api/v1/pinpads/<int:pinpad_id>/deactivate", "operator"),
    Row("POST", "/api/v1/pinpads/<int:pinpad_id>/activate", "operator"),
    Row("DELETE", "/api/v1/pinpads/<int:pinpad_id>", "operator", 409),  # a sale is open on it
    Row("POST", f"{OPERATIONS}", "operator", integrations=True, shared=True, said=PAYMENT),
    Row("GET", f"{OPERATIONS}", "viewer", integrations=True, shared=True),
    Row("GET", f"{OPERATIONS}/<int:operation_id>", "viewer", integrations=True, shared=True),
    Row("GET", f"{OPERATIONS}/<int:operation_id>/history", "viewer", integrations=True, shared=True),
    Row("POST", f"{OPERATIONS}/<int:operation_id>/cancel", "operator", 409, integrations=True, shared=True),
    Row("POST", f"{OPERATIONS}/<int:operation_id>/resolve", "operator", 422, said={}),
    Row("POST", f"{OPERATIONS}/<int:operation_id>/print", "operator", 422, said={}),
    Row("GET", "/api/v1/prro", "viewer", integrations=True, listing=True),
    Row("POST", "/api/v1/prro", "operator", 409, said=PRRO, limited=404),  # the agent has no such key
    Row("GET", "/api/v1/prro/<int:prro_id>", "viewer", integrations=True, shared=True),
    Row("POST", "/api/v1/prro/<int:prro_id>/go-offline", "operator"),
    Row("POST", "/api/v1/prro/<int:prro_id>/go-online", "operator"),
    Row("POST", "/api/v1/prro/<int:prro_id>/unblock", "operator"),
    Row("PATCH", "/api/v1/prro/<int:prro_id>", "admin", said={"cashier": "Бойко П. О."}),
    Row("DELETE", "/api/v1/prro/<int:prro_id>", "operator", 409),  # its shift is open
    Row("POST", "/api/v1/prro/<int:prro_id>/operations", "operator", 200, integrations=True, shared=True, said=ORDER),
    Row("GET", "/api/v1/prro/<int:prro_id>/x-report", "viewer", 200, integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS}", "viewer", integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS}/<int:document_id>", "viewer", integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS}/<int:document_id>/text", "viewer", integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS}/<int:document_id>/html", "viewer", integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS}/<int:document_id>/png", "viewer", integrations=True, shared=True),
    Row("GET", f"{DOCUMENTS[:-10]}/tax-state", "operator", 200),
    Row("GET", f"{DOCUMENTS[:-10]}/tax-totals", "operator", 200),
    Row("GET", "/api/v1/prro/tax-objects", "operator", 422, listing=True),
    Row("GET", "/api/v1/prro/agents", "viewer", listing=True),
    Row("GET", "/api/v1/prro/agents/<agent>", "viewer", listing=True),
    Row("POST", "/api/v1/prro/agents/<agent>/unlock", "admin", 422, said={}, limited=403),
    Row("POST", "/api/v1/prro/agents/<agent>/keys", "admin", 422, said={}, listing=True),
    Row("GET", "/api/v1/prro/agents/<agent>/keys/<key_id>", "viewer", 404, listing=True),
    Row("PATCH", "/api/v1/prro/agents/<agent>/keys/<key_id>", "admin", 404, said={}, listing=True),
    Row("DELETE", "/api/v1/prro/agents/<agent>/keys/<key_id>", "admin", 404, listing=True),
    Row("POST", "/api/v1/prro/registrations", "operator", 422, said={}, listing=True),
    Row("POST", "/api/v1/prro/cashiers", "operator", 422, said={}, listing=True),
    Row("GET", "/api/v1/prro/cashiers", "viewer", listing=True),
    Row("GET", "/api/v1/prro/cashiers/<int:cashier_id>", "viewer", 404, listing=True),
    Row("DELETE", "/api/v1/prro/cashiers/<int:cashier_id>", "operator", 404, listing=True),
    Row("POST", "/api/v1/sales", "operator", 200, integrations=True, said=SALE),
    Row("GET", "/api/v1/sales", "viewer", integrations=True, listing=True),
    Row("GET", "/api/v1/sales/<int:sale_id>", "viewer", integrations=True),
    Row("GET", "/api/v1/sales/<int:sale_id>/history", "viewer", integrations=True),
    Row("POST", "/api/v1/sales/<int:sale_id>/abort", "operator", 409, integrations=True),
    Row("POST", "/api/v1/sales/<int:sale_id>/resolve", "operator", 422, said={}),
    Row("GET", PAYMENTS, "viewer", listing=True),
    Row("POST", PAYMENTS, "operator", 422, integrations=True, said={}, listing=True),
    Row("GET", f"{PAYMENTS}/<int:payment_id>", "viewer", 404, integrations=True),
    Row("GET", f"{PAYMENTS}/<int:payment_id>/history", "viewer", 404, integrations=True),
    Row("POST", f"{PAYMENTS}/<int:payment_id>/refund", "operator", 404, integrations=True),
    Row("POST", f"{PAYMENTS}/<int:payment_id>/correction", "operator", 404, integrations=True),
    Row("POST", f"{PAYMENTS}/<int:payment_id>/resolve", "operator", 404),
    Row("POST", f"{PAYMENTS}/<int:payment_id>/given-back", "operator", 404),
    *(row for kind in ("channels", "billings", "routes") for row in collection(f"/api/v1/{kind}")),
    Row("GET", "/api/v1/billings/<part>/state", "viewer", 404),
    Row("GET", "/api/v1/routes/explain", "viewer", 422, listing=True),
    Row("GET", "/api/v1/topology", "viewer", listing=True),
    Row("GET", "/api/v1/imports", "viewer", listing=True),
    Row("POST", "/api/v1/imports", "operator", 422, listing=True),
    Row("GET", "/api/v1/circuits", "viewer", listing=True),
    Row("GET", "/api/v1/alarms", "viewer", listing=True),
    Row("POST", "/api/v1/alarms/<path:key>/acknowledge", "operator", 404),
    Row("GET", "/api/v1/sites", "viewer", listing=True),
    Row("POST", "/api/v1/sites", "admin", 422, said={}, limited=404),
    Row("GET", SITE, "viewer", 404),
    Row("DELETE", SITE, "admin", 404),
    Row("POST", f"{SITE}/token", "admin", 404),
    Row("POST", f"{SITE}/circuits", "admin", 404, said={}),
    Row("GET", f"{SITE}/commands", "viewer", 404),
    Row("GET", f"{SITE}/commands/<int:command_id>", "viewer", 404),
    Row("GET", f"{SITE}/receipts", "viewer", 404),
    Row("GET", f"{SITE}/receipts/<int:receipt_id>", "viewer", 404),
    Row("GET", f"{SITE}/receipts.ndjson", "viewer", 404),
    Row("GET", "/api/v1/archive", "viewer", listing=True),
    Row("GET", "/api/v1/archive.ndjson", "viewer", listing=True),
    Row("GET", "/api/v1/receipts.ndjson", "viewer", listing=True),
    Row("POST", "/api/v1/receipts.ndjson", "admin", listing=True),
    Row("GET", "/api/v1/actors", "operator", limited=404),
    Row("GET", "/api/v1/actors/<path:name>/failure", "admin", limited=404),
    Row("GET", "/api/v1/audit", "admin", limited=404),
    Row("GET", "/api/v1/session", "viewer", listing=True),
    Row("GET", "/metrics", "viewer", limited=404),
)


@dataclass(frozen=True)
class Asker:
    """``sees``: its token shows the things that the routes name; ``beside``: only those of the organisation."""

    name: str
    role: str | None
    token: str | None
    limited: bool = False
    sees: bool = True
    suspended: bool = False
    beside: bool = False


def expected(row: Row, asker: Asker) -> set[int]:
    """The statuses that are right. A foreigner may be told first that its role is too low."""
    if asker.role is None:
        return {401}
    if asker.role == "integration":
        return _of_integration(row, asker)
    if RANKS[asker.role] < RANKS[row.role]:
        return {403} if asker.sees else {403, 404}
    if asker.limited and row.limited is not None:
        return {row.limited}
    if not asker.sees and not row.listing:
        return {404}
    return {row.done}


def _of_integration(row: Row, asker: Asker) -> set[int]:
    if not row.integrations or asker.suspended:
        return {403}
    return {row.done} if asker.sees or row.listing or (asker.beside and row.shared) else {404}


async def askers(place: Premises, shop: Shop) -> list[Asker]:
    """Everybody there is: each role, with and without an INN, integrations, strangers, and one who was sent away."""
    found = [Asker("none", None, None), Asker("wrong", None, "kassa_" + "x" * 43), Asker("rubbish", None, "root")]
    for role in ("admin", "operator", "viewer"):
        found.append(Asker(role, role, place.token(role)))
        found.append(Asker(f"{role} of it", role, place.token(role, INN), limited=True))
        found.append(Asker(f"{role} elsewhere", role, place.token(role, OTHER_INN), limited=True, sees=False))
    found.append(Asker("integration", "integration", (await shop.integration())["token"]))
    other = await shop.create_circuit(OTHER_INN)
    found.append(Asker("integration elsewhere", "integration", (await shop.integration(other))["token"], sees=False))
    sibling = await shop.create_circuit(INN)
    found.append(
        Asker("integration beside", "integration", (await shop.integration(sibling))["token"], sees=False, beside=True)
    )
    asleep = await shop.integration()
    await shop.http.patch(f"/int/{asleep['id']}/deactivate")
    found.append(Asker("integration asleep", "integration", asleep["token"], suspended=True))
    gone = place.token("admin")
    await _revoke_last(place)
    found.append(Asker("revoked", None, gone))
    return found


async def _revoke_last(place: Premises) -> None:
    newest = list(tokens.listing(place.folder))[-1].split()[0]
    tokens.revoke(place.folder, int(newest))


@pytest.fixture
def applications(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The applications that the service makes."""
    made: list[Any] = []
    original = application.make_app

    def caught(**parts: Any) -> Any:  # noqa: ANN401 - whatever the service hands over
        made.append(original(**parts))
        return made[-1]

    monkeypatch.setattr("kassanet.app.make_app", caught)
    return made


@pytest.fixture(autouse=True)
def _quick_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REFRESH_SECONDS", 0.05)
    monkeypatch.setattr(auth, "MISS_SECONDS", 0.01)


async def test_every_route_against_every_asker(tmp_path: Path, applications: list[Any]) -> None:
    (tmp_path / "office").mkdir()
    async with (
        tax_office(tmp_path / "office", INN) as taxes,
        premises(tmp_path, prro=taxes.section()) as place,
        Shop(place, place.token("admin")) as shop,
    ):
        await shop.open()
        names = await things(place, shop) | await a_software_register(shop, taxes)
        everybody = await askers(place, shop)
        wrong = []
        for asker in everybody:
            async with place.client(asker.token) as http:
                await settled(http, asker)
                for row in ROWS:
                    answer = await http.request(row.method, address(row.path, names), json=row.said)
                    if answer.status_code not in expected(row, asker):
                        wrong.append(f"{asker.name}: {row} is {answer.status_code}, not {expected(row, asker)}")
                    assert answer.status_code < 500, (str(row), answer.text)
        assert not wrong, "\n".join(wrong)
        covered = {(row.method, row.path) for row in ROWS}
        open_to_all = PUBLIC | DOCUMENTATION | ELSEWHERE
        for rule in applications[0].url_map.iter_rules():
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                elsewhere = rule.rule in open_to_all or rule.rule.startswith("/cashdesk/")  # see test_cashdesk
                assert (method, rule.rule) in covered or elsewhere, f"{method} {rule.rule} has no row"


async def settled(http: Any, asker: Asker) -> None:  # noqa: ANN401 - an httpx client
    """The table of tokens is read again in a moment: until then a new one may be unknown, a revoked one good."""

    async def known() -> bool:
        status: int = (await http.get("/frs")).status_code
        return (status == 401) == (asker.role is None)

    await until(known, f"{asker.name} to be known")


async def things(place: Premises, shop: Shop) -> dict[str, str]:
    """One of each, in states that no row of the table can change: the register keeps an unknown document."""
    [register] = place.registers
    integration = await shop.integration()
    first = await shop.http.post(shop.path, json=receipt())
    await shop.ended(first.json()["id"])
    register.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
    await shop.becomes(await shop.post(), "unknown")
    pinpad = (await shop.http.post("/api/v1/pinpads", json=PINPAD)).json()["id"]
    assert (await shop.http.post(f"/api/v1/pinpads/{pinpad}/activate")).status_code == 200
    paid = await shop.http.post(f"/api/v1/pinpads/{pinpad}/operations?wait=60", json=PAYMENT)
    assert place.service is not None
    await place.service.pinpads.actor(pinpad).ask(Hold("sale 1", 0.001))
    await place.service.pinpads.actor(pinpad).ask(Release("sale 1", is_open=True))
    sold = await shop.http.post("/api/v1/sales?wait=60", json=SALE)
    assert sold.json()["status"] == "failed", "its register is off"
    return {
        "<int:sale_id>": str(sold.json()["id"]),
        "<int:pinpad_id>": str(pinpad),
        "<int:operation_id>": str(paid.json()["id"]),
        "<path:eip>": register.eip,
        "<identifier>": f"{INN}-1",
        "<int:circuit_id>": str(shop.circuit),
        "<int:integration_id>": str(integration["id"]),
        "<int:receipt_id>": str(first.json()["id"]),
        "<int:callback_id>": "1",
        "<int:attempt_id>": "1",
        "<int:cashier_id>": "999",
        "<agent>": "local",
        "<key_id>": "nothing",
        "<int:payment_id>": "999",
        "<part>": "nowhere",
        "<command>": "x_report",
        "<int:site_id>": "999",
        "<int:command_id>": "1",
        "<path:name>": "journal",
        "<path:key>": "kkt/nowhere/unreachable",
    }


async def a_software_register(shop: Shop, taxes: TaxOffice) -> dict[str, str]:
    """Online, its shift open."""
    added = await shop.http.post("/api/v1/prro", json={**PRRO, "key_id": taxes.key_id})
    path = f"/api/v1/prro/{added.json()['id']}"
    opened = await shop.http.post(f"{path}/operations", json=ORDER)
    assert opened.json()["status"] == "registered", opened.text
    return {"<int:prro_id>": str(added.json()["id"]), "<int:document_id>": str(opened.json()["id"])}


def address(path: str, names: dict[str, str]) -> str:
    for name, value in names.items():
        path = path.replace(name, value)
    return path


async def test_what_is_public_needs_no_token(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(None) as http:
        for path in sorted(PUBLIC):
            assert (await http.get(path)).status_code == 200, path
            assert (await http.get(path, headers={"Authorization": "Bearer nonsense"})).status_code in (200, 401)


async def test_lists_show_one_organisation_only(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        number = await shop.post()
        await shop.ended(number)
        ours = shop.circuit
        other = await shop.create_circuit(OTHER_INN)
        await shop.add("10.0.0.1:7777", other)
        shop.circuit = other
        foreign = await shop.post()
        seen = {}
        for inn in (INN, OTHER_INN, None):
            async with place.client(place.token("viewer", inn)) as http:
                seen[inn] = (
                    {each["eip"] for each in (await http.get("/frs")).json()},
                    {each["eip"] for each in (await http.get("/api/v1/kkt")).json()},
                    {each["id"] for each in (await http.get("/api/v1/circuits")).json()},
                    {each["id"] for each in (await http.get("/api/v1/receipts")).json()["receipts"]},
                )
                across = await http.get(f"/api/v1/receipts?circuit_id={other if inn == INN else ours}")
                assert (across.json()["receipts"] == []) == (inn is not None)
        eip = place.registers[0].eip
        assert seen[INN] == ({eip}, {eip}, {ours}, {number})
        assert seen[OTHER_INN] == ({"10.0.0.1:7777"}, {"10.0.0.1:7777"}, {other}, {foreign})
        assert seen[None] == tuple(a | b for a, b in zip(seen[INN], seen[OTHER_INN], strict=True))


async def test_a_token_with_an_inn_creates_circuits_of_that_organisation_alone(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, place.client(place.token("operator", INN)) as http:
        assert (await http.post("/fcircuit", json={"inn": INN, "title": "x"})).status_code == 201
        assert (await http.post("/fcircuit", json={"inn": OTHER_INN, "title": "x"})).status_code == 404


async def test_an_integrations_token_is_bound_to_its_circuit_and_sleeps_with_it(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        sibling = await shop.create_circuit()
        made = await shop.http.post(f"/fcircuit/{shop.circuit}/int", json={"type": "api"})
        token, number = made.json()["token"], made.json()["id"]
        async with place.client(token) as http:
            asleep = await http.post(shop.path, json=receipt())
            assert (asleep.status_code, asleep.json()["type"].rsplit(":", 1)[1]) == (403, "integration-inactive")
            await shop.http.patch(f"/int/{number}/activate")

            async def awake() -> bool:
                return (await http.get(shop.path)).status_code == 200

            await until(awake, "the integration to be awake")
            posted = await http.post(shop.path, json=receipt())
            assert posted.status_code == 202
            assert (await http.post(f"/api/v1/circuits/{sibling}/receipts", json=receipt())).status_code == 404
            await shop.ended(posted.json()["id"])
            by_person = await shop.post()
            listed = [each["id"] for each in (await http.get("/api/v1/receipts")).json()["receipts"]]
            assert listed == [by_person, posted.json()["id"]]
            await shop.http.patch(f"/int/{number}/deactivate")

            async def asleep_again() -> bool:
                return (await http.post(shop.path, json=receipt())).status_code == 403

            await until(asleep_again, "the integration to sleep again")


async def test_tokens_by_the_command_line_while_the_service_runs(tmp_path: Path) -> None:
    """Made and revoked by another process; good on first use, worthless within a moment."""
    async with premises(tmp_path, 0) as place:

        async def run(*words: str) -> str:
            command = [sys.executable, "-m", "kassanet", "token", *words, f"--data={place.folder}"]
            done = await trio.run_process(command, capture_stdout=True, stderr=subprocess.DEVNULL)
            return done.stdout.decode()

        token = (await run("create", "--role", "viewer", "--inn", INN)).strip()
        async with place.client(token) as http:
            assert (await http.get("/frs")).status_code == 200
            [_, line] = (await run("list")).splitlines()
            await run("revoke", line.split()[0])

            async def worthless() -> bool:
                return (await http.get("/frs")).status_code == 401

            await until(worthless, "the token to be worthless")


async def test_old_scripts_from_a_trusted_network_need_no_token(tmp_path: Path) -> None:
    loopback = {"frs_auth": "trusted-net", "trusted_networks": ("127.0.0.0/8",)}
    async with premises(tmp_path, 0, **loopback) as place, place.client(None) as http:
        assert (await http.post("/fcircuit", json={"inn": INN, "title": "x"})).status_code == 201
        assert (await http.post("/fcircuit/1/fr", json={"type": "terminalfa", "eip": "10.0.0.1:1"})).status_code == 201
        made = await http.post("/fcircuit/1/int", json={"type": "paykeeper", "param2": "secret"})
        assert (made.status_code, made.json()["param2"]) == (201, "***")
        for path in ("/frs", f"/fcircuit/{INN}", "/frs/10.0.0.1:1"):
            assert (await http.get(path)).status_code == 200
        for path in ("/api/v1/receipts", "/api/v1/kkt", "/api/v1/actors"):
            assert (await http.get(path)).status_code == 401
        assert (await http.get("/frs", headers={"X-Forwarded-For": "127.0.0.1"})).status_code == 401
        assert (await http.get("/frs", headers={"Authorization": "Bearer kassa_nobody"})).status_code == 401


async def test_a_network_that_is_not_listed_is_not_trusted(tmp_path: Path) -> None:
    elsewhere = {"frs_auth": "trusted-net", "trusted_networks": ("10.0.0.0/8",)}
    for changes in (elsewhere, {}):
        (tmp_path / str(len(changes))).mkdir()
        async with premises(tmp_path / str(len(changes)), 0, **changes) as place, place.client(None) as http:
            assert (await http.get("/frs")).status_code == 401
