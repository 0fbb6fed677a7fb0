"""Everything that can be answered instead of a result.

The tree is short, because a client decides by ``status`` and ``code`` alone::

    Failure
    ├── InvalidRequest    400  invalid_request, unknown_action, malformed_json
    ├── Unauthenticated   401  unauthenticated, wrong_credentials, ticket_invalid
    ├── Forbidden         403  forbidden, blocked, unconfirmed
    ├── NotFound          404  user_not_found, chat_not_found, ...
    ├── Conflict          409  user_exists, call_ended, busy, conflict
    ├── TooLarge          413  too_large
    ├── UnsupportedType   415  unsupported_type
    ├── RateLimited       429  rate_limited, with the seconds to wait
    ├── Internal          500  internal
    └── Unavailable       503  unavailable
"""

from collections.abc import Sequence

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One field of a request that was not as it must be.

    Attributes:
        field: The field's name as the client wrote it, with dots and brackets for what is inside it.
        message: What was expected, in a sentence for developers.
    """

    field: str
    message: str


class Failure(Exception):
    """An answer other than the result.

    Attributes:
        status: The HTTP status, which a socket's reply carries too.
        code: The protocol's stable word for it.
        message: A sentence for developers. It never holds anything about the inside.
        errors: The fields at fault, for ``invalid_request``.
        retry_after: Seconds to wait, for ``rate_limited``.
    """

    status = 500

    def __init__(
        self,
        code: str,
        message: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.errors = tuple(errors)
        self.retry_after = retry_after


class InvalidRequest(Failure):
    """The request itself is wrong; sending it again will not help."""

    status = 400

    @classmethod
    def field(cls, field: str, message: str) -> "InvalidRequest":
        """Name the one field at fault."""
        return cls.fields([FieldError(field, message)])

    @classmethod
    def fields(cls, errors: Sequence[FieldError]) -> "InvalidRequest":
        """Name all the fields at fault."""
        named = ", ".join(error.field for error in errors)
        return cls("invalid_request", f"These fields are not as they must be: {named}.", errors=errors)


class Unauthenticated(Failure):
    """Nobody we know is asking."""

    status = 401


class Forbidden(Failure):
    """We know who is asking, and they may not."""

    status = 403


class NotFound(Failure):
    """It does not exist, or not for this caller: the two look alike on purpose."""

    status = 404


class Conflict(Failure):
    """The state of things does not allow it now."""

    status = 409


class TooLarge(Failure):
    """More bytes than the contract allows."""

    status = 413


class UnsupportedType(Failure):
    """A kind of content that we do not take."""

    status = 415


class RateLimited(Failure):
    """Too many in too short a time."""

    status = 429


class Internal(Failure):
    """A defect of ours. The log has the rest, under the request id."""

    status = 500

    def __init__(self) -> None:
        super().__init__("internal", "Something went wrong on our side.")


class Unavailable(Failure):
    """Something that we stand on did not answer; the same request may succeed later."""

    status = 503

    def __init__(self) -> None:
        super().__init__("unavailable", "The service cannot answer just now. Try again.")
