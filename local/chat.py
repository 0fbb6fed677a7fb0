"""`make chat`: the chat in this terminal, over the stack of `make run`."""

import json
import os
import sys
from typing import NoReturn

from local.run import ENDPOINTS, HOME
from local.stack import ROOT, answers


def main() -> NoReturn:
    """Become the chat, which keeps what it keeps in a folder of each person's."""
    endpoints = json.loads(ENDPOINTS.read_text()) if ENDPOINTS.exists() else None
    if not endpoints or not answers(endpoints["awsEndpoint"]):
        sys.exit("kaiwa: `make run` is not running.")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "clients" / "python"),
        "XDG_CONFIG_HOME": str(HOME / "chat" / (os.environ.get("AS") or "me")),
    }
    command = [sys.executable, "-m", "kaiwa", "chat", "--url", endpoints["apiUrl"]]
    os.execve(sys.executable, command, environment)  # noqa: S606 - it shall have this terminal.


if __name__ == "__main__":
    main()
