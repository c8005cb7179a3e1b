"""Every route of the agent, as its description tells it."""

from datetime import UTC, date, datetime

from kassanet.agent.metrics import MEDIA_TYPE
from kassanet.agent.openapi.problems import BODY, IMPORTING, SIGNING, WRITE
from kassanet.agent.shapes import BatchResult, BatchResults, Passphrase
from kassanet.edge.health import Alive, Signing
from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.said.service import Ready
from schemas.problems import problem
from schemas.signing import (
    AgentStatus,
    Agreement,
    ChangeKey,
    KeyPolicy,
    KeyShown,
    ShownLicence,
    SignDocument,
    SignedDocument,
    SignMany,
    Unwrap,
    Unwrapped,
    UploadKey,
)

_AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
_AGREEMENT = Agreement("7", date(2026, 1, 1), "Бойко П. О.", date(2027, 12, 31))
_KEY = KeyShown(
    id="e7f1556fdc05cca7", tenant="40000001", owner="Бойко Петро Олексійович", role="employee", edrpou="40000001",
    drfo="3100000022", subject_key_id="5f" * 32, public_key="a7" * 32, serial="3A0F", issuer="КНЕДП", valid_from=_AT,
    valid_until=_AT, scheme="gost34311", agreement=_AGREEMENT, policy=KeyPolicy(registers=("4000000001",)),
    created_at=_AT, signs=True, warnings=("the certificate ends on 2026-11-22",),
)  # fmt: skip
_ONE = Body(KeyShown, _KEY)
_DOCUMENT = SignDocument("order-1001", "check", "<CHECK>…</CHECK>".encode(), stamped=True)
_SIGNED = SignedDocument("order-1001", "e7f1556fdc05cca7", b"0\x82", "CAdES-T", _AT, repeated=False)
_REFUSED = problem(403, "kind-not-allowed", "This key does not sign documents of the kind zrep.").problem
_BATCH = BatchResults((BatchResult("order-1001", _SIGNED), BatchResult("order-1002", problem=_REFUSED)))
_UNWRAPPED = Unwrapped(
    content=b"<CHECK>", owner="Бойко Петро Олексійович", edrpou="40000001", drfo=None, subject_key_id="5f" * 32,
    level="CAdES-T", digest="gost34311", signed_at=_AT, stamped_at=_AT, objections=(),
)  # fmt: skip
_STATUS = AgentStatus(
    locked=False, keys=2, signing_keys=2, backend="native+dstu-core", fallback=False,
    licence=ShownLicence("demo-1", "integrator.example", 10, date(2026, 1, 1), date(2026, 12, 31)), warnings=(),
)  # fmt: skip
_UPLOAD = UploadKey(b"0\x82", "the container's password", agreement=_AGREEMENT)
_PAGE = Answer(200, "The page.", Body(media=("text/html; charset=utf-8",)))

