"""The asyncio client of Kaiwa: chats that lose no line. The README beside this package shows how to begin."""

from kaiwa.client import Client
from kaiwa.errors import (
    Conflict,
    ConnectionLost,
    Forbidden,
    InvalidRequest,
    KaiwaError,
    NotFound,
    Problem,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
)
from kaiwa.log import Log
from kaiwa.outbox import Outbox
from kaiwa.session import Session
from kaiwa.view import View

__all__ = [
    "Client",
    "Conflict",
    "ConnectionLost",
    "Forbidden",
    "InvalidRequest",
    "KaiwaError",
    "Log",
    "NotFound",
    "Outbox",
    "Problem",
    "RateLimited",
    "Session",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnsupportedType",
    "View",
]
