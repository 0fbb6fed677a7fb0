"""People, and the names that are taken."""

import unicodedata
from collections.abc import Iterable

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from core import clock
from models.table import Table, decides, found, holds, table_name, transaction

CLAIM_SECONDS = 600
"""How long a registration that was cut off keeps its name from others."""


class UserByName(GlobalSecondaryIndex["User"]):  # type: ignore[no-untyped-call]
    """Users under the first letter of their name, in the order of their names."""

    class Meta:
        index_name = "byName"
        projection = AllProjection()

    initial = UnicodeAttribute(hash_key=True)
    name_key = UnicodeAttribute(range_key=True, attr_name="nameKey")


class User(Table):
    """A person as others see them. The mail address is kept by Cognito alone.

    Attributes:
        awaits_confirmation: Set until the mail address is confirmed, where that is asked for.
        signed_out_at: When they last signed out everywhere, in milliseconds since 1970.
        is_signing_out: Set from then until every socket is closed.
        file_bytes: How many bytes of files they have stored, or are about to.
        erased_at: When they left. What is left of them then is this, the id and ``signed_out_at``.
    """

    class Meta:
        table_name = table_name("users")

    by_name = UserByName()
    user_id = UnicodeAttribute(hash_key=True, attr_name="userId")
    username = UnicodeAttribute()
    display_name = UnicodeAttribute(attr_name="displayName")
    avatar_file_id = UnicodeAttribute(attr_name="avatarFileId", null=True)
    created_at = UnicodeAttribute(attr_name="createdAt")
    initial = UnicodeAttribute()
    name_key = UnicodeAttribute(attr_name="nameKey")
    awaits_confirmation = BooleanAttribute(attr_name="awaitsConfirmation", null=True)
    signed_out_at = NumberAttribute(attr_name="signedOutAt", null=True)
    is_signing_out = BooleanAttribute(attr_name="isSigningOut", null=True)
    file_bytes = NumberAttribute(attr_name="fileBytes", null=True)
    erased_at = UnicodeAttribute(attr_name="erasedAt", null=True)

    @property
    def is_here(self) -> bool:
        """Whether they have not left."""
        return self.erased_at is None

    def admits(self, issued_at: int) -> bool:
        """Say whether a token is still good.

        Args:
            issued_at: When it was issued, in seconds since 1970: one of the second of a sign-out counts as before it.
        """
        return self.signed_out_at is None or issued_at > self.signed_out_at // 1000

    def admits_since(self, moment: int) -> bool:
        """Say the same of something whose moment is known to the millisecond since 1970."""
        return self.signed_out_at is None or moment > self.signed_out_at

    @classmethod
    def create(cls, user_id: str, username: str, claimant: str = "", *, awaits_confirmation: bool = False) -> bool:
        """Store a new user and give them their name for good: both, or neither.

        Args:
            user_id: The user.
            username: Their name, in the case they want.
            claimant: Who has claimed the name for them.
            awaits_confirmation: Whether their mail address is still to be confirmed.

        Returns:
            False where the name is another's, or the user exists already, or has been erased.
        """
        name_key = key_of(username)
        user = cls(
            user_id,
            username=username,
            display_name=username,
            created_at=clock.now(),
            initial=name_key[0],
            name_key=name_key,
            awaits_confirmation=awaits_confirmation or None,
        )

        def write() -> None:
            with transaction() as writes:
                writes.save(Username(name_key, claimant=user_id), condition=Username.is_free_for(claimant, user_id))
                writes.save(user, condition=cls.user_id.does_not_exist())

        return decides(write)

    @classmethod
    def find(cls, user_id: str) -> "User | None":
        """Return the user, or None. Somebody who left is nobody from that moment."""
        user = cls.find_anyway(user_id)
        return user if user and user.is_here else None

    @classmethod
    def find_anyway(cls, user_id: str) -> "User | None":
        """Return the user, even if they left."""
        return found(lambda: cls.get(user_id, consistent_read=True))

    @classmethod
    def find_all(cls, user_ids: Iterable[str]) -> list["User"]:
        """Return those of the users who exist, in no order."""
        return [user for user in cls.batch_get(user_ids, consistent_read=True) if user.is_here]

    @classmethod
    def confirm(cls, user_id: str) -> None:
        """Note that the mail address is theirs."""
        user = cls(user_id)
        holds(lambda: user.update([cls.awaits_confirmation.remove()], cls.user_id.exists()))

    @classmethod
    def change(cls, user_id: str, display_name: str | None, picture: str | None) -> bool:
        """Change how a user is shown. Returns False where there is no such user.

        Args:
            user_id: The user.
            display_name: Their name; None to leave it.
            picture: The file of their picture; None to leave it, an empty text for none.
        """
        user = cls(user_id)
        actions: list[Action] = []
        if display_name is not None:
            actions.append(cls.display_name.set(display_name))
        if picture is not None:
            actions.append(cls.avatar_file_id.set(picture) if picture else cls.avatar_file_id.remove())
        here = cls.user_id.exists() & cls.erased_at.does_not_exist()
        return holds(lambda: user.update(actions, here))

    @classmethod
    def lose_picture(cls, user_id: str, file_id: str) -> None:
        """Show a user without a picture, if it is still this one."""
        user = cls(user_id)
        holds(lambda: user.update([cls.avatar_file_id.remove()], cls.avatar_file_id == file_id))

    @classmethod
    def sign_out(cls, user_id: str) -> bool:
        """Note that all tokens and tickets issued up to now are good for nothing. Returns whether there is such a user.

        The mark never goes back, whichever of two sign-outs at once is noted last.
        """
        user, now = cls(user_id), clock.milliseconds()
        newer = cls.user_id.exists() & (cls.signed_out_at.does_not_exist() | (cls.signed_out_at < now))
        marks: list[Action] = [cls.signed_out_at.set(now), cls.is_signing_out.set(True)]
        return holds(lambda: user.update(marks, newer)) or cls.find_anyway(user_id) is not None

    @classmethod
    def signed_out(cls, user_id: str) -> None:
        """Note that the sign-out is complete."""
        user = cls(user_id)
        holds(lambda: user.update([cls.is_signing_out.remove()], cls.user_id.exists()))

    @classmethod
    def mark_erased(cls, user_id: str) -> None:
        """Make a user nobody from now on: not found, not to be searched for, with no token that is good."""
        user = cls(user_id)
        marks: list[Action] = [
            cls.erased_at.set(clock.now()),
            cls.signed_out_at.set(clock.milliseconds()),
            cls.initial.remove(),
        ]
        holds(lambda: user.update(marks, cls.user_id.exists() & cls.erased_at.does_not_exist()))

    @classmethod
    def empty(cls, user_id: str) -> None:
        """Remove all that a user who left was. What stays keeps a late write from making them anew."""
        user = cls(user_id)
        told: list[Action] = [
            cls.username.remove(),
            cls.display_name.remove(),
            cls.avatar_file_id.remove(),
            cls.created_at.remove(),
            cls.initial.remove(),
            cls.name_key.remove(),
            cls.awaits_confirmation.remove(),
            cls.file_bytes.remove(),
        ]
        holds(lambda: user.update(told, cls.erased_at.exists()))

    @classmethod
    def with_prefix(cls, prefix: str, limit: int, after: "tuple[str, str] | None") -> list["User"]:
        """Return users whose names begin with a prefix, in the order of their names.

        Args:
            prefix: At least one character, in any case.
            limit: How many at most.
            after: The name key and the id of the last user of the page before.
        """
        name_key = key_of(prefix)
        start = after and {
            "initial": {"S": name_key[0]},
            "nameKey": {"S": after[0]},
            "userId": {"S": after[1]},
        }
        begins = cls.name_key.startswith(name_key)
        return list(cls.by_name.query(name_key[0], begins, limit=limit, last_evaluated_key=start))