_KEYS = (
    Operation(
        method="post", path="/api/v1/keys", name="uploadKey", tag="Keys", role="admin",
        summary="Hand a key over.",
        text=(
            "PKCS#12 (`.pfx`, `.zs2`), Key-6.dat, a Java key store or PEM. The container is opened in a process of its "
            "own, its public key is held against the certificate, and the password is kept nowhere."
        ),
        body=Body(UploadKey, _UPLOAD), answers=(Answer(201, "It is here.", _ONE),),
        problems=(*BODY, *IMPORTING, *WRITE),
    ),
    Operation(
        method="get", path="/api/v1/keys", name="listKeys", tag="Keys", summary="Every key that the token may see.",
        answers=(Answer(200, "The keys.", Body(list[KeyShown], [_KEY])),),
    ),
    Operation(
        method="get", path="/api/v1/keys/{key_id}", name="getKey", tag="Keys", summary="One key.",
        answers=(Answer(200, "The key.", _ONE),),
    ),
    Operation(
        method="patch", path="/api/v1/keys/{key_id}", name="changeKey", tag="Keys", role="admin",
        summary="Change its agreement or policy.", body=Body(ChangeKey, ChangeKey(agreement=_AGREEMENT)),
        answers=(Answer(200, "As it is now.", _ONE),), problems=(*BODY, *WRITE),
    ),
    Operation(
        method="delete", path="/api/v1/keys/{key_id}", name="dropKey", tag="Keys", role="admin",
        summary="Take it away.", text="Its secret is gone for ever; the audit log keeps that it was here.",
        answers=(Answer(204, "It is gone."),), problems=WRITE,
    ),
)  # fmt: skip
_SIGNATURES = (
    Operation(
        method="post", path="/api/v1/keys/{key_id}/sign", name="signDocument", tag="Signatures", role="operator",
        summary="Sign a document.",
        text="On disk before it is answered. `stamped` asks for CAdES-T, else it is CAdES-BES.",
        body=Body(SignDocument, _DOCUMENT), answers=(Answer(200, "Signed.", Body(SignedDocument, _SIGNED)),),
        problems=(*BODY, *SIGNING, *WRITE),
    ),
    Operation(
        method="post", path="/api/v1/keys/{key_id}/sign-batch", name="signDocuments", tag="Signatures",
        role="operator", summary="Sign several documents, in their order.",
        text="One that is refused does not stop the others.",
        body=Body(SignMany, SignMany((_DOCUMENT,))),
        answers=(Answer(200, "Each signed, or the problem with it.", Body(BatchResults, _BATCH)),),
        problems=(*BODY, *WRITE),
    ),
    Operation(
        method="post", path="/api/v1/unwrap", name="unwrap", tag="Signatures",
        summary="Look into a signed message.",
        text="Its content and whose signature it is. Whether its authority is trusted is not said.",
        body=Body(Unwrap, Unwrap(b"0\x82")), answers=(Answer(200, "What is in it.", Body(Unwrapped, _UNWRAPPED)),),
        problems=(*BODY, "bad-signature", "unsupported", "signature"),
    ),
)  # fmt: skip
_OPERATION = (
    Operation(
        method="get", path="/api/v1/status", name="status", tag="Operation",
        summary="What signs, for how long, and what soon will not.",
        answers=(Answer(200, "The agent.", Body(AgentStatus, _STATUS)),),
    ),
    Operation(
        method="post", path="/api/v1/unlock", name="unlock", tag="Operation", role="admin",
        summary="Give the agent its master key's passphrase.",
        text="The first one ever given becomes it. For tokens that see every organisation.",
        body=Body(Passphrase, Passphrase("a long passphrase")), answers=(Answer(204, "It is unlocked."),),
        problems=(*BODY, *WRITE, "master-key"),
    ),
    Operation(
        method="post", path="/api/v1/lock", name="lock", tag="Operation", role="admin",
        summary="Forget the master key and every open secret.",
        text="For tokens that see every organisation.", answers=(Answer(204, "It is locked."),), problems=WRITE,
    ),
    Operation(
        method="get", path="/metrics", name="readMetrics", tag="Operation", summary="Figures for Prometheus.",
        text="Signatures, refusals by reason, keys by state, days left. For tokens that see every organisation.",
        answers=(Answer(200, "Prometheus' text format.", Body(media=(MEDIA_TYPE,))),), problems=("not-found",),
    ),
    Operation(
        method="get", path="/healthz", name="alive", tag="Operation", summary="Does the process answer?", role=None,
        answers=(Answer(200, "It does.", Body(Alive, Alive(signing=Signing("native+dstu-core", fallback=False)))),),
    ),
    Operation(
        method="get", path="/readyz", name="ready", tag="Operation", summary="Can keys be used?", role=None,
        answers=(Answer(200, "They can.", Body(Ready, Ready())),), problems=("not-ready",),
    ),
    Operation(
        method="get", path="/openapi.json", name="describe", tag="Operation", summary="This description.", role=None,
        answers=(Answer(200, "OpenAPI 3.1.", Body(dict[str, object])),),
    ),
    Operation(
        method="get", path="/docs", name="read", tag="Pages", role=None,
        summary="This description, for reading without a network.", answers=(_PAGE,),
    ),
)  # fmt: skip

OPERATIONS = (*_KEYS, *_SIGNATURES, *_OPERATION)
