"""RegisterUser: make an account."""

from typing import Annotated

from msgspec import Meta

from core.fields import Email, NewPassword
from core.operations import Operations, Reply, Visitor
from core.shapes import Request
from domain import accounts

handler = Operations()

Username = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$(?!\n)")]
"""Letters and digits of any script, ``_``, ``.`` and ``-``. Python's ``$`` would let a last line break pass."""


class RegisterUser(Request, frozen=True):
    """A name, a mail address and a password that nobody else knows."""

    username: Username
    email: Email
    password: NewPassword


@handler.on("registerUser", "POST /users", socket=False, public=True)
def register_user(request: RegisterUser, visitor: Visitor) -> Reply[accounts.Account]:
    """Make an account."""
    return Reply(201, accounts.register(visitor, request.username, request.email, request.password))
