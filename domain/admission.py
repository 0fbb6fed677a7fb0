"""Who may still come in with a token that Cognito signed earlier: not who signed out everywhere since, nor who left."""

from collections import OrderedDict

import msgspec

from core import clock
from core.errors import Unauthenticated
from core.operations import Caller
from domain.accounts import unknown_user
from models.accounts import User

FRESH_SECONDS = 30
"""How long a warm process goes by what it read of a user. A token dies everywhere this long after the sign-out."""

MOST_REMEMBERED = 10_000


class _Read(msgspec.Struct, frozen=True):
    at: int
    user: User


_read: OrderedDict[str, _Read] = OrderedDict()


def check(caller: Caller) -> None:
    """Check that the caller's token is still good.

    Raises:
        Unauthenticated: It was issued before its user signed out everywhere, or the user is no more.
    """
    check_user(caller, _user(caller.user_id))


def check_user(caller: Caller, user: User | None) -> None:
    """Check the same by what was just read of the user, who is None if they are no more.

    Raises:
        Unauthenticated: As above.
    """
    if not user or not user.admits(caller.issued_at):
        raise ended()


def check_now(caller: Caller) -> None:
    """Check the same by what is true at this moment.

    Raises:
        Unauthenticated: As above.
    """
    forget(caller.user_id)
    check(caller)


def check_exists(caller: Caller) -> None:
    """Check the same, and tell somebody who is no more that it is so.

    Raises:
        Unauthenticated: The token was issued before its user signed out everywhere.
        NotFound: The user is no more.
    """
    user = _user(caller.user_id)
    if not user:
        raise unknown_user()
    if not user.admits(caller.issued_at):
        raise ended()


def ended() -> Unauthenticated:
    """Say that the caller's session is over."""
    return Unauthenticated("unauthenticated", "This session has ended. Log in again.")


def forget(user_id: str) -> None:
    """Read this user anew the next time."""
    _read.pop(user_id, None)


def forget_all() -> None:
    """Read everybody anew the next time."""
    _read.clear()


def _user(user_id: str) -> User | None:
    """Return the user as they were at most ``FRESH_SECONDS`` ago. That somebody does not exist is not remembered."""
    now = clock.seconds()
    known = _read.get(user_id)
    if known and now - known.at < FRESH_SECONDS:
        return known.user
    forget(user_id)
    user = User.find(user_id)
    if user:
        _read[user_id] = _Read(now, user)
        if len(_read) > MOST_REMEMBERED:
            _read.popitem(last=False)
    return user
