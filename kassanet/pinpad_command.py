"""``kassanet pinpad``: for tills that call a program and read its exit code and its output.

The exit codes are those of DUALConnector, which such tills know. It has none for "the bank refused": there the program
says 0 and leaves the till to look at field 39, which some forget. Here 0 means that the money moved and nothing else;
``--refused-code`` sets what a refusal is. What is not known yet is never 0.

A command that was interrupted is given again with the same ``--external-id``: it is carried out once.
"""

import argparse
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias
from uuid import uuid4

import httpx
import msgspec
import trio

from kassanet import given
from kassanet.client.asking import Asker
from kassanet.client.errors import Refused
from kassanet.located import locate
from kassanet.pinpad_exit import BAD_ARGUMENTS, NO_CONFIGURATION, NO_LINK, code_of, code_of_problem
from schemas.operations import FINISHED, Operation, OperationKind, OperationRequest
from schemas.problems import FieldError, Problem

Subparsers: TypeAlias = "argparse._SubParsersAction[ArgumentParser]"

LONGEST_WAIT = 60.0
"""Seconds of one question to the service; a longer wait asks again."""

_KINDS: dict[str, tuple[OperationKind, str]] = {
    "pay": ("payment", "take a payment"),
    "void": ("void", "take a payment of this day back"),
    "refund": ("refund", "give a payment of an earlier day back"),
    "emergency-void": ("emergency_void", "take the last operation back, without a card"),
    "settle": ("settlement", "settle the day"),
    "full-report": ("full_report", "every operation since the settlement"),
    "short-report": ("short_report", "the totals since the settlement"),
    "copy": ("receipt_copy", "the last slip again, or the one of --receipt-number"),
    "check": ("connection_check", "whether the terminal answers"),
    "preauthorise": ("preauthorisation", "reserve an amount, or more of it (--of)"),
    "complete": ("completion", "take what was reserved"),
    "top-up": ("top_up", "put money on a card"),
    "withdraw": ("cash_withdrawal", "give cash from a card"),
    "balance": ("balance", "what a card holds"),
    "card": ("card_data", "which card it is"),
}


