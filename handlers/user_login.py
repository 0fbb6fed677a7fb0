"""UserLogin: open a session, and go on with one."""

from typing import Annotated

from msgspec import Meta

from core.fields import Email, Password
from core.operations import Operations, Reply, Visitor
from core.shapes import Request
from domain import accounts

handler = Operations()


class LogIn(Request, frozen=True):
    """A mail address and its password."""

    email: Email
    password: Password


class RefreshSession(Request, frozen=True):
    """The refresh token of a session."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=8192)]


@handler.on("logIn", "POST /sessions", socket=False, public=True)
def log_in(request: LogIn, _visitor: Visitor) -> Reply[accounts.Session]:
    """Open a session with a password."""
    return Reply(200, accounts.log_in(request.email, request.password))


@handler.on("refreshSession", "POST /sessions/refresh", socket=False, public=True)
def refresh_session(request: RefreshSession, _visitor: Visitor) -> Reply[accounts.Session]:
    """Go on with a session."""
    return Reply(200, accounts.refresh(request.refresh_token))
