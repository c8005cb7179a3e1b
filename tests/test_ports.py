"""Whoever takes ports has them alone until its process ends."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.ports import BLOCK, BLOCKS, FIRST, LAST, Ports, free_ports


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Ports]:
    ports = Ports(tmp_path / "locks")
    yield ports
    ports.release()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Ports]:
    """Another process's, as far as locks can tell."""
    ports = Ports(tmp_path / "locks")
    yield ports
    ports.release()


def test_nobody_is_given_what_another_has(here: Ports, there: Ports) -> None:
    taken = [set(range(base, base + 3)) for _ in range(2 * BLOCK) for base in (here.take(3), there.take(3))]
    assert len(set.union(*taken)) == 3 * len(taken)
    assert set.union(*taken) <= set(range(FIRST, LAST))


def test_many_at_once_are_neighbours(here: Ports, there: Ports) -> None:
    first, other = here.take(10 * BLOCK + 1), there.take()
    assert other not in range(first, first + 11 * BLOCK)
    assert first + 10 * BLOCK < LAST


def test_one_that_is_listened_on_is_passed_over(here: Ports) -> None:
    port = free_ports()
    with socket.create_server(("127.0.0.1", port)):
        assert port not in list(all_of(here))
    here.release()
    assert port in all_of(here)


def all_of(ports: Ports) -> Iterator[int]:
    with suppress(OSError):
        while True:
            yield ports.take()


def test_what_is_taken_comes_to_an_end(here: Ports, there: Ports) -> None:
    with suppress(OSError):
        while True:
            here.take(BLOCKS * BLOCK // 10)
    with pytest.raises(OSError, match="no free ports"):
        there.take((BLOCKS // 5) * BLOCK)
    here.release()
    assert there.take()
