"""GetUserInfo: what people see of each other."""

from typing import Annotated

from msgspec import Meta

from core.fields import Cursor, Id, Limit
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import accounts, protocol

handler = Operations()


class GetUser(Request, frozen=True):
    """A user's id, or ``me``."""

    user_id: Id


class FindUsers(Request, frozen=True):
    """The first letters of a name."""

    username: Annotated[str, Meta(min_length=1, max_length=64)]
    limit: Limit = 50
    cursor: Cursor | None = None


@handler.on("getUser", "GET /users/{userId}", socket=False)
def get_user(request: GetUser, caller: Caller) -> Reply[protocol.User]:
    """Return one user."""
    return Reply(200, accounts.get_user(caller.user_id, request.user_id))


@handler.on("findUsers", "GET /users", socket=False)
def find_users(request: FindUsers, _caller: Caller) -> Reply[accounts.Users]:
    """Return users by the first letters of their names."""
    return Reply(200, accounts.find_users(request.username, request.limit, request.cursor))
