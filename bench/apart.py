"""Runs one function in a Python process of its own: a fresh heap, and threads that are counted with nobody else's."""

import subprocess
import sys
from typing import Any

import msgspec

CODE = "import json; from {module} import {function}; print(json.dumps({function}({argument})))"
LIMIT = 300.0


def apart(module: str, function: str, argument: int) -> Any:  # noqa: ANN401  whatever the function returns
    """What the function returned; raises ``subprocess.SubprocessError`` when it failed or took too long."""
    code = CODE.format(module=module, function=function, argument=argument)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=LIMIT, check=True)
    return msgspec.json.decode(done.stdout.splitlines()[-1])