class Username(Table):
    """A name that is taken, or that a registration under way has claimed."""

    class Meta:
        table_name = table_name("usernames")

    name_key = UnicodeAttribute(hash_key=True, attr_name="nameKey")
    claimant = UnicodeAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt", null=True)

    @classmethod
    def claim(cls, username: str, claimant: str) -> bool:
        """Claim a name for a registration, so that of two at the same moment one gets it.

        Args:
            username: The name, in any case.
            claimant: Who wants it. The same claimant may claim again, to finish what was cut off.

        Returns:
            Whether the name is the claimant's for the next ``CLAIM_SECONDS``.
        """
        now = clock.seconds()
        claim = cls(key_of(username), claimant=claimant, expires_at=now + CLAIM_SECONDS)
        unfinished = cls.expires_at.exists()
        free = cls.name_key.does_not_exist() | (unfinished & ((cls.claimant == claimant) | (cls.expires_at < now)))
        return holds(lambda: claim.save(free))

    @classmethod
    def is_free_for(cls, claimant: str, user_id: str) -> Condition:
        """Return the condition that a name is nobody else's."""
        free: Condition = cls.name_key.does_not_exist() | cls.claimant.is_in(claimant, user_id)
        return free

    @classmethod
    def release(cls, username: str, claimant: str) -> None:
        """Give up a claim that came to nothing."""
        claim = cls(key_of(username))
        holds(lambda: claim.delete((cls.claimant == claimant) & cls.expires_at.exists()))

    @classmethod
    def give_up(cls, username: str, user_id: str) -> None:
        """Let a name that was a user's be anybody's again."""
        name = cls(key_of(username))
        holds(lambda: name.delete(cls.claimant == user_id))


def key_of(username: str) -> str:
    """Return what names share that people take for the same, in whatever case, width or composition they stand."""
    return unicodedata.normalize("NFKC", username).casefold()
