"""``python -m kassanet`` and the ``kassanet`` command."""

import sys

from kassanet.cli import run


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
