"""The circuits' walk, word for word as integrators of cloud registers know it."""

from pathlib import Path

import pytest
import trio
import trio.lowlevel

from kassanet.edge import frs
from tests.kassanet.service.premises import INN, OTHER_INN, Premises, premises, register_number
from tests.kassanet.service.shop import Shop

PAYKEEPER = {"type": "paykeeper", "param1": "https://shop.paykeeper.example", "param2": "s3cret-seed", "param3": "x"}


async def test_the_whole_walk(tmp_path: Path) -> None:
    """Create a circuit, add a register and an integration, activate both, watch, deactivate, delete."""
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        http, [register] = shop.http, place.registers
        eip, identity = register.eip, register.device.registration
        register.device.storage.limits.ofd_seconds = None  # type: ignore[union-attr]  # it has one

        made = await http.post("/fcircuit", json={"inn": INN, "title": "Связь"})
        assert made.status_code == 201
        number = made.json()["id"]
        assert made.json() == {"id": number, "sinn": f"{INN}-1", "title": "Связь", "frs": [], "integrations": []}

        added = await http.post(f"/fcircuit/{number}/fr", json={"type": "terminalfa", "eip": eip})
        assert (added.status_code, added.json()) == (201, {"eip": eip, "type": "terminalfa", "is_active": 0})
        assert (await http.get(f"/frs/{eip}")).json() == {
            "eip": eip,
            "sn": None,
            "timestamp": None,
            "mcu_temperature": None,
            "fs": None,
        }

        joined = await http.post(f"/fcircuit/{number}/int", json=PAYKEEPER)
        integration = joined.json()
        assert joined.status_code == 201
        assert integration == {
            "id": integration["id"],
            "type": "paykeeper",
            "param1": PAYKEEPER["param1"],
            "param2": PAYKEEPER["param2"],
            "is_active": 0,
        }

        switched = await http.patch(f"/int/{integration['id']}/activate")
        assert (switched.status_code, switched.json()) == (200, {**integration, "is_active": 1})
        activated = await http.patch(f"/frs/{eip}/activate")
        assert (activated.status_code, activated.json()) == (200, {"eip": eip, "type": "terminalfa", "is_active": 1})
        whole = {
            "id": number,
            "sinn": f"{INN}-1",
            "title": "Связь",
            "frs": [{"eip": eip, "type": "terminalfa", "is_active": 1}],
            "integrations": [{**integration, "is_active": 1}],
        }
        for identifier in (INN, f"{INN}-1"):
            assert (await http.get(f"/fcircuit/{identifier}")).json() == [whole]

        [state] = (await http.get("/frs")).json()
        assert state == (await http.get(f"/frs/{eip}")).json()
        first_at = register.device.fn.document(1).at  # type: ignore[union-attr]  # the registration
        assert state == {
            "eip": eip,
            "sn": register.device.serial,
            "timestamp": f"{register.device.now():%d.%m.%Y %H:%M}",
            "mcu_temperature": None,
            "fs": {
                "inn": INN,
                "rnm": identity.rnm,
                "phase": 3,
                "sn": register.device.fn.serial,
                "flags": 0,
                "shift_is_open": False,
                "ofd": {"number": 1, "fd_first": 1, "fd_first_timestamp": f"{first_at:%d.%m.%Y %H:%M}"},
                "mode": identity.modes,
                "tax_system": identity.tax_systems,
                "agent": identity.agents,
                "current_document": 0,
            },
        }

        assert (await http.patch(f"/frs/{eip}/deactivate")).json()["is_active"] == 0
        assert (await http.patch(f"/int/{integration['id']}/deactivate")).json()["is_active"] == 0
        gone = await http.delete(f"/frs/{eip}")
        assert (gone.status_code, gone.content) == (204, b"")
        assert (await http.get(f"/frs/{eip}")).status_code == 404
        assert (await http.get("/frs")).json() == []
        assert (await http.get(f"/fcircuit/{INN}")).json()[0]["frs"] == []


