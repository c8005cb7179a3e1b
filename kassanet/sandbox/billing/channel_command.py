"""``kassanet sandbox channel``: a payment channel as a process, which pays until it has paid everything."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

import trio

from kassanet.given import amount, count, natural, part, port, web_address, whole
from kassanet.sandbox.billing.acquirer import Acquirer, AcquirerServer, Shop
from kassanet.sandbox.billing.players import (
    Answered,
    Believes,
    JsonPlayer,
    Notice,
    OsmpPlayer,
    PayKeeperPlayer,
    Player,
    RobokassaPlayer,
    SberbankPlayer,
    YooKassaPlayer,
    endless,
    roubles,
)
from kassanet.sandbox.billing.playing import Channel, Habits

if TYPE_CHECKING:
    from kassanet.sandbox.command_line import Parser

KINDS = ("osmp", "sberbank", "paykeeper", "yookassa", "robokassa", "json")
SECRET = "sandbox-channel-secret"
DONE, FAILED, INTERRUPTED = 0, 1, 130
SHUT_OUT = frozenset({401, 403, 404})
"""Where kassanet itself refuses whoever asks: repeating would go on for ever."""


def add_channel_command(devices: "argparse._SubParsersAction[Parser]") -> None:
    """The command, beside those of devices."""
    parser = devices.add_parser("channel", help="a payment channel that pays, repeats and reorders")
    parser.add_argument("--kind", choices=KINDS, required=True, help="what it speaks")
    parser.add_argument(
        "--url",
        type=web_address,
        required=True,
        help="the channel's endpoint: http://127.0.0.1:8080/channels/NAME",
    )
    parser.add_argument("--count", type=count, default=100, help="how many notices, repeats among them (100)")
    parser.add_argument("--rate", type=amount, default=0.0, help="notices a second; 0 as fast as they are taken (0)")
    parser.add_argument("--first", type=natural, help="number of the first payment; by default of the clock")
    parser.add_argument("--accounts", type=count, default=50, help="of how many subscribers (50)")
    parser.add_argument("--seed", type=whole, default=0, help="other payments and chances (0)")
    parser.add_argument("--secret", default=SECRET, help=f"secret or password 2 of what is signed ({SECRET})")
    parser.add_argument("--password", metavar="USER:PASSWORD", help="for HTTP Basic")
    parser.add_argument("--api-port", type=port, default=7990, help="where YooKassa's API is played (7990)")
    _add_habits(parser)
    parser.set_defaults(run=run_channel)


def _add_habits(parser: argparse.ArgumentParser) -> None:
    for name, default, text in (
        ("checks", 0.5, "asks before paying"),
        ("deaf", 0.1, "loses an answer on its way, and repeats"),
        ("echoes", 0.1, "sends a notice once more though it was answered"),
        ("cancels", 0.0, "takes a payment back (osmp)"),
    ):
        parser.add_argument(
            f"--{name}", type=part, default=default, metavar="P", help=f"how often it {text} ({default})"
        )


def run_channel(arguments: argparse.Namespace) -> int:
    """Play until everything has been paid or refused; one line for each payment that ended."""
    try:
        shut_out = trio.run(_play, arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    if shut_out is None:
        return DONE
    print(f"kassanet sandbox: {arguments.url} answers {shut_out}; is this a channel's endpoint?", file=sys.stderr)
    return FAILED


def player_of(kind: str, secret: str, acquirer: Acquirer) -> Player:
    """By the name of its dialect; ``acquirer`` is where YooKassa's payments stand."""
    players: dict[str, Callable[[], Player]] = {
        "osmp": OsmpPlayer,
        "sberbank": SberbankPlayer,
        "paykeeper": lambda: PayKeeperPlayer(secret),
        "yookassa": lambda: YooKassaPlayer(acquirer),
        "robokassa": lambda: RobokassaPlayer(secret),
        "json": lambda: JsonPlayer(secret),
    }
    return players[kind]()


class _Door:
    """Tells once of a service that does not answer, and leaves where it refuses to let a channel in."""

    def __init__(self, url: str) -> None:
        self.shut_out: int | None = None
        self.scope = trio.CancelScope()
        self._url = url
        self._is_told = False

    def heard(self, answered: Answered) -> None:
        if answered.status in SHUT_OUT and b"urn:kassanet:problem:" in answered.body:
            self.shut_out = answered.status
            self.scope.cancel()
        elif answered.status == 0 and not self._is_told:
            self._is_told = True
            print(f"kassanet sandbox: no answer from {self._url}; trying on", file=sys.stderr, flush=True)


async def _play(arguments: argparse.Namespace) -> int | None:
    """Answers the status with which the channel was shut out."""
    acquirer = Acquirer(Shop())
    door = _Door(arguments.url)
    channel = Channel(
        player_of(arguments.kind, arguments.secret, acquirer),
        arguments.url,
        password=arguments.password,
        habits=Habits(arguments.checks, arguments.deaf, arguments.echoes, arguments.cancels),
        ended=_tell,
        heard=door.heard,
        seed=arguments.seed,
    )
    first = int(time.time()) * 1000 if arguments.first is None else arguments.first
    with door.scope:
        await _pay(arguments, channel, acquirer, first)
    _sum_up(channel)
    return door.shut_out


async def _pay(arguments: argparse.Namespace, channel: Channel, acquirer: Acquirer, first: int) -> None:
    async with trio.open_nursery() as nursery:
        if arguments.kind == "yookassa":
            await nursery.start(AcquirerServer(acquirer).serve, "127.0.0.1", arguments.api_port)
        payments = endless(first, arguments.seed, accounts=arguments.accounts)
        await channel.play(islice(payments, arguments.count), arguments.rate)
        nursery.cancel_scope.cancel()


def _tell(notice: Notice, believes: Believes) -> None:
    print(f"{notice.txn_id}  {notice.account:<12} {roubles(notice.sum):>10}  {believes}", flush=True)


def _sum_up(channel: Channel) -> None:
    told = ", ".join(f"{number} {word}" for word, number in sorted(Counter(channel.believed.values()).items()))
    print(f"{channel.sent} requests: {told}, {len(channel.cancelled)} cancelled", file=sys.stderr)
