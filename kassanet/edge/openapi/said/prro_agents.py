"""Around software registers: signing agents and their keys, cashiers, and questions to the tax service."""

from datetime import UTC, date, datetime
from typing import Final

from kassanet.edge.openapi.operation import Answer, Body, Operation, Parameter
from kassanet.edge.openapi.problems import BODY, READ, WRITE
from schemas.agents import AgentState, AskRegistration, KeyState, ShownAgent, UnlockAgent
from schemas.cashiers import Cashier, NewCashier, RegisteredCashier, Registration, SignedRegistration
from schemas.signing import Agreement, ChangeKey, KeyPolicy, ShownLicence, UploadKey
from schemas.tax_shown import ShownRegister, ShownTaxObject, ShownTaxState, ShownTaxTotals, ShownTurnover

_TAG: Final = "Software registers"
_KEY_ID = "local/9f86d081884c7d65"
_AT = datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC)
_AGREEMENT = Agreement("17/2026", date(2026, 11, 1), "ТОВ «Приклад»", date(2027, 10, 31))
_KEY = KeyState(
    key=_KEY_ID, agent="local", state="good", owner="Бойко Петро Олегович", role="employee", tenant="40000001",
    subject_key_id="5a" * 32, valid_from=datetime(2026, 3, 1, tzinfo=UTC), valid_to=datetime(2028, 3, 1, tzinfo=UTC),
    agreement=_AGREEMENT.number, agreement_until=_AGREEMENT.until, signs=True, warnings=(),
)  # fmt: skip
_LICENCE = ShownLicence("L-1", "till.example", 100, date(2026, 1, 1), date(2026, 12, 31))
_AGENT = AgentState(
    name="local", is_local=True, condition="ready", keys=1, signing_keys=1, backend="native+dstu-core", licence=_LICENCE
)
_SHOWN = ShownAgent(_AGENT, (_KEY,))
_UPLOAD = UploadKey(b"\x30\x82", "the container's password", agreement=_AGREEMENT, policy=KeyPolicy(a_minute=600))
_REGISTRATION = Registration(uid="0b5f1f0e-6a3c-4c0e-9d0b-3c5a2d9d7f10", timestamp=_AT, tin="40000001",
                             name="Бойко П. О.", key=_KEY_ID)  # fmt: skip
_CASHIER = Cashier(1, "Бойко П. О.", "40000001", _KEY_ID, _AT, developer="till-maker", login="boiko")
_OBJECT = ShownTaxObject(
    "Магазин", "м. Київ, вул. Тестова, 1", "40000001", "ТОВ «Приклад»",
    (ShownRegister(4000000001, 1, "Каса 1", prro_id=1), ShownRegister(4000000002, 2, "Каса 2")),
)  # fmt: skip
_STATE = ShownTaxState(True, 3, 1, False, "1000000002", "1000000001", "Бойко П. О.", "5a" * 32, True, 5001)
_TOTALS = ShownTaxTotals(True, False, _AT, ShownTurnover(4500, 1, {"ГОТІВКА": 4500}), None, 10_000, 0)

AWAY = ("agent-away", "agent-late", "agent-token")
"""An agent that cannot be asked about anything."""

UNSIGNED = (
    *AWAY, "agent-locked", "agent-licence", "agent-agreement", "agent-certificate", "agent-too-fast",
    "agent-no-time-stamp", "agent-refused",
)  # fmt: skip
"""Why something was not signed; nothing was made then."""

UNANSWERED = (*UNSIGNED, "tax-server-away", "tax-server-late", "tax-server-refused")
_CONTAINER = (
    "wrong-password", "key-mismatch", "no-signing-key", "unsupported", "too-slow", "bad-signature",
    "certificate-not-valid", "foreign-tin", "no-licence", "licence-over", "licence-full", "key-exists", "locked",
)  # fmt: skip
_HANDING_OVER = """\
The container and its password go on to the agent, which opens the container, checks that key and certificate are a
pair, wraps the key under its master key and forgets the password. Nothing of them is kept on the way.
Without an agreement that is in force nothing is signed with the key.
"""
_ASKING = """\
The request stays open while the command is written, signed by the key's agent, sent to the tax service and answered.
One deadline (`patience` in `[prro]`) holds for all of it; the problem says who did not answer. A question changes
nothing.
"""
_REGISTERING = """\
`packet` is a CMS message around a registration, JSON: `Registration` (`"cashier"`), `UID`, `Timestamp`, `Tin`, `Name`,
`Key` (`AGENT/KEY`) and, where not every register of the key is meant, `Registers`. It must be signed by that key, with
a certificate that is valid now and vouches for `Tin`. A packet registers once. The token is shown this once.
"""

