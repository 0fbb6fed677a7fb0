"""The command `kaiwa`."""

import argparse
import asyncio
import getpass
import json
import os
import secrets
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from kaiwa.client import Client
from kaiwa.errors import ConnectionLost, Forbidden, KaiwaError, Problem, Unauthenticated
from kaiwa.session import Session
from kaiwa.terminal.chat import Conversation, explained, new_line
from kaiwa.terminal.look import Look
from kaiwa.terminal.screen import Pipe, Terminal

INTERRUPTED = 130
"""What a shell reports for a program ended by Ctrl-C."""

EPILOGUE = """
Who has no account yet gets one with --register. Who has logged in once goes on without a password until --log-out.
In the chat, /help lists what you can do. A password may stand in the environment, as KAIWA_PASSWORD; without one it is
asked for, and an empty one has a code mailed.
"""


def main() -> int:
    """Run the command and return its exit code."""
    arguments = parser().parse_args()
    try:
        return asyncio.run(chat(arguments))
    except Problem as error:
        print(f"kaiwa: {explained(error)}", file=sys.stderr)
    except ConnectionLost:
        print(f"kaiwa: {arguments.url} could not be reached.", file=sys.stderr)
    except (Refusal, KaiwaError) as error:
        print(f"kaiwa: {error}", file=sys.stderr)
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    return 1


class Refusal(Exception):
    """The command cannot be done as it was given."""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="kaiwa", description="Kaiwa in a terminal.")
    parser.add_argument("--version", action="version", version=f"kaiwa {installed_version()}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    chat = commands.add_parser("chat", help="talk in this terminal", description="Talk.", epilog=EPILOGUE)
    chat.add_argument("--url", default=os.environ.get("KAIWA_URL"), help="where the REST API is (or KAIWA_URL)")
    chat.add_argument("--with", dest="partner", metavar="NAME", help="open the chat of that name, or with that person")
    chat.add_argument("--email", help="who logs in")
    chat.add_argument("--register", action="store_true", help="make an account first")
    chat.add_argument("--log-out", action="store_true", help="forget who was logged in, and end")
    chat.add_argument("--no-colour", "--no-color", action="store_true", help="do without colours (or NO_COLOR)")
    return parser


def installed_version() -> str:
    """Return the version of this package."""
    try:
        return version("kaiwa")
    except PackageNotFoundError:
        return "(not installed)"


async def chat(arguments: argparse.Namespace) -> int:
    """Log in where that is needed, and talk.

    Raises:
        Refusal: The command line does not say enough.
        KaiwaError: The server says no.
    """
    kept = Kept(home() / "session.json")
    arguments.url = arguments.url or kept.url
    if arguments.log_out:
        kept.forget()
        return 0
    if not arguments.url:
        raise Refusal("Where is the server? Give --url, or set KAIWA_URL.")
    wants_another = arguments.register or arguments.email
    session = None if wants_another or kept.url != arguments.url else kept.session
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.platform != "win32"
    look = Look(colours=is_terminal and not arguments.no_colour and "NO_COLOR" not in os.environ)
    async with Client(arguments.url, session=session, device_id=kept.device_id) as client:
        try:
            if client.session:
                await client.get_user()
        except Unauthenticated:
            print("Your session has ended: log in again.")
            session = None
        if not session:
            await enter(client, arguments)
        kept.keep(arguments.url, client.session)
        conversation = Conversation(client, look)
        client.on_state = conversation.note_state
        screen = Terminal(new_line(conversation), conversation.note_writing) if is_terminal else Pipe()
        try:
            is_done = await conversation.run(screen, arguments.partner)
        finally:
            kept.keep(arguments.url, client.session)
    return 0 if is_done or screen.is_watched else 1


async def enter(client: Client, arguments: argparse.Namespace) -> None:
    """Make an account if that is wanted, and log in: with a password, or with a code that is mailed."""
    email = arguments.email or ("" if arguments.register else input("Mail address, or nothing to make an account: "))
    is_new = arguments.register or not email
    username = input("User name: ") if is_new else ""
    email = email or input("Mail address: ")
    password = os.environ.get("KAIWA_PASSWORD") or getpass.getpass("Password: ")
    if is_new:
        account = await client.register(username, email, password)
        if not account["confirmed"]:
            await confirm(client, email)
    if not password:
        challenge = await client.start_log_in(email)
        await client.finish_log_in(email, challenge, input("The code that was mailed to you: "))
        return
    try:
        await client.log_in(email, password)
    except Forbidden as error:
        if error.code != "unconfirmed":
            raise
        await client.resend_code(email)
        await confirm(client, email)
        await client.log_in(email, password)


async def confirm(client: Client, email: str) -> None:
    """Confirm a mail address."""
    await client.confirm(email, input("The code that was mailed to you: "))


class Kept:
    """What is kept for the next time, in a file that nobody else may read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content: dict[str, Any] = {}
        try:
            self._content = json.loads(path.read_text())
        except (OSError, ValueError):
            self._content = {}

    @property
    def url(self) -> str | None:
        """Where one was logged in."""
        return self._content.get("url")

    @property
    def session(self) -> Session | None:
        """The session, if there is one."""
        fields = self._content.get("session")
        return Session(**fields) if fields else None

    @property
    def device_id(self) -> str:
        """This machine's own name for itself."""
        device_id: str = self._content.setdefault("deviceId", secrets.token_hex(8))
        return device_id

    def keep(self, url: str, session: Session | None) -> None:
        """Write down who is logged in."""
        self._content |= {"url": url, "session": vars(session) if session else None}
        self._write()

    def forget(self) -> None:
        """Forget who was logged in."""
        self._content.pop("session", None)
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as opened:
            json.dump(self._content, opened)
        draft.replace(self._path)


def home() -> Path:
    """Return the folder for what is kept (the XDG base directory specification)."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kaiwa"


if __name__ == "__main__":
    sys.exit(main())
