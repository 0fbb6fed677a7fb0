"""The JavaScript library in Node, against the local stack."""

import json
import subprocess
from pathlib import Path

from local.stack import Stack
from tests.e2e.people import Person

SCRIPT = Path(__file__).parent / "javascript" / "talk.js"

VERSION = int(
    subprocess.run(["node", "-p", "parseInt(process.version.slice(1))"], capture_output=True, check=True).stdout
)

# Node 22 has a WebSocket of its own; in Node 20 it is there when it is asked for.
NODE = ("node",) if VERSION >= 22 else ("node", "--experimental-websocket", "--no-warnings")


def test_two_people_talk_in_node(stack: Stack, ann: Person, bob: Person) -> None:
    logins = [{"email": person.email, "password": person.password} for person in (ann, bob)]
    arguments = json.dumps([stack.endpoints.api_url, *logins])
    done = subprocess.run([*NODE, SCRIPT, arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "heard": "おはよう 👋",
        "isSame": True,
        "reactions": {"👍": [bob.user_id]},
        "sizes": [5, 5 * 1024 * 1024],
        "text": "hello",
        "missed": "Are you there?",
        "positions": [3],
        "isOver": True,
    }
