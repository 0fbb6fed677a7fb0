"""Accounts: registering, logging in, and what people see of each other."""

from collections.abc import Collection

from adapters import identity
from core.errors import Conflict, Forbidden, InvalidRequest, NotFound, Unauthenticated
from core.identifiers import derived_id
from core.pages import decode_cursor, encode_cursor, foreign_cursor
from core.parallel import together
from core.settings import settings
from core.shapes import Answer
from domain import protocol
from models.accounts import User, Username, key_of
from models.connections import Connections

ONESELF = "me"
"""What a client writes in place of its own id."""


class Account(Answer, frozen=True):
    """A new account.

    Attributes:
        confirmed: Whether it can log in now, or must confirm its mail address first.
    """

    user_id: str
    username: str
    email: str
    confirmed: bool


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


class Users(Answer, frozen=True):
    """A page of people."""

    users: list[protocol.User]
    next_cursor: str | None = None


def register(username: str, email: str, password: str) -> Account:
    """Make an account.

    The name is claimed before Cognito is asked, and kept after: whatever is cut off in between, the name comes
    free again and the first log-in completes the account.

    Raises:
        Conflict: The name or the mail address is taken.
        InvalidRequest: The password is too weak, or the mail address is none.
    """
    email = email.lower()
    claimant = derived_id("registration", email)
    if not Username.claim(username, claimant):
        raise _taken()
    try:
        user_id = identity.sign_up(email, password, username)
    except identity.IdentityError as error:
        Username.release(username, claimant)
        if isinstance(error, identity.WeakPassword):
            raise InvalidRequest.field("password", str(error)) from error
        if isinstance(error, identity.InvalidMail):
            raise InvalidRequest.field("email", "Expected a mail address.") from error
        raise _taken() from error
    if not settings().confirm_mail:
        identity.confirm(email)
    _complete(user_id, username)
    return Account(user_id=user_id, username=username, email=email, confirmed=not settings().confirm_mail)


def log_in(email: str, password: str) -> Session:
    """Open a session with a password.

    Raises:
        Unauthenticated: The mail address or the password is wrong; the answer does not say which.
        Forbidden: The mail address is not confirmed yet.
    """
    try:
        tokens = _prove(email.lower(), password)
    except identity.WrongCredentials as error:
        raise Unauthenticated("wrong_credentials", "The mail address or the password is wrong.") from error
    except identity.Unconfirmed as error:
        raise Forbidden("unconfirmed", "Confirm the mail address first.") from error
    if not User.find(tokens.user_id):
        _complete(tokens.user_id, tokens.username)
    return _session(tokens, tokens.refresh)


def refresh(refresh_token: str) -> Session:
    """Go on with a session.

    Raises:
        Unauthenticated: The token is not valid, or no more.
    """
    try:
        tokens = identity.refresh(refresh_token)
    except identity.WrongCredentials as error:
        raise Unauthenticated("wrong_credentials", "The refresh token is not valid. Log in again.") from error
    return _session(tokens, tokens.refresh or refresh_token)


def get_user(asking_id: str, user_id: str) -> protocol.User:
    """Return what one user may see of another, or of themselves.

    Raises:
        NotFound: There is no such user.
    """
    wanted = asking_id if user_id == ONESELF else user_id
    user, connections = together(lambda: User.find(wanted), lambda: Connections.find_all([wanted]))
    if not user:
        raise unknown_user()
    email = identity.mail_of(wanted) if wanted == asking_id else None
    return _seen(user, connections[0] if connections else None, email)


def find_users(prefix: str, limit: int, cursor: str | None) -> Users:
    """Return the people whose names begin with a prefix, a page at a time.

    Raises:
        InvalidRequest: The cursor is not one that we gave.
    """
    end = decode_cursor(cursor, tuple[str, str])
    if end and not (end[0].startswith(key_of(prefix)) and end[1]):
        raise foreign_cursor()
    found = User.with_prefix(prefix, limit + 1, end)
    page = found[:limit]
    connections = {one.user_id: one for one in Connections.find_all([user.user_id for user in page])}
    more = len(found) > limit
    return Users(
        users=[_seen(user, connections.get(user.user_id)) for user in page],
        next_cursor=encode_cursor((page[-1].name_key, page[-1].user_id)) if more else None,
    )


def check_exist(user_ids: Collection[str]) -> None:
    """Refuse ids that are nobody's.

    Raises:
        NotFound: One of them is not a user.
    """
    if user_ids and len(User.find_all(user_ids)) < len(user_ids):
        raise unknown_user()


def unknown_user() -> NotFound:
    """Say that there is no such user."""
    return NotFound("user_not_found", "There is no such user.")


def _taken() -> Conflict:
    return Conflict("user_exists", "The name or the mail address is taken.")


def _prove(email: str, password: str) -> identity.Tokens:
    """Log in, and first confirm an account whose registration was cut off before it did."""
    try:
        return identity.log_in(email, password)
    except identity.Unconfirmed:
        if settings().confirm_mail:
            raise
        identity.confirm(email)
        return identity.log_in(email, password)


def _complete(user_id: str, username: str) -> None:
    """Give a new user their name and their profile: the profile comes last, so who has one has the name too."""
    Username.keep(username, user_id)
    User.create(user_id, username)


def _session(tokens: identity.Tokens, refresh_token: str | None) -> Session:
    return Session(
        user_id=tokens.user_id,
        access_token=tokens.access,
        id_token=tokens.id,
        refresh_token=refresh_token or "",
        expires_in=tokens.lifetime,
        token_type="Bearer",  # noqa: S106 - the kind of token, not one.
    )


def _seen(user: User, connections: Connections | None, email: str | None = None) -> protocol.User:
    return protocol.User(
        user_id=user.user_id,
        username=user.username,
        display_name=user.display_name,
        avatar_file_id=user.avatar_file_id,
        created_at=user.created_at,
        online=bool(connections and connections.sockets),
        last_seen_at=connections.last_seen_at if connections else None,
        email=email,
    )
