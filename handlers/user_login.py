"""UserLogin: open a session, go on with one, and end them all."""

from typing import Annotated

from msgspec import Meta

from core.fields import Code, Email, Id, Password
from core.operations import Caller, Operations, Reply, Visitor
from core.shapes import Nothing, Request
from domain import sessions

handler = Operations()


class LogIn(Request, frozen=True):
    """A mail address, and a password; or a method; or the session that a method began, and its code."""

    email: Email
    password: Password | None = None
    method: Id | None = None
    session: Id | None = None
    code: Code | None = None


class RefreshSession(Request, frozen=True):
    """The refresh token of a session."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=8192)]


@handler.on("logIn", "POST /sessions", socket=False, public=True)
def log_in(request: LogIn, visitor: Visitor) -> Reply[sessions.Session | sessions.Challenged]:
    """Open a session, or begin to."""
    proof = sessions.Proof(request.password, request.method, request.session, request.code)
    opened = sessions.log_in(visitor, request.email, proof)
    return Reply(202, opened) if isinstance(opened, sessions.Challenged) else Reply(200, opened)


@handler.on("refreshSession", "POST /sessions/refresh", socket=False, public=True)
def refresh_session(request: RefreshSession, visitor: Visitor) -> Reply[sessions.Session]:
    """Go on with a session."""
    return Reply(200, sessions.refresh(visitor, request.refresh_token))


@handler.on("signOut", "DELETE /sessions", socket=False, guarded=False)
def sign_out(request: Nothing, caller: Caller) -> Reply[None]:  # noqa: ARG001 - its type is what counts.
    """End all sessions of the caller."""
    # Asking again must be possible where it failed halfway.
    sessions.sign_out(caller)
    return Reply(204, None)
