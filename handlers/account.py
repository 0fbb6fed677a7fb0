"""Account: confirm it, change it, forget its password, block others, and leave."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from core.fields import Code, Cursor, Email, Id, Limit, NewPassword
from core.operations import Caller, Operations, Reply, Visitor
from core.shapes import Nothing, Request
from domain import accounts, blocks, erasure, profiles, protocol, recovery

handler = Operations()

DisplayName = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$(?!\n)")]


class ConfirmUser(Request, frozen=True):
    """A mail address, and the code that was sent to it."""

    email: Email
    code: Code


class ResendConfirmation(Request, frozen=True):
    """A mail address that is still to be confirmed."""

    email: Email


class ForgotPassword(Request, frozen=True):
    """The mail address of an account."""

    email: Email


class ResetPassword(Request, frozen=True):
    """The code that was sent to a mail address, and the new password."""

    email: Email
    code: Code
    password: NewPassword


class UpdateUser(Request, frozen=True):
    """What to change. ``null`` for ``avatarFileId`` takes the picture away."""

    display_name: DisplayName | None = None
    avatar_file_id: Id | UnsetType | None = UNSET


class Block(Request, frozen=True):
    """Somebody."""

    user_id: Id


class ListBlocks(Request, frozen=True):
    """A page of the people whom the caller blocks."""

    limit: Limit = 50
    cursor: Cursor | None = None


@handler.on("confirmUser", "POST /users/confirmation", socket=False, public=True)
def confirm_user(request: ConfirmUser, visitor: Visitor) -> Reply[None]:
    """Confirm a mail address."""
    accounts.confirm(visitor, request.email, request.code)
    return Reply(204, None)


@handler.on("resendConfirmation", "POST /users/confirmation/resend", socket=False, public=True)
def resend_confirmation(request: ResendConfirmation, visitor: Visitor) -> Reply[None]:
    """Mail another code for a confirmation."""
    accounts.resend_confirmation(visitor, request.email)
    return Reply(202, None)


@handler.on("forgotPassword", "POST /passwords/forgot", socket=False, public=True)
def forgot_password(request: ForgotPassword, visitor: Visitor) -> Reply[None]:
    """Mail a code for a new password."""
    recovery.forgot(visitor, request.email)
    return Reply(202, None)


@handler.on("resetPassword", "POST /passwords/reset", socket=False, public=True)
def reset_password(request: ResetPassword, visitor: Visitor) -> Reply[None]:
    """Set a new password."""
    recovery.reset(visitor, request.email, request.code, request.password)
    return Reply(204, None)


@handler.on("updateUser", "PATCH /users/me", socket=False)
def update_user(request: UpdateUser, caller: Caller) -> Reply[protocol.User]:
    """Change what others see of the caller."""
    picture = None if request.avatar_file_id is UNSET else request.avatar_file_id or ""
    return Reply(200, profiles.change(caller, request.display_name, picture))


@handler.on("deleteUser", "DELETE /users/me", socket=False)
def delete_user(request: Nothing, caller: Caller) -> Reply[None]:  # noqa: ARG001 - its type is what counts.
    """Erase the caller everywhere."""
    erasure.begin(caller.user_id)
    return Reply(202, None)


@handler.on("blockUser", "PUT /users/me/blocks/{userId}", socket=False)
def block_user(request: Block, caller: Caller) -> Reply[None]:
    """Keep somebody from writing directly to the caller, and from calling."""
    blocks.block(caller.user_id, request.user_id)
    return Reply(204, None)


@handler.on("unblockUser", "DELETE /users/me/blocks/{userId}", socket=False)
def unblock_user(request: Block, caller: Caller) -> Reply[None]:
    """Let somebody write and call again."""
    blocks.unblock(caller.user_id, request.user_id)
    return Reply(204, None)


@handler.on("listBlocks", "GET /users/me/blocks", socket=False)
def list_blocks(request: ListBlocks, caller: Caller) -> Reply[blocks.Blocks]:
    """Return the people whom the caller blocks."""
    return Reply(200, blocks.list_blocks(caller.user_id, request.limit, request.cursor))
