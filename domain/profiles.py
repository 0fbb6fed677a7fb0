"""Profiles: how people show themselves to others."""

from core.operations import Caller
from domain import files, protocol
from domain.accounts import ONESELF, get_user, unknown_user
from models.accounts import User


def change(caller: Caller, display_name: str | None, picture: str | None) -> protocol.User:
    """Change what others see of the caller.

    Everybody can see a picture before it is somebody's, and until it is nobody's any more: cut off in between, a
    picture is shown that its owner wanted to show.

    Args:
        caller: The caller.
        display_name: Their name; None to leave it.
        picture: The file of their picture; None to leave it, an empty text for none.

    Raises:
        InvalidRequest: The file is no picture.
        NotFound: The caller has no such file, or is no more.
    """
    before = User.find(caller.user_id)
    if not before:
        raise unknown_user()
    if picture:
        files.show(caller, picture)
    changes = display_name is not None or picture is not None
    if changes and not User.change(caller.user_id, display_name, picture):
        raise unknown_user()
    if picture is not None and before.avatar_file_id not in {None, picture}:
        files.hide(before.avatar_file_id)
    return get_user(caller.user_id, ONESELF)