_AGENTS = (
    Operation(
        method="get",
        path="/api/v1/prro/agents",
        name="listAgents",
        tag=_TAG,
        summary="Every signing agent with its keys, as they were last seen.",
        text="A token of one organisation sees that organisation's keys alone.",
        answers=(Answer(200, "The agents.", Body(list[ShownAgent], [_SHOWN])),),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/agents/{agent}",
        name="showAgent",
        tag=_TAG,
        summary="One signing agent with its keys, asked now.",
        answers=(Answer(200, "The agent.", Body(ShownAgent, _SHOWN)),),
    ),
    Operation(
        method="post",
        path="/api/v1/prro/agents/{agent}/unlock",
        name="unlockAgent",
        tag=_TAG,
        summary="Give an agent the passphrase of its master key.",
        role="admin",
        body=Body(UnlockAgent, UnlockAgent("correct horse battery")),
        answers=(Answer(200, "It is unlocked.", Body(ShownAgent, _SHOWN)),),
        problems=("not-found", "master-key", *AWAY, *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/prro/agents/{agent}/keys",
        name="handOverKey",
        tag=_TAG,
        summary="Hand a key over to an agent.",
        text=_HANDING_OVER,
        role="admin",
        body=Body(UploadKey, _UPLOAD),
        answers=(Answer(201, "The agent has it.", Body(KeyState, _KEY)),),
        problems=("not-found", *_CONTAINER, *AWAY, *BODY, *WRITE),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/agents/{agent}/keys/{key_id}",
        name="showKey",
        tag=_TAG,
        summary="One key, asked now.",
        answers=(Answer(200, "The key.", Body(KeyState, _KEY)),),
        problems=AWAY,
    ),
    Operation(
        method="patch",
        path="/api/v1/prro/agents/{agent}/keys/{key_id}",
        name="changeKey",
        tag=_TAG,
        summary="Change a key's agreement or policy; what is left out stays.",
        role="admin",
        body=Body(ChangeKey, ChangeKey(agreement=_AGREEMENT)),
        answers=(Answer(200, "As it is now.", Body(KeyState, _KEY)),),
        problems=(*AWAY, *BODY, *WRITE),
    ),
    Operation(
        method="delete",
        path="/api/v1/prro/agents/{agent}/keys/{key_id}",
        name="dropKey",
        tag=_TAG,
        summary="Drop a key that no register signs with; its secret is overwritten.",
        role="admin",
        answers=(Answer(204, "It is gone."),),
        problems=("key-in-use", *AWAY, *WRITE),
    ),
)

_CASHIERS = (
    Operation(
        method="post",
        path="/api/v1/prro/registrations",
        name="writeRegistration",
        tag=_TAG,
        summary="Let this service write a cashier's registration and the key's agent sign it.",
        role="operator",
        body=Body(AskRegistration, AskRegistration(_KEY_ID, "Бойко П. О.")),
        answers=(Answer(200, "Signed.", Body(SignedRegistration, SignedRegistration(b"\x30\x82", _REGISTRATION))),),
        problems=("not-found", "prro-off", *UNSIGNED, *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/api/v1/prro/cashiers",
        name="registerCashier",
        tag=_TAG,
        summary="Register a cashier by what its key signed; answers its token.",
        text=_REGISTERING,
        role="operator",
        body=Body(NewCashier, NewCashier(b"\x30\x82", "till-maker", "boiko", "a good password")),
        answers=(Answer(201, "It is known now.", Body(RegisteredCashier, RegisteredCashier(_CASHIER, "kassa_…"))),),
        problems=(
            "prro-off", "malformed-packet", "bad-signature", "certificate-not-valid", "tin-mismatch", "key-mismatch",
            "stale-packet", "packet-replayed", "cashier-exists", "login-taken", *AWAY, *BODY, *WRITE,
        ),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/cashiers",
        name="listCashiers",
        tag=_TAG,
        summary="Every cashier, the revoked ones too.",
        answers=(Answer(200, "The cashiers.", Body(list[Cashier], [_CASHIER])),),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/cashiers/{cashier_id}",
        name="showCashier",
        tag=_TAG,
        summary="One cashier.",
        answers=(Answer(200, "The cashier.", Body(Cashier, _CASHIER)),),
    ),
    Operation(
        method="delete",
        path="/api/v1/prro/cashiers/{cashier_id}",
        name="revokeCashier",
        tag=_TAG,
        summary="Revoke a cashier: none of its tokens is good any more.",
        role="operator",
        answers=(Answer(204, "It is revoked."),),
        problems=WRITE,
    ),
)  # fmt: skip

_QUESTIONS = (
    Operation(
        method="get",
        path="/api/v1/prro/tax-objects",
        name="listTaxObjects",
        tag=_TAG,
        summary="Units and registers that a key's owner may work with, as the tax service lists them.",
        text=_ASKING,
        role="operator",
        query=(
            Parameter("key", "`AGENT/KEY` in whose name it is asked.", {"type": "string"}, _KEY_ID),
            Parameter("cashier", "Or the number of a cashier.", {"type": "string"}),
        ),
        answers=(Answer(200, "The units.", Body(list[ShownTaxObject], [_OBJECT])),),
        problems=("invalid", "not-found", "prro-off", "cashier-revoked", *UNANSWERED, *READ),
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/tax-state",
        name="showTaxState",
        tag=_TAG,
        summary="Where a register stands, as the tax service has it.",
        text=_ASKING,
        role="operator",
        answers=(Answer(200, "The state.", Body(ShownTaxState, _STATE)),),
        problems=UNANSWERED,
    ),
    Operation(
        method="get",
        path="/api/v1/prro/{prro_id}/tax-totals",
        name="showTaxTotals",
        tag=_TAG,
        summary="The tax service's own draft of the Z report.",
        text=_ASKING,
        role="operator",
        answers=(Answer(200, "The draft.", Body(ShownTaxTotals, _TOTALS)),),
        problems=UNANSWERED,
    ),
)

PRRO_AGENTS = (*_AGENTS, *_CASHIERS, *_QUESTIONS)
