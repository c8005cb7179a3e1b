"""Circuits, their registers and integrations, as integrators of cloud registers know them."""

from kassanet.edge.openapi.operation import Answer, Body, Operation
from kassanet.edge.openapi.problems import BODY, WRITE
from schemas.circuits import Circuit, CircuitKkt, Integration, NewCircuit, NewIntegration, NewKkt
from schemas.frs import FrsFs, FrsOfd, FrsState, NewApiIntegration

_EIP = "127.0.0.1:7801"
_KKT = CircuitKkt(_EIP, "terminalfa", 1)
_INTEGRATION = Integration(3, "api", "shop", None, 1)
_CIRCUIT = Circuit(12, "7801234564-1", "ООО «Ромашка»", (_KKT,), (_INTEGRATION,))
_FS = FrsFs("7801234564", "0000000001044444", 3, "9999078010000000", 0, True, FrsOfd(), 0, 2, 0, 0)
_STATE = FrsState(_EIP, "550100000001", "22.11.2026 18:05", None, _FS)
_MADE = NewApiIntegration(3, "api", "shop", None, 0, "kassa_6e0vcz7KYdmi…", "q3lXw0…")

_REGISTERS = (
    Operation(
        method="get",
        path="/frs",
        name="listRegisters",
        tag="Registers",
        summary="The last known state of every register.",
        answers=(Answer(200, "`fs` is null for a register never read.", Body(list[FrsState], [_STATE])),),
    ),
    Operation(
        method="get",
        path="/frs/{eip}",
        name="showRegister",
        tag="Registers",
        summary="The last known state of one register.",
        answers=(Answer(200, "`fs` is null when it was never read.", Body(FrsState, _STATE)),),
    ),
    Operation(
        method="patch",
        path="/frs/{eip}/activate",
        name="activateRegister",
        tag="Registers",
        summary="Put a register into rotation.",
        text="One that does not answer within a few seconds is active all the same, and is tried again for ever.",
        role="operator",
        answers=(Answer(200, "It is active.", Body(CircuitKkt, _KKT)),),
        problems=("same-device", *WRITE),
    ),
    Operation(
        method="patch",
        path="/frs/{eip}/deactivate",
        name="deactivateRegister",
        tag="Registers",
        summary="Take a register out of rotation; the document in hand is finished.",
        role="operator",
        answers=(Answer(200, "It is not active.", Body(CircuitKkt, CircuitKkt(_EIP, "terminalfa", 0))),),
        problems=WRITE,
    ),
    Operation(
        method="delete",
        path="/frs/{eip}",
        name="removeRegister",
        tag="Registers",
        summary="Remove a register that has no document in hand.",
        role="operator",
        answers=(Answer(204, "It is gone."),),
        problems=("kkt-busy", *WRITE),
    ),
)

_CIRCUITS = (
    Operation(
        method="get",
        path="/fcircuit/{identifier}",
        name="showCircuits",
        tag="Circuits",
        summary="All circuits of an INN, or one as a list.",
        text="`param2`, a secret, is shown to admins and is `***` to others.",
        answers=(Answer(200, "At least one.", Body(list[Circuit], [_CIRCUIT])),),
    ),
    Operation(
        method="post",
        path="/fcircuit",
        name="createCircuit",
        tag="Circuits",
        summary="Make a circuit for an organisation.",
        role="operator",
        body=Body(NewCircuit, NewCircuit("7801234564", "ООО «Ромашка»")),
        answers=(Answer(201, "It is made.", Body(Circuit, Circuit(12, "7801234564-1", "ООО «Ромашка»"))),),
        problems=("constraint", *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/fcircuit/{circuit_id}/fr",
        name="addRegister",
        tag="Circuits",
        summary="Put a register into a circuit; it is not active yet.",
        role="operator",
        body=Body(NewKkt, NewKkt("terminalfa", _EIP)),
        answers=(Answer(201, "It is there.", Body(CircuitKkt, CircuitKkt(_EIP, "terminalfa", 0))),),
        problems=("kkt-exists", "constraint", *BODY, *WRITE),
    ),
    Operation(
        method="post",
        path="/fcircuit/{circuit_id}/int",
        name="addIntegration",
        tag="Circuits",
        summary="Put an integration into a circuit; it is not active yet.",
        text=(
            "Type `api` is given a token and a key that signs callbacks, both shown this once. A type that no channel "
            "serves yet is kept and switchable, with `working` false. Further parameters are kept as they came."
        ),
        role="operator",
        body=Body(NewIntegration, NewIntegration("api", "shop")),
        answers=(Answer(201, "It is there.", Body(NewApiIntegration, _MADE, other=Integration)),),
        problems=("constraint", *BODY, *WRITE),
    ),
)

_INTEGRATIONS = (
    Operation(
        method="patch",
        path="/int/{integration_id}/activate",
        name="activateIntegration",
        tag="Circuits",
        summary="Switch an integration on.",
        role="operator",
        answers=(Answer(200, "It is on.", Body(Integration, _INTEGRATION)),),
        problems=WRITE,
    ),
    Operation(
        method="patch",
        path="/int/{integration_id}/deactivate",
        name="deactivateIntegration",
        tag="Circuits",
        summary="Switch an integration off: its token is refused within a second.",
        role="operator",
        answers=(Answer(200, "It is off.", Body(Integration, Integration(3, "api", "shop", None, 0))),),
        problems=WRITE,
    ),
)

FRS = (*_REGISTERS, *_CIRCUITS, *_INTEGRATIONS)
