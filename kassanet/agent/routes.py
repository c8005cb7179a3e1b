"""The agent's inner API. A token with an INN sees that organisation's keys alone; admins keep keys, operators sign."""

from collections.abc import Sequence

import trio
from quart import Blueprint, Response, request

from actors.signing.rules import Refused
from kassanet.agent.desk import Desk
from kassanet.agent.master import MasterKeyProblem
from kassanet.agent.metrics import AgentMeasured
from kassanet.agent.refusals import of_container, of_master_key, of_refusal
from kassanet.agent.shapes import BatchResult, BatchResults, Passphrase
from kassanet.edge.answers import answer, nothing
from kassanet.edge.application import current_access
from kassanet.edge.auth import Access
from kassanet.edge.decoding import decode
from kassanet.edge.problems import problem_of, problem_response
from schemas.problems import Problem, problem
from schemas.signing import ChangeKey, SignDocument, SignMany, Unwrap, Unwrapped, UploadKey
from schemas.signing_records import StoredKey
from transports.dstu import errors
from transports.dstu.verification import objections, verify

READERS = 2
"""Messages that are looked into at the same time, each in a thread: two megabytes keep a slow machine for seconds."""


def agent_blueprint(desk: Desk, measured: AgentMeasured) -> Blueprint:
    """The routes."""
    blueprint = Blueprint("agent", __name__, url_prefix="/api/v1")
    _add_keys(blueprint, desk)
    _add_signing(blueprint, desk, measured)
    _add_agent(blueprint, desk)
    blueprint.register_error_handler(Refused, _refused)
    blueprint.register_error_handler(errors.SignatureProblem, _of_signatures)
    blueprint.register_error_handler(MasterKeyProblem, _of_master_key)
    return blueprint


def _add_keys(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.post("/keys")
    async def upload() -> Response:
        access = _allowed("admin")
        said = decode(await request.get_data(), UploadKey)
        if access.inn is not None and said.tenant not in (None, access.inn):
            raise problem(403, "not-allowed", "This token is another organisation's.")
        key = await desk.take_in(said, access.inn, access.name)
        return answer(desk.shown(key), 201)

    @blueprint.get("/keys")
    async def listing() -> Response:
        access = _allowed("viewer")
        return answer([desk.shown(key) for key in desk.keys if access.sees(key.tenant)])

    @blueprint.get("/keys/<key_id>")
    async def shown(key_id: str) -> Response:
        return answer(desk.shown(_visible(desk, key_id, "viewer")[0]))

    @blueprint.patch("/keys/<key_id>")
    async def change(key_id: str) -> Response:
        _, access = _visible(desk, key_id, "admin")
        said = decode(await request.get_data(), ChangeKey)
        return answer(desk.shown(await desk.change(key_id, said, access.name)))

    @blueprint.delete("/keys/<key_id>")
    async def drop(key_id: str) -> Response:
        _, access = _visible(desk, key_id, "admin")
        await desk.drop(key_id, access.name)
        return nothing()


def _add_signing(blueprint: Blueprint, desk: Desk, measured: AgentMeasured) -> None:
    readers = trio.CapacityLimiter(READERS)

    @blueprint.post("/keys/<key_id>/sign")
    async def sign(key_id: str) -> Response:
        _, access = _visible(desk, key_id, "operator")
        said = decode(await request.get_data(), SignDocument)
        with measured.signing() as tell:
            signed = await desk.sign(key_id, said, access.name)
            tell(signed.level, signed.repeated)
        return answer(signed)

    @blueprint.post("/keys/<key_id>/sign-batch")
    async def sign_many(key_id: str) -> Response:
        _, access = _visible(desk, key_id, "operator")
        said = decode(await request.get_data(), SignMany)
        return answer(BatchResults(await _signed(desk, measured, key_id, said.documents, access.name)))

    @blueprint.post("/unwrap")
    async def unwrap() -> Response:
        _allowed("viewer")
        data = decode(await request.get_data(), Unwrap).data
        return answer(await trio.to_thread.run_sync(_unwrapped, data, limiter=readers))


def _add_agent(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/status")
    async def told() -> Response:
        access = _allowed("viewer")
        return answer(desk.status([key for key in desk.keys if access.sees(key.tenant)]))

    @blueprint.post("/unlock")
    async def unlock() -> Response:
        access = _everyones("admin")
        await desk.unlock(decode(await request.get_data(), Passphrase).passphrase, None, access.name)
        return nothing()

    @blueprint.post("/lock")
    async def lock() -> Response:
        await desk.lock(_everyones("admin").name)
        return nothing()


def _allowed(role: str) -> Access:
    access = current_access()
    access.require(role)  # type: ignore[arg-type]  # one of the three words, in this file
    return access


def _everyones(role: str) -> Access:
    """For what concerns all organisations: a token of one of them does not do it."""
    access = _allowed(role)
    if access.inn is not None:
        raise problem(403, "not-allowed", "This concerns every organisation; this token is of one.")
    return access


def _visible(desk: Desk, key_id: str, role: str) -> tuple[StoredKey, Access]:
    access = _allowed(role)
    key = desk.key(key_id)
    access.check_sees(key.tenant)
    return key, access


async def _signed(
    desk: Desk, measured: AgentMeasured, key_id: str, documents: Sequence[SignDocument], by: str
) -> tuple[BatchResult, ...]:
    """In their order; one that fails does not stop the others."""
    results = []
    for document in documents:
        try:
            with measured.signing() as tell:
                signed = await desk.sign(key_id, document, by)
                tell(signed.level, signed.repeated)
        except Exception as error:
            found = _found(error)
            if found is None:
                raise
            results.append(BatchResult(document.id, problem=found))
        else:
            results.append(BatchResult(document.id, signed))
    return tuple(results)


def _found(error: Exception) -> Problem | None:
    if isinstance(error, Refused):
        return of_refusal(error).problem
    return problem_of(error)


def _unwrapped(data: bytes) -> Unwrapped:
    found = verify(data)
    return Unwrapped(
        content=found.content,
        owner=found.certificate.owner,
        edrpou=found.certificate.edrpou,
        drfo=found.certificate.drfo,
        subject_key_id=found.certificate.subject_key_id,
        level=found.level,
        digest=found.digest,
        signed_at=found.signing_time,
        stamped_at=None if found.time_stamp is None else found.time_stamp.time,
        objections=tuple(objections(found.message, stamped=True)),
    )


async def _refused(refusal: Refused) -> Response:
    wait = {} if refusal.after is None else {"Retry-After": str(max(1, round(refusal.after)))}
    return problem_response(of_refusal(refusal).problem, wait)


async def _of_signatures(found: errors.SignatureProblem) -> Response:
    return problem_response(of_container(found).problem)


async def _of_master_key(found: MasterKeyProblem) -> Response:
    return problem_response(of_master_key(found).problem)
