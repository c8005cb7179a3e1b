"""What is counted as it happens, and what a look becomes."""

import pytest
from msgspec.structs import replace
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from actors.runtime.waits import Waits
from kassanet.metrics.measured import Measured
from kassanet.metrics.present import Look, flat
from kassanet.metrics.route import written
from schemas.circuits import CircuitState
from schemas.kkt import Concern, KktState, OfdStatus, ShiftStatus
from schemas.tree import ActorNode, Lane

NOTHING = Look(1000.0, True, {}, (), (), (), {}, 0, 0.2, 0.0, 0.0, Waits(), 0)


def waited(*seconds: float) -> Waits:
    waits = Waits()
    for each in seconds:
        waits.add(each)
    return waits


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)


def samples(measured: Measured, look: Look) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    text = written(measured, look).decode()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_answers_are_counted_by_route_and_status() -> None:
    measured = Measured()
    for status in (202, 202, 503):
        measured.request("POST", "/r", status, 0.004)
    assert value(measured.registry, "kassanet_http_requests_total", method="POST", route="/r", status="202") == 2
    assert value(measured.registry, "kassanet_http_request_seconds_count", method="POST", route="/r") == 3
    assert value(measured.registry, "kassanet_http_request_seconds_bucket", method="POST", route="/r", le="0.0025") == 0


def test_commits_and_commands_are_timed() -> None:
    measured = Measured()
    measured.commit(0.02, 150)
    measured.command("terminalfa", "commit", "done", 1.5)
    labels = {"type": "terminalfa", "command": "commit", "outcome": "done"}
    assert value(measured.registry, "kassanet_journal_commit_seconds_sum") == 0.02
    assert value(measured.registry, "kassanet_journal_commit_writes_bucket", le="100.0") == 0
    assert value(measured.registry, "kassanet_register_command_seconds_sum", **labels) == 1.5


def node(name: str, restarts: int, kind: str = "kkt") -> ActorNode:
    return ActorNode(name, kind, "running", 0.0, restarts)


@pytest.mark.parametrize(
    ("looks", "total"),
    [
        ([[node("a", 2)]], 2),
        ([[node("a", 2)], [node("a", 3), node("b", 1)]], 4),
        ([[node("a", 5), node("b", 1)], [node("b", 1)]], 6),
        ([[node("a", 5)], [node("a", 1)]], 6),
    ],
)
def test_the_sum_of_restarts_never_falls(looks: list[list[ActorNode]], total: int) -> None:
    measured = Measured()
    for nodes in looks:
        measured.restarts(nodes)
    assert value(measured.registry, "kassanet_actor_restarts_total", kind="kkt") == total


def test_a_look_becomes_gauges() -> None:
    kkt = KktState(
        "a:1", "terminalfa", 12, "unreachable", concerns=(Concern("ofd_silent", "warning", "…"),),
        ofd=OfdStatus(7, 1, None), shift=ShiftStatus(True, 3, 9), shift_opened_at=500.0,
    )  # fmt: skip
    tree = ActorNode(
        "root", "supervisor", "running", 0.0, 0,
        children=tuple(
            ActorNode(f"kkt/{depth}", "kkt", "running", 0.0, 0, None, Lane(depth, 64), Lane(0, 64)) for depth in (4, 32)
        ),
    )  # fmt: skip
    look = Look(
        1000.0, False, {"manual": 2}, (CircuitState(12, "7-1", "Shop", 5, 940.0, 1, 2, 3),), (kkt,), flat(tree),
        {"kkt": waited(0.002, 0.002, 7.0, 1000.0)}, 4, 0.2, 0.01, 1.5, waited(0.02), 3,
    )  # fmt: skip
    found = samples(Measured(), look)

    def of(name: str, **labels: str) -> float | None:
        return found.get((name, frozenset(labels.items())))

    assert of("kassanet_journal_available") == 0
    assert (of("kassanet_receipts", status="manual"), of("kassanet_receipts", status="unknown")) == (2, 0)
    assert (of("kassanet_queue_receipts", circuit="12"), of("kassanet_queue_age_seconds", circuit="12")) == (5, 60)
    assert of("kassanet_circuit_registers", circuit="12", does="reserved") == 3
    key = {"register": "a:1", "circuit": "12"}
    assert of("kassanet_register_condition", **key, type="terminalfa", condition="unreachable") == 1
    assert of("kassanet_register_concern", **key, code="ofd_silent", level="warning") == 1
    assert of("kassanet_register_unsent_documents", **key) == 7
    assert of("kassanet_register_shift_opened_timestamp_seconds", **key) == 500
    assert of("kassanet_mailbox_messages", kind="kkt", lane="work") == 36
    assert of("kassanet_mailbox_fullest_ratio", kind="kkt", lane="work") == 0.5
    assert of("kassanet_actors", kind="kkt", state="running") == 2
    waits = [of("kassanet_mailbox_wait_seconds_bucket", kind="kkt", le=le) for le in ("0.001", "0.005", "5.0", "+Inf")]
    assert waits == [0, 2, 2, 4]
    assert of("kassanet_mailbox_wait_seconds_count", kind="kkt") == 4
    assert of("kassanet_mailbox_wait_seconds_sum", kind="kkt") == 1007.004
    assert of("kassanet_stream_clients") == 4
    assert (of("kassanet_stream_lag_seconds"), of("kassanet_stream_lagged_clients_total")) == (1.5, 3)
    assert (of("kassanet_stream_delivery_seconds_sum"), of("kassanet_stream_delivery_seconds_count")) == (0.02, 1)


def test_a_store_that_cannot_tell_leaves_receipts_out() -> None:
    look = replace(NOTHING, receipts=None)
    assert not [name for name, _ in samples(Measured(), look) if name == "kassanet_receipts"]
    assert [name for name, _ in samples(Measured(), NOTHING) if name == "kassanet_receipts"]


def test_odd_addresses_stay_one_label() -> None:
    kkt = KktState('serial:/dev/"odd"\n', "terminalfa", 1, "ready")
    found = samples(Measured(), replace(NOTHING, kkts=(kkt,)))
    assert [dict(labels)["register"] for name, labels in found if name == "kassanet_register_condition"] == [kkt.eip]
