"""Sessions: logging in with a password or a challenge, going on, and ending all of them."""

import msgspec

from adapters import identity, sockets
from adapters.identity import Tokens
from adapters.sockets import Outcome
from core import clock, deadline, parallel, telemetry
from core.clock import at_least
from core.errors import FieldError, Forbidden, InvalidRequest, RateLimited, Unauthenticated, Unavailable
from core.identifiers import new_id
from core.operations import Caller, Visitor
from core.shapes import Answer
from domain import accounts, admission, challenges, codes, limits
from domain.delivery import YOUNG_MILLISECONDS
from models.accounts import User
from models.challenges import Challenge
from models.connections import Connections, Socket

CLOSING_SECONDS = 5
RESERVE_SECONDS = 2
"""How long to try to close sockets, and what to leave for telling that it failed."""


class Session(Answer, frozen=True):
    """What a log-in gives.

    Attributes:
        expires_in: Seconds until the access token expires.
    """

    user_id: str
    access_token: str
    id_token: str
    refresh_token: str
    expires_in: int
    token_type: str


class Challenged(Answer, frozen=True):
    """A log-in that is half done.

    Attributes:
        challenge: How the rest is to be proved.
        session: What to send along with the code.
        expires_in: Seconds until it is too late.
    """

    challenge: str
    session: str
    expires_in: int


class Proof(msgspec.Struct, frozen=True):
    """How somebody proves who they are: by a password; or by a method, and then by the session and the code it gave."""

    password: str | None
    method: str | None
    session: str | None
    code: str | None


def log_in(visitor: Visitor, email: str, proof: Proof) -> Session | Challenged:
    """Open a session, or the challenge that leads to one.

    Raises:
        InvalidRequest: The proof is none of the three kinds, or there is no such method.
        Unauthenticated: It is wrong, or the mail address is nobody's; the answer does not say which.
        Forbidden: The mail address is not confirmed yet.
        RateLimited: It was tried too often, or too many codes were asked for.
    """
    try:
        opened = _log_in(visitor, email.lower(), proof)
    except (Unauthenticated, RateLimited):
        telemetry.count("log_ins_failed")
        raise
    if isinstance(opened, Session):
        telemetry.count("log_ins")
    return opened


def _log_in(visitor: Visitor, email: str, proof: Proof) -> Session | Challenged:
    match proof:
        case Proof(password=str(password), method=None, session=None, code=None):
            return _log_in_by_password(visitor, email, password)
        case Proof(password=None, method=str(method), session=None, code=None):
            return _challenge(visitor, email, method)
        case Proof(password=None, method=None, session=str(session), code=str(code)):
            return _log_in_by_challenge(visitor, email, session, code)
    raise _mixture(proof)


def refresh(visitor: Visitor, refresh_token: str) -> Session:
    """Go on with a session.

    Raises:
        Unauthenticated: The token is not valid, or no more.
        RateLimited: Too many tokens came from one address.
    """
    limits.count(limits.RENEWALS_PER_ADDRESS.of(visitor.source_address))
    try:
        return _session(identity.refresh(refresh_token), refresh_token)
    except identity.WrongCredentials as error:
        raise _ended() from error


def sign_out(caller: Caller) -> None:
    """End every session of the caller.

    Raises:
        Unauthenticated: The caller's own session has ended already, and nothing of the others is left to end.
        Unavailable: A socket could not be closed. The same token may ask again.
    """
    user = User.find(caller.user_id)
    if not user or not (user.is_signing_out or user.admits(caller.issued_at)):
        raise admission.ended()
    end_all(caller.user_id)


def end_all(user_id: str) -> None:
    """End every session of a user: no token, ticket or socket of before is good for anything from now on.

    It can be repeated, and must be where it failed halfway.

    Raises:
        Unavailable: A socket could not be closed. Everything else has ended by then.
    """
    if not User.sign_out(user_id):
        raise admission.ended()
    admission.forget(user_id)
    identity.sign_out(user_id)
    open_sockets = [socket for one in Connections.find_all_now([user_id]) for socket in one.sockets]
    closed = parallel.each(_close, open_sockets)
    if done := [socket for socket, is_closed in zip(open_sockets, closed, strict=True) if is_closed]:
        Connections.remove(*done)
    if not all(closed):
        raise Unavailable
    User.signed_out(user_id)


def _close(socket: Socket) -> bool:
    """Close a socket. Returns whether it is closed for certain.

    API Gateway also says "gone" of a socket whose ``$connect`` has not returned yet, and which then opens.
    """
    outcome = sockets.close(socket.connection_id, deadline.within(CLOSING_SECONDS, RESERVE_SECONDS))
    is_young = clock.milliseconds() - socket.connected_at < YOUNG_MILLISECONDS
    return outcome is Outcome.DELIVERED or (outcome is Outcome.GONE and not is_young)


