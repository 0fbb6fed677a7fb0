"""What can go wrong.

KaiwaError
├── ConnectionLost: no answer came, so the outcome is unknown
└── Problem: the server answered, and the answer is no
    ├── InvalidRequest (400)
    ├── Unauthenticated (401)
    ├── Forbidden (403)
    ├── NotFound (404)
    ├── Conflict (409)
    ├── TooLarge (413)
    ├── UnsupportedType (415)
    ├── RateLimited (429)
    └── Unavailable (500 and above)
"""

from collections.abc import Mapping
from typing import Any

SERVER_ERROR = 500


class KaiwaError(Exception):
    """Anything that this package raises on purpose."""


class ConnectionLost(KaiwaError):
    """The server could not be reached or did not answer in time."""

    is_temporary = True
    retry_after: float | None = None


class Problem(KaiwaError):
    """A refusal.

    Attributes:
        status: The HTTP status, also over the socket.
        code: A stable, machine-readable reason such as ``chat_not_found``.
        fields: What is wrong, by the name of the field at fault.
        retry_after: Seconds to wait before another try, where the server says so.
        request_id: What to quote when asking the operators.
    """

    def __init__(self, status: int, described: Mapping[str, Any]) -> None:
        """Read a refusal.

        Args:
            status: The HTTP status.
            described: A problem document, or the error of a reply frame. A gateway may refuse in its own words.
        """
        super().__init__(described.get("detail") or described.get("message") or f"The server answered {status}.")
        self.status = status
        self.code: str = described.get("code") or "unknown"
        self.fields: dict[str, str] = {one["field"]: one["message"] for one in described.get("errors", [])}
        self.retry_after: float | None = described.get("retryAfter")
        self.request_id: str | None = described.get("requestId")

    @property
    def is_temporary(self) -> bool:
        """Whether the same request may succeed later."""
        return isinstance(self, RateLimited | Unavailable)


class InvalidRequest(Problem):
    """The request breaks a rule of its own shape."""


class Unauthenticated(Problem):
    """The server does not know who asks, or no longer."""


class Forbidden(Problem):
    """The server knows who asks, and they may not."""


class NotFound(Problem):
    """It does not exist, or not for the one who asks."""


class Conflict(Problem):
    """It is taken, ended, or was changed meanwhile."""


class TooLarge(Problem):
    """It is larger than what the server takes."""


class UnsupportedType(Problem):
    """It is not the kind of file that it is said to be."""


class RateLimited(Problem):
    """Too much at once; `retry_after` says when it may be tried again."""


class Unavailable(Problem):
    """The server is in trouble."""


BY_STATUS: dict[int, type[Problem]] = {
    400: InvalidRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    415: UnsupportedType,
    429: RateLimited,
}


def problem(status: int, described: Mapping[str, Any]) -> Problem:
    """Return the exception for a refusal."""
    kind = Unavailable if status >= SERVER_ERROR else BY_STATUS.get(status, Problem)
    return kind(status, described)
