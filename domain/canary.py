"""The canary: a user of ours who logs in, sends and receives, so that we know before anybody else does."""

import msgspec

from adapters import front_door, parameters
from core import clock, telemetry
from core.settings import settings

NAME = "canary"
TEXT = "canary"


class Credentials(msgspec.Struct, frozen=True):
    """What the parameter holds, as JSON."""

    email: str
    password: str


def sing() -> bool:
    """Go the way of a message once: log in, open two sockets, send on one, receive on the other.

    Returns:
        Whether it went well. What went wrong is in the log, by its kind alone.
    """
    began = clock.milliseconds()
    try:
        _go()
    except Exception as error:
        telemetry.logger.error("canary failed", extra={"error": type(error).__name__})
        telemetry.count("canary_failed", 1)
        return False
    # A zero tells that there is a canary: none at all is as bad as one that failed.
    telemetry.count("canary_failed", 0)
    telemetry.measure("canary_time", clock.milliseconds() - began)
    return True


def _go() -> None:
    stored = parameters.secret(settings().canary_parameter)
    credentials = msgspec.json.decode(stored, type=Credentials)
    session = front_door.ask("POST", "/sessions", msgspec.to_builtins(credentials))
    token = session["accessToken"]
    chat_id = _chat(token)
    with front_door.open_socket(token) as sending, front_door.open_socket(token) as listening:
        sending.send("sendMessage", chatId=chat_id, text=TEXT)
        sent = sending.await_frame("reply")["data"]
        while listening.await_frame("message.created")["seq"] != sent["seq"]:
            pass


def _chat(token: str) -> str:
    """Return the canary's own chat; the first time it makes one."""
    for chat in front_door.ask("GET", "/chats", token=token)["chats"]:
        if chat.get("name") == NAME:
            return str(chat["chatId"])
    made = front_door.ask("POST", "/chats", {"kind": "group", "memberIds": [], "name": NAME}, token)
    return str(made["chatId"])