def _log_in_by_password(visitor: Visitor, email: str, password: str) -> Session:
    limits.count(limits.TRIES_PER_MAIL.of(email), limits.TRIES_PER_ADDRESS.of(visitor.source_address))
    try:
        return _session(_prove(email, password), None)
    except identity.WrongCredentials as error:
        raise Unauthenticated("wrong_credentials", "The mail address or the password is wrong.") from error


def _prove(email: str, password: str) -> Tokens:
    """Log in, and first admit an account whose registration was cut off before it was."""
    try:
        return identity.log_in(email, password)
    except identity.Unfinished:
        accounts.admit(email, password)
        return identity.log_in(email, password)


def _challenge(visitor: Visitor, email: str, method: str) -> Challenged:
    """Begin a log-in by a method. An unknown mail address gets a challenge of the same look, with no right answer."""
    if method not in challenges.METHODS:
        raise InvalidRequest.field("method", f"Expected one of {', '.join(challenges.METHODS)}.")
    limits.count(limits.CODES_PER_MAIL.of(email), limits.CODES_PER_ADDRESS.of(visitor.source_address))
    session = new_id()
    with at_least(accounts.ANSWER_SECONDS):
        Challenge.put(session, challenges.owner(email), method, codes.LIFE_SECONDS)
        if begun := identity.begin_challenge(email, challenges.told(session, method)):
            Challenge.keep(session, begun.session, begun.name)
    return Challenged(challenge=method, session=session, expires_in=codes.LIFE_SECONDS)


def _log_in_by_challenge(visitor: Visitor, email: str, session: str, code: str) -> Session:
    limits.count(limits.TRIES_PER_MAIL.of(email), limits.TRIES_PER_ADDRESS.of(visitor.source_address))
    with at_least(accounts.ANSWER_SECONDS):
        try:
            tokens = _answer(email, session, code)
            if account := identity.find(email):
                accounts.confirm_user(account)
            opened = _session(tokens, None)
        except identity.WrongCredentials as error:
            raise Unauthenticated("wrong_credentials", "The code is wrong or has expired.") from error
    Challenge.remove(session)
    return opened


def _answer(email: str, session: str, code: str) -> Tokens:
    """Answer Cognito's challenge.

    A wrong answer ends Cognito's session, so that a later one needs another; ours goes on, and nothing is mailed again.
    """
    challenge = Challenge.take_try(session, challenges.owner(email), codes.MOST_TRIES)
    if not (challenge and challenge.cognito_session and challenge.cognito_name):
        raise identity.WrongCredentials
    begun: identity.Begun | None = identity.Begun(challenge.cognito_session, challenge.cognito_name)
    if challenge.tries > 1:
        begun = identity.begin_challenge(email, challenges.told(session, challenge.method, again=True))
    if not begun:
        raise identity.WrongCredentials
    return identity.answer_challenge(begun, code)


def _session(tokens: Tokens, refresh_token: str | None) -> Session:
    """Make a session of what Cognito gave, once it is clear that its user may have one."""
    user = User.find_anyway(tokens.user_id)
    if not user:
        accounts.complete(tokens.user_id, tokens.username, tokens.email)
        user = User.find_anyway(tokens.user_id)
    if not (user and user.is_here):
        raise identity.WrongCredentials
    if user.awaits_confirmation:
        raise Forbidden("unconfirmed", "Confirm the mail address first.")
    fresh = _after_sign_out(tokens, refresh_token, user)
    return Session(
        user_id=fresh.user_id,
        access_token=fresh.access,
        id_token=fresh.id,
        refresh_token=fresh.refresh or tokens.refresh or refresh_token or "",
        expires_in=fresh.lifetime,
        token_type="Bearer",  # noqa: S106 - the kind of token, not one.
    )


def _after_sign_out(tokens: Tokens, refresh_token: str | None, user: User) -> Tokens:
    """Return tokens that cannot be taken for older than the user's last sign-out.

    Tokens tell their second alone, and those of the second of a sign-out are refused. So who logs in within it waits
    for the next one, and gets tokens of then.
    """
    if user.admits(tokens.issued_at):
        return tokens
    clock.wait_for_second(tokens.issued_at + 1)
    return identity.refresh(tokens.refresh or refresh_token or "")


def _mixture(proof: Proof) -> InvalidRequest:
    if proof.session is not None and proof.code is None:
        return InvalidRequest.field("code", "This field is required.")
    if proof.code is not None and proof.session is None:
        return InvalidRequest.field("session", "This field is required.")
    given = [name for name in Proof.__struct_fields__ if getattr(proof, name) is not None]
    message = "Expected either a password, or a method, or a session and its code."
    return InvalidRequest.fields([FieldError(name, message) for name in given or ["password"]])


def _ended() -> Unauthenticated:
    return Unauthenticated("wrong_credentials", "This session has ended. Log in again.")