class _Parser(ArgumentParser):
    """Says what is wrong on one line, with the code that tills expect."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_ARGUMENTS, f"{self.prog}: {message}; see {self.prog} --help\n")


def add_pinpad_commands(parser: ArgumentParser) -> None:
    """The operations, under ``kassanet pinpad``."""
    commands = parser.add_subparsers(metavar="OPERATION", required=True, parser_class=_Parser)
    for word, (kind, text) in _KINDS.items():
        command = commands.add_parser(word, help=text)
        _add_service(command)
        _add_request(command)
        command.set_defaults(run=run_operation, kind=kind)


def _add_service(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--url", type=_address, default="http://127.0.0.1:8080", help="where the service is (http://127.0.0.1:8080)"
    )
    parser.add_argument("--token", help="of an operator or an integration; by default the one in KASSANET_TOKEN")
    parser.add_argument("--pinpad", type=given.count, default=1, help="the pinpad's number (1)")
    parser.add_argument("--wait", type=given.amount, default=180.0, help="seconds until the till gives up (180)")
    parser.add_argument("--json", action="store_true", help="print the operation instead of its slip")
    parser.add_argument("--receipt-file", type=Path, help="write both slips there, the customer's first")
    parser.add_argument("--refused-code", type=given.natural, default=100, help="exit code when the bank refused (100)")


def _address(text: str) -> str:
    return text if "//" in text else f"http://{text}"


def _add_request(parser: ArgumentParser) -> None:
    parser.add_argument("--external-id", help="the till's own number; with the same one it is done once")
    parser.add_argument("--amount", type=given.whole, help="in kopecks, as a whole number")
    parser.add_argument("--currency", help="ISO 4217 number; by default the pinpad's own")
    parser.add_argument("--of", type=given.whole, help="the operation that this one is about")
    parser.add_argument("--rrn", help="of an operation made elsewhere")
    parser.add_argument("--auth-code", help="of an operation made elsewhere")
    parser.add_argument("--original-amount", type=given.whole, help="of an operation made elsewhere, in kopecks")
    parser.add_argument("--receipt-number", type=given.whole, help="which slip to copy")
    parser.add_argument("--forced", action="store_true", help="void or refund as said, settle over open sales")


def run_operation(arguments: Namespace) -> int:
    """Ask for the operation and wait for it; answers the exit code."""
    token = arguments.token or os.environ.get("KASSANET_TOKEN")
    if not token:
        return _complain(NO_CONFIGURATION, "give a --token, or set KASSANET_TOKEN")
    said = _said(arguments)
    errors = locate(OperationRequest, said)
    if errors:
        return _complain(BAD_ARGUMENTS, _by_option(errors))
    if arguments.receipt_file is not None and not _is_writable(arguments.receipt_file):
        return _complain(BAD_ARGUMENTS, f"--receipt-file {arguments.receipt_file} cannot be written; nothing was asked")
    try:
        operation = trio.run(_operate, arguments, token, msgspec.convert(said, OperationRequest))
    except Refused as refused:
        return _complain(code_of_problem(refused.problem), _why(refused.problem))
    except httpx.TransportError as trouble:
        return _complain(NO_LINK, f"the service does not answer at {arguments.url}: {trouble}")
    return _tell(arguments, operation)


def _said(arguments: Namespace) -> dict[str, object]:
    """The request as it would stand in JSON."""
    said = {
        "external_id": arguments.external_id or f"cli-{uuid4().hex}",
        "kind": arguments.kind,
        "amount": arguments.amount,
        "currency": arguments.currency,
        "of": arguments.of,
        "rrn": arguments.rrn,
        "auth_code": arguments.auth_code,
        "original_amount": arguments.original_amount,
        "receipt_number": arguments.receipt_number,
        "forced": arguments.forced,
    }
    return {name: value for name, value in said.items() if value is not None}


def _why(problem: Problem) -> str:
    return _by_option(problem.errors) if problem.errors else problem.detail or problem.title


def _by_option(errors: Sequence[FieldError]) -> str:
    """Fields by the options that set them, for those are what somebody has typed."""
    return "; ".join(
        f"--{error.path.replace('_', '-')} {error.message}"
        + (f" (expected {error.expected})" if error.expected else "")
        for error in errors
    )


def _is_writable(file: Path) -> bool:
    """Looked at before the card is asked for: afterwards it would be too late to fail. Touches nothing."""
    return not file.is_dir() and os.access(file if file.exists() else file.parent, os.W_OK)


async def _operate(arguments: Namespace, token: str, request: OperationRequest) -> Operation:
    """Ask, and ask again for the outcome, until it is there or the till's patience ends."""
    until = trio.current_time() + arguments.wait
    headers = {"Authorization": f"Bearer {token}"}
    timeout = httpx.Timeout(10.0, read=LONGEST_WAIT + 30.0)
    async with httpx.AsyncClient(base_url=arguments.url.rstrip("/"), headers=headers, timeout=timeout) as http:
        asker = Asker(http, patience=min(arguments.wait, 30.0))
        path = f"/api/v1/pinpads/{arguments.pinpad}/operations"
        operation = await asker.ask("POST", path, Operation, body=request, query={"wait": _left(until)})
        while operation.status not in FINISHED and operation.status != "manual" and trio.current_time() < until:
            operation = await asker.ask("GET", f"{path}/{operation.id}", Operation, query={"wait": _left(until)})
    return operation


def _left(until: float) -> int:
    return max(1, int(min(until - trio.current_time(), LONGEST_WAIT)))


def _tell(arguments: Namespace, operation: Operation) -> int:
    slips = operation.result.slips if operation.result is not None else None
    if arguments.receipt_file is not None and slips is not None:
        _keep(arguments.receipt_file, [slip for slip in (slips.customer, slips.merchant) if slip is not None])
    if arguments.json:
        print(msgspec.json.encode(operation).decode())
    elif slips is not None and slips.customer is not None:
        print(slips.customer)
    code = code_of(operation, refused=arguments.refused_code)
    if code:
        print(f"kassanet: operation {operation.id} is {operation.status}: {operation.reason or ''}", file=sys.stderr)
    return code


def _keep(file: Path, slips: Sequence[str]) -> None:
    """A slip that cannot be written changes nothing about the money, so it does not change the exit code."""
    try:
        file.write_text("".join(f"{slip}\n" for slip in slips), encoding="utf-8")
    except OSError as trouble:
        print(f"kassanet: the slips are not in {file}: {trouble.strerror}; copy prints them again", file=sys.stderr)


def _complain(code: int, text: str) -> int:
    print(f"kassanet: {text}", file=sys.stderr)
    return code
