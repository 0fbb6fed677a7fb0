"""Recovery: a new password for who forgot theirs."""

from adapters import identity
from core.clock import at_least
from core.operations import Visitor
from domain import accounts, codes, limits, mails, passwords, sessions
from domain.codes import Purpose


def forgot(visitor: Visitor, email: str) -> None:
    """Mail a code to who forgot their password, if the address is somebody's; nobody is told whether it is.

    Raises:
        RateLimited: Too many codes were asked for.
    """
    email = email.lower()
    limits.count(limits.CODES_PER_MAIL.of(email), limits.CODES_PER_ADDRESS.of(visitor.source_address))
    with at_least(accounts.ANSWER_SECONDS):
        if identity.find(email):
            mails.send_password(email, codes.issue(Purpose.PASSWORD, email))


def reset(visitor: Visitor, email: str, code: str, password: str) -> None:
    """Set a new password and end all sessions of before: whoever knew the old one is out.

    The code also proves that the address is theirs, and so confirms it.

    Raises:
        InvalidRequest: The password is too weak, or the code is not good.
        RateLimited: Too many codes were tried.
    """
    passwords.require_strong(password)
    email = email.lower()
    user = accounts.proved(visitor, Purpose.PASSWORD, email, code)
    try:
        identity.set_password(user.user_id, password)
    except identity.WeakPassword as error:
        raise passwords.weak() from error
    accounts.confirm_user(user)
    sessions.end_all(user.user_id)
    codes.use_up(Purpose.PASSWORD, email)
