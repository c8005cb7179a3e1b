"""``kassanet sandbox keys --out DIR``: test keys and certificates, in every kind of container."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

DONE, FAILED = 0, 1
Parser = TypeVar("Parser", bound=argparse.ArgumentParser)


def add_key_commands(devices: "argparse._SubParsersAction[Parser]") -> None:
    parser = devices.add_parser("keys", help="test keys and certificates of a certificate authority of our own")
    parser.add_argument("--out", type=Path, required=True, help="a folder to write them to")
    parser.add_argument("--entrepreneurs", type=_count, default=1, help="how many keys of entrepreneurs (1)")
    parser.add_argument("--days", type=_count, default=730, help="how long the certificates are valid (730)")
    parser.add_argument("--time-stamp-url", help="the time-stamp authority that the certificates name")
    parser.set_defaults(run=run_keys)


def run_keys(arguments: argparse.Namespace) -> int:
    from kassanet.sandbox.keys.estate import TIME_STAMP_URL, make, usual

    wanted, url = usual(arguments.entrepreneurs), arguments.time_stamp_url or TIME_STAMP_URL
    try:
        listing = make(arguments.out, wanted, datetime.now(UTC), days=arguments.days, time_stamp_url=url)
    except OSError as error:
        print(f"kassanet sandbox: {error}", file=sys.stderr)
        return FAILED
    print(f"{len(listing.keys)} keys in {arguments.out}; keys.json names them and their passwords")
    return DONE


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 10_000):
        raise argparse.ArgumentTypeError("a whole number from 1 to 10000 is needed")
    return int(text)