async def test_circuits_are_counted_per_organisation_and_without_limit(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        for number in range(1, 21):
            for inn in (INN, OTHER_INN):
                made = await shop.http.post("/fcircuit", json={"inn": inn, "title": "Одна"})
                assert made.json()["sinn"] == f"{inn}-{number}"
        found = (await shop.http.get(f"/fcircuit/{INN}")).json()
        assert [each["sinn"] for each in found] == [f"{INN}-{number}" for number in range(1, 21)]
        [one] = (await shop.http.get(f"/fcircuit/{INN}-7")).json()
        assert one["sinn"] == f"{INN}-7"


async def test_what_does_not_exist_is_404(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        for method, path in (
            ("GET", f"/fcircuit/{INN}"),
            ("GET", f"/fcircuit/{INN}-1"),
            ("GET", "/fcircuit/1"),
            ("POST", "/fcircuit/1/fr"),
            ("POST", "/fcircuit/1/int"),
            ("GET", "/frs/127.0.0.1:7777"),
            ("PATCH", "/frs/127.0.0.1:7777/activate"),
            ("PATCH", "/frs/127.0.0.1:7777/deactivate"),
            ("DELETE", "/frs/127.0.0.1:7777"),
            ("PATCH", "/int/1/activate"),
            ("PATCH", "/int/1/deactivate"),
        ):
            answer = await shop.http.request(method, path, json={"type": "terminalfa", "eip": "127.0.0.1:7777"})
            assert answer.status_code == 404, (method, path)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.json()["status"] == 404


async def test_a_register_stands_in_one_circuit_at_most(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        first, second = await shop.create_circuit(), await shop.create_circuit()
        register = {"type": "terminalfa", "eip": "10.0.0.1:7777"}
        assert (await shop.http.post(f"/fcircuit/{first}/fr", json=register)).status_code == 201
        for circuit in (first, second):
            again = await shop.http.post(f"/fcircuit/{circuit}/fr", json=register)
            assert again.status_code == 409
            assert again.json()["type"].endswith(":kkt-exists")
            assert f"circuit {first}" in again.json()["detail"]
        assert (await shop.http.delete("/frs/10.0.0.1:7777")).status_code == 204
        assert (await shop.http.post(f"/fcircuit/{second}/fr", json=register)).status_code == 201


async def test_the_same_device_under_two_addresses(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        eip = place.registers[0].eip
        alias = eip.replace("127.0.0.1", "localhost")
        await shop.add(alias)
        refused = await shop.http.patch(f"/frs/{alias}/activate")
        assert refused.status_code == 409
        assert refused.json()["type"].endswith(":same-device")
        assert eip in refused.json()["detail"]
        assert (await shop.state(alias))["condition"] == "inactive"
        shown = {each["eip"]: each["is_active"] for each in (await shop.http.get(f"/fcircuit/{INN}")).json()[0]["frs"]}
        assert shown == {eip: 1, alias: 0}
        assert [each["status"] for each in await shop.ended(await shop.post())] == ["fiscalized"]

        assert (await shop.http.patch(f"/frs/{eip}/deactivate")).status_code == 200
        assert (await shop.http.patch(f"/frs/{alias}/activate")).status_code == 200
        again = await shop.http.patch(f"/frs/{eip}/activate")
        assert again.status_code == 409
        assert alias in again.json()["detail"]
        await place.restart()
        await shop.again()
        await shop.condition(alias, "ready")
        assert (await shop.state(eip))["condition"] == "inactive"


async def test_a_register_with_a_document_in_hand_is_not_deleted(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.device.settings.document_seconds = 0.3
        number = await shop.post()
        await shop.condition(register.eip, "busy")
        refused = await shop.http.delete(f"/frs/{register.eip}")
        assert refused.status_code == 409
        assert refused.json()["type"].endswith(":kkt-busy")
        assert f"receipt {number}" in refused.json()["detail"]
        assert (await shop.ended(number))[0]["status"] == "fiscalized"
        await shop.condition(register.eip, "ready")
        assert (await shop.http.delete(f"/frs/{register.eip}")).status_code == 204


async def test_a_register_with_an_unknown_document_is_not_deleted(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.disturb("24", "power_cycle", at=1, seconds=600, nth=1)
        number = await shop.post()
        await shop.becomes(number, "unknown")
        for _ in range(2):
            assert (await shop.http.delete(f"/frs/{register.eip}")).status_code == 409
            assert (await shop.http.patch(f"/frs/{register.eip}/deactivate")).status_code == 200
        register.device.power.restore()
        assert (await shop.ended(number))[0]["status"] == "fiscalized"  # switched off, it still settles
        await shop.condition(register.eip, "inactive")
        assert (await shop.http.delete(f"/frs/{register.eip}")).status_code == 204
        assert len(register.made()) == 2


async def test_deactivating_lets_the_document_in_hand_finish(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.device.settings.document_seconds = 0.3
        numbers = [await shop.post() for _ in range(3)]
        await shop.condition(register.eip, "busy")
        answer = await shop.http.patch(f"/frs/{register.eip}/deactivate")
        assert (answer.status_code, answer.json()["is_active"]) == (200, 0)
        await shop.condition(register.eip, "inactive")
        statuses = [(await shop.receipt(number))["status"] for number in numbers]
        assert statuses == ["fiscalized", "queued", "queued"]
        assert (await shop.http.patch(f"/frs/{register.eip}/activate")).status_code == 200
        assert {each["status"] for each in await shop.ended(*numbers)} == {"fiscalized"}
        assert len(register.made()) == 4


async def test_switching_off_and_on_while_a_document_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second word counts, also when the document in hand takes longer than the asker waits."""
    monkeypatch.setattr(frs, "ACTIVATION_PATIENCE", 0.2)
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        [register] = place.registers
        await shop.ended(await shop.post())
        register.device.settings.document_seconds = 0.8
        number = await shop.post()
        await shop.condition(register.eip, "busy")
        for switch in ("deactivate", "activate"):
            assert (await shop.http.patch(f"/frs/{register.eip}/{switch}")).status_code == 200
        await shop.ended(number)
        register.device.settings.document_seconds = 0.0
        assert (await shop.ended(await shop.post()))[0]["status"] == "fiscalized"


async def test_only_active_registers_are_kept_up_to_date(tmp_path: Path) -> None:
    async with premises(tmp_path, 2) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        await shop.ready()
        off, on = place.registers
        await shop.http.patch(f"/frs/{off.eip}/deactivate")
        await shop.condition(off.eip, "inactive")
        for register in place.registers:
            register.device.printer = 2
        await trio.sleep(1.0)
        levels = [(await shop.state(register.eip))["level"] for register in (off, on)]
        assert levels == ["ok", "warning"]


async def test_a_register_that_is_not_there_is_activated_and_found_later(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        [register] = place.registers
        register.device.power.cut(600)
        await trio.lowlevel.checkpoint()
        await shop.open()
        assert (await shop.http.get(f"/frs/{register.eip}")).json()["fs"] is None
        register.device.power.restore()
        await shop.condition(register.eip, "ready")
        assert (await shop.http.get(f"/frs/{register.eip}")).json()["fs"]["inn"] == INN


async def test_everything_survives_a_restart(tmp_path: Path) -> None:
    async with premises(tmp_path, 2) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        await shop.http.post(f"/fcircuit/{shop.circuit}/int", json=PAYKEEPER)
        made = await shop.integration()
        await shop.create_circuit(OTHER_INN, max_wait=60)
        await shop.ended(await shop.post())
        await shop.http.patch(f"/frs/{place.registers[1].eip}/deactivate")
        await shop.condition(place.registers[1].eip, "inactive")
        paths = [f"/fcircuit/{INN}", f"/fcircuit/{OTHER_INN}", "/frs", "/api/v1/receipts"]
        before = [(await shop.http.get(path)).json() for path in paths]
        await place.restart()
        await shop.again()
        after = [(await shop.http.get(path)).json() for path in paths]
        for told in (before, after):
            for state in told[2]:
                state["timestamp"] = "now"
        assert after == before
        await shop.condition(place.registers[0].eip, "ready")
        assert (await shop.state(place.registers[1].eip))["condition"] == "inactive"
        async with place.client(made["token"]) as integrator:
            assert (await shop.ended(await shop.post(integrator)))[0]["status"] == "fiscalized"


async def test_registers_that_are_off_keep_their_last_state_through_a_restart(tmp_path: Path) -> None:
    async with premises(tmp_path) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        await shop.ended(await shop.post())
        [register] = place.registers
        state = (await shop.http.get(f"/frs/{register.eip}")).json()
        assert state["fs"]["shift_is_open"]
        await place.stop()
        register.device.power.cut(600)
        await place.start()
        await shop.again()
        assert (await shop.http.get(f"/frs/{register.eip}")).json()["fs"] == state["fs"]


async def test_the_secret_of_an_integration_is_for_administrators(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        await shop.create_circuit()
        for role, secret in (("operator", "***"), ("viewer", "***"), ("admin", "s3cret-seed")):
            async with place.client(place.token(role)) as http:  # type: ignore[arg-type]  # a role
                if role != "viewer":
                    made = await http.post("/fcircuit/1/int", json=PAYKEEPER)
                    assert made.json()["param2"] == secret
                    switched = await http.patch(f"/int/{made.json()['id']}/activate")
                    assert switched.json()["param2"] == secret
                [circuit] = (await http.get(f"/fcircuit/{INN}")).json()
                assert {each["param2"] for each in circuit["integrations"]} == {secret}


async def test_integrations_of_any_type_are_kept(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        await shop.create_circuit()
        for kind in ("paykeeper", "osmp", "something-of-tomorrow"):
            made = await shop.http.post("/fcircuit/1/int", json={"type": kind})
            assert (made.status_code, made.json()["working"]) == (201, False)
        api = await shop.http.post("/fcircuit/1/int", json={"type": "api", "param1": "cash desk"})
        assert set(api.json()) == {"id", "type", "param1", "param2", "is_active", "token", "callback_key", "working"}
        assert api.json()["working"] is True
        [circuit] = (await shop.http.get(f"/fcircuit/{INN}")).json()
        shown = {each["type"]: each for each in circuit["integrations"]}
        assert "token" not in shown["api"]
        assert shown["api"]["param1"] == "cash desk"


async def test_a_register_on_a_serial_line(tmp_path: Path) -> None:
    """The address holds slashes; every route takes it."""
    from kassanet.sandbox.terminalfa import serve_pty

    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop, trio.open_nursery() as line:
        device, _lines = register_number(0, INN)
        eip = f"serial:{await line.start(serve_pty, device)}"
        await shop.create_circuit()
        shop.circuit = 1
        await shop.add(eip)
        assert (await shop.http.patch(f"/frs/{eip}/activate")).status_code == 200
        await shop.condition(eip, "ready")
        assert (await shop.ended(await shop.post()))[0]["status"] == "fiscalized"
        assert (await shop.http.get(f"/frs/{eip}")).json()["fs"]["shift_is_open"]
        assert (await shop.http.post(f"/api/v1/kkt/{eip}/x_report")).status_code == 204
        assert (await shop.http.patch(f"/frs/{eip}/deactivate")).status_code == 200
        await shop.condition(eip, "inactive")
        assert (await shop.http.delete(f"/frs/{eip}")).status_code == 204
        line.cancel_scope.cancel()


WRONG: tuple[tuple[str, dict[str, object], set[str]], ...] = (
    ("/fcircuit", {}, {"inn", "title"}),
    ("/fcircuit", {"inn": "123", "title": ""}, {"inn", "title"}),
    ("/fcircuit", {"inn": INN, "title": "x", "max_wait": 0, "colour": 1}, {"max_wait", "colour"}),
    ("/fcircuit/1/fr", {"type": "typewriter", "eip": "nowhere"}, {"type", "eip"}),
    ("/fcircuit/1/fr", {"type": "terminalfa", "eip": "10.0.0.1:70000"}, {"eip"}),
    ("/fcircuit/1/fr", {"type": "terminalfa"}, {"eip"}),
    ("/fcircuit/1/int", {"param1": 5}, {"type", "param1"}),
)


async def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        await shop.create_circuit()
        for path, said, wrong in WRONG:
            answer = await shop.http.post(path, json=said)
            assert answer.status_code == 422
            assert {error["path"] for error in answer.json()["errors"]} == wrong


async def test_a_circuit_waits_as_long_as_it_was_told(tmp_path: Path) -> None:
    async with premises(tmp_path, 0) as place, Shop(place, place.token("admin")) as shop:
        shop.circuit = await shop.create_circuit(max_wait=1)
        number = await shop.post()
        refused = await shop.becomes(number, "refused")
        assert refused["reason"] == "no_capable_register"


async def test_removing_a_register_gives_back_what_it_was_about_to_make(tmp_path: Path) -> None:
    """Whatever a register was given when it goes is made by the next one."""
    async with premises(tmp_path, 2) as place, Shop(place, place.token("admin")) as shop:
        await shop.open()
        await shop.ready()
        leaving, staying = place.registers
        for register in place.registers:
            register.device.settings.document_seconds = 0.05
        numbers = [await shop.post() for _ in range(16)]
        await _remove(place, shop, leaving.eip)
        ended = await shop.ended(*numbers)
        assert {each["status"] for each in ended} == {"fiscalized"}
        assert len(leaving.made()) + len(staying.made()) == 16


async def _remove(place: Premises, shop: Shop, eip: str) -> None:
    with trio.fail_after(120):
        while (await shop.http.delete(f"/frs/{eip}")).status_code != 204:  # noqa: ASYNC110 - until it is between two
            await trio.sleep(0.003)
