"""Tokens: what they open, how soon a new or a revoked one counts, and what a lookup costs."""

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from actors.journal import StoreUnavailable
from kassanet.edge.auth import MISS_SECONDS, REFRESH_SECONDS, Access, TokenBook, new_token, token_hash
from schemas.problems import ProblemError
from schemas.records import Role
from schemas.rows import StoredIntegration
from tests.kassanet.edge.conversation import Tokens

INN, OTHER = "5190114620", "7707083893"


async def book_of(tokens: Tokens) -> TokenBook:
    book = TokenBook(tokens.read)
    await book.refresh()
    return book


async def test_a_token_is_who_it_was_made_for(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    secret = tokens.add("operator", INN)
    assert await (await book_of(tokens)).access(secret) == Access("token 1", "operator", INN)


async def test_known_tokens_are_answered_from_memory(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    secret = tokens.add("admin")
    book = await book_of(tokens)
    for _ in range(100):
        assert await book.access(secret)
    assert tokens.reads == 1


@pytest.mark.parametrize("secret", ["", "x", "kassa_", "kassa_" + "a" * 43, "kassa_" + "é" * 20, "kassa_\udcff"])
async def test_others_are_nobody(secret: str, autojump_clock: MockClock) -> None:
    tokens = Tokens()
    tokens.add("admin")
    assert await (await book_of(tokens)).access(secret) is None


async def test_a_token_made_meanwhile_works_on_its_first_use(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    book = await book_of(tokens)
    secret = tokens.add("viewer")
    assert await book.access(secret) is not None
    assert trio.current_time() <= MISS_SECONDS


async def test_wrong_tokens_do_not_hammer_the_store(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    book = await book_of(tokens)
    async with trio.open_nursery() as nursery:
        for _ in range(1000):
            nursery.start_soon(book.access, new_token())
    assert tokens.reads <= 3
    for _ in range(10):
        await book.access(new_token())
    assert tokens.reads <= 1 + trio.current_time() / MISS_SECONDS + 1


async def test_revocation_takes_effect_within_two_seconds(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    secret = tokens.add("admin")
    book = TokenBook(tokens.read)
    async with trio.open_nursery() as nursery:
        await nursery.start(book.keep_fresh)
        assert await book.access(secret)
        tokens.rows[0] = replace(tokens.rows[0], revoked_at=5.0)
        await trio.sleep(2 * REFRESH_SECONDS)
        assert await book.access(secret) is None
        nursery.cancel_scope.cancel()


async def test_a_store_that_is_away_leaves_what_is_known_in_force(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    secret = tokens.add("admin")
    book = await book_of(tokens)
    tokens.failure = StoreUnavailable("disk full")
    await book.refresh()
    assert await book.access(secret)
    assert await book.access(new_token()) is None


async def test_an_integrations_token_is_bound_to_its_circuit(autojump_clock: MockClock) -> None:
    tokens = Tokens()
    secret = tokens.add("integration", None, 4)
    orphan = tokens.add("integration", None, 5)
    tokens.integrations.append(StoredIntegration(4, 12, "api", None, None, b"{}", 1, None))
    book = await book_of(tokens)
    access = await book.access(secret)
    assert access == Access("token 1", "integration", None, 12, 4)
    assert access.sees(INN, 12)
    assert not access.sees(INN, 13)
    assert not access.sees(INN)
    assert await book.access(orphan) is None
    tokens.integrations[0] = replace(tokens.integrations[0], is_active=0)
    await book.refresh()
    suspended = await book.access(secret)
    assert suspended is not None
    assert status_of(suspended, "viewer", integrations=True) == 403


def status_of(access: Access, role: Role, *, integrations: bool = False) -> int:
    try:
        access.require(role, integrations=integrations)  # type: ignore[arg-type]  # a test asks for every role
    except ProblemError as refused:
        return refused.problem.status
    return 200


@pytest.mark.parametrize(
    ("held", "enough"),
    [
        ("admin", {"admin", "operator", "viewer"}),
        ("operator", {"operator", "viewer"}),
        ("viewer", {"viewer"}),
        ("integration", set()),
    ],
)
def test_roles_are_steps(held: Role, enough: set[str]) -> None:
    roles: list[Role] = ["admin", "operator", "viewer"]
    assert {role for role in roles if status_of(Access("x", held), role) == 200} == enough


def test_integrations_pass_only_where_they_are_named() -> None:
    assert status_of(Access("x", "integration"), "operator", integrations=True) == 200
    assert status_of(Access("x", "viewer"), "operator", integrations=True) == 403


def test_an_organisations_token_sees_nothing_else() -> None:
    access = Access("x", "admin", INN)
    access.check_sees(INN, 3)
    with pytest.raises(ProblemError) as caught:
        access.check_sees(OTHER, 3)
    assert caught.value.problem.status == 404


def test_tokens_are_long_and_stored_as_hashes() -> None:
    made = {new_token() for _ in range(100)}
    assert len(made) == 100
    assert all(len(token) == len("kassa_") + 43 for token in made)
    assert len(token_hash(made.pop())) == 32
