"""Accounts: registering, confirming the mail address, and what people see of each other."""

from collections.abc import Collection
from contextlib import suppress

from adapters import identity
from core.clock import at_least
from core.errors import Conflict, Failure, InvalidRequest, NotFound
from core.identifiers import derived_id
from core.operations import Visitor
from core.pages import decode_cursor, encode_cursor, foreign_cursor
from core.parallel import together
from core.settings import settings
from core.shapes import Answer
from domain import codes, limits, mails, passwords, protocol
from domain.codes import Purpose
from models.accounts import User, Username, key_of
from models.connections import Connections

ONESELF = "me"
"""What a client writes in place of its own id."""


ANSWER_SECONDS = 0.8
"""What an answer takes that must not tell whether a mail was sent: longer than sending one does."""


MOST_KEY_BYTES = 256
"""What a name may come to in the letters that it stands for: 64 of any script. One letter can stand for 33 bytes, and
an index's key ends at 1,024 (DynamoDB's quotas, "Partition keys and sort keys")."""


class Account(Answer, frozen=True):
    """A new account.

    Attributes:
        confirmed: Whether it can log in now, or must confirm its mail address first.
    """

    user_id: str
    username: str
    email: str
    confirmed: bool


class Users(Answer, frozen=True):
    """A page of people."""

    users: list[protocol.User]
    next_cursor: str | None = None


def register(visitor: Visitor, username: str, email: str, password: str) -> Account:
    """Make an account.

    The name is claimed before Cognito is asked, and kept after: whatever is cut off in between, the name comes
    free again. Registering once more completes the account, also under another name, and so does the first log-in.

    Raises:
        Conflict: The name or the mail address is taken.
        InvalidRequest: The name is too long, the password too weak, or the mail address none.
        RateLimited: Too many accounts were made from one address.
    """
    _require_short(username)
    passwords.require_strong(password)
    email = email.lower()
    limits.count(limits.REGISTRATIONS_PER_ADDRESS.of(visitor.source_address))
    claimant = _claimant(email)
    if not Username.claim(username, claimant):
        raise _taken()
    try:
        user_id = _sign_up(visitor, username, email, password)
    except Failure:
        Username.release(username, claimant)
        raise
    admit(email, password)
    complete(user_id, username, email)
    if settings().confirm_mail:
        mails.send_confirmation(email, codes.issue(Purpose.CONFIRMATION, email))
    return Account(user_id=user_id, username=username, email=email, confirmed=not settings().confirm_mail)


def _sign_up(visitor: Visitor, username: str, email: str, password: str) -> str:
    """Make an account at Cognito, or take up the one that was left there. Returns the user's id."""
    try:
        return identity.sign_up(email, password, username)
    except identity.MailTaken:
        return _take_up(visitor, username, email, password)
    except identity.WeakPassword as error:
        raise passwords.weak() from error
    except identity.InvalidMail as error:
        raise InvalidRequest.field("email", "Expected a mail address.") from error


def _take_up(visitor: Visitor, username: str, email: str, password: str) -> str:
    """Take up a registration that was cut off: its account has no user yet, and who began it knows the password."""
    account = identity.find(email)
    if not account or User.find_anyway(account.user_id):
        raise _taken()
    limits.count(limits.TRIES_PER_MAIL.of(email), limits.TRIES_PER_ADDRESS.of(visitor.source_address))
    try:
        with suppress(identity.Unfinished):
            identity.log_in(email, password)
    except identity.WrongCredentials as error:
        raise _taken() from error
    identity.rename(account.user_id, username)
    return account.user_id


def admit(email: str, password: str) -> None:
    """Let a new account into Cognito. Whether its mail address is confirmed is asked by us, once the password is right.

    Cognito itself says "unconfirmed" to any password, and would so tell everybody which addresses have an account.
    """
    identity.set_password(email, password)
    if not settings().confirm_mail:
        identity.verify_mail(email)


def complete(user_id: str, username: str, email: str) -> None:
    """Give a new user their profile and their name, if another request has not done so.

    Raises:
        Conflict: The registration was cut off so long ago that the name is another's by now.
    """
    if User.create(user_id, username, _claimant(email), awaits_confirmation=settings().confirm_mail):
        return
    user = User.find_anyway(user_id)
    if not user or user.username != username:
        raise Conflict("user_exists", "This name is somebody else's by now. Register again, under another name.")


def confirm(visitor: Visitor, email: str, code: str) -> None:
    """Confirm a mail address with the code that was sent to it.

    Raises:
        InvalidRequest: The code is not good.
        RateLimited: Too many codes were tried.
    """
    email = email.lower()
    confirm_user(proved(visitor, Purpose.CONFIRMATION, email, code))
    codes.use_up(Purpose.CONFIRMATION, email)


def proved(visitor: Visitor, purpose: Purpose, email: str, code: str) -> identity.Account:
    """Return the account of a mail address, to whoever has the code that was sent there. The code stays good.

    Raises:
        InvalidRequest: The code is not good.
        RateLimited: Too many codes were tried.
    """
    limits.count(limits.TRIES_PER_MAIL.of(email), limits.TRIES_PER_ADDRESS.of(visitor.source_address))
    if not codes.is_right(purpose, email, code):
        raise codes.wrong()
    account = identity.find(email)
    if not account:
        raise codes.wrong()
    return account


def confirm_user(account: identity.Account) -> None:
    """Take a user's mail address as confirmed."""
    identity.verify_mail(account.email)
    if not User.find_anyway(account.user_id):
        complete(account.user_id, account.username, account.email)
    User.confirm(account.user_id)


def resend_confirmation(visitor: Visitor, email: str) -> None:
    """Mail another code to an address that is still to be confirmed; nobody is told whether it is.

    Raises:
        RateLimited: Too many codes were asked for.
    """
    email = email.lower()
    limits.count(limits.CODES_PER_MAIL.of(email), limits.CODES_PER_ADDRESS.of(visitor.source_address))
    with at_least(ANSWER_SECONDS):
        account = identity.find(email)
        user = User.find(account.user_id) if account else None
        if user and user.awaits_confirmation:
            mails.send_confirmation(email, codes.issue(Purpose.CONFIRMATION, email))


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
        InvalidRequest: The prefix is too long, or the cursor is not one that we gave.
    """
    _require_short(prefix)
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


def name_of(user: User) -> protocol.Name:
    """Return what a ringing device shows of somebody."""
    return protocol.Name(user_id=user.user_id, username=user.username, display_name=user.display_name)


def unknown_user() -> NotFound:
    """Say that there is no such user."""
    return NotFound("user_not_found", "There is no such user.")


def _require_short(name: str) -> None:
    if len(key_of(name).encode()) > MOST_KEY_BYTES:
        raise InvalidRequest.field("username", "Expected a shorter name.")


def _claimant(email: str) -> str:
    return derived_id("registration", email)


def _taken() -> Conflict:
    return Conflict("user_exists", "The name or the mail address is taken.")


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
