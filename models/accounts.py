"""People, and the names that are taken."""

from collections.abc import Iterable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from core import clock
from models.table import Table, found, holds, table_name

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
    """A person as others see them. The mail address is kept by Cognito alone."""

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

    @classmethod
    def create(cls, user_id: str, username: str) -> bool:
        """Store a new user. Returns False where the user exists already."""
        name_key = key_of(username)
        user = cls(
            user_id,
            username=username,
            display_name=username,
            created_at=clock.now(),
            initial=name_key[0],
            name_key=name_key,
        )
        return holds(lambda: user.save(cls.user_id.does_not_exist()))

    @classmethod
    def find(cls, user_id: str) -> "User | None":
        """Return the user, or None."""
        return found(lambda: cls.get(user_id, consistent_read=True))

    @classmethod
    def find_all(cls, user_ids: Iterable[str]) -> list["User"]:
        """Return those of the users who exist, in no order."""
        return list(cls.batch_get(user_ids, consistent_read=True))

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
    def keep(cls, username: str, user_id: str) -> None:
        """Give a claimed name to its user for good."""
        cls(key_of(username), claimant=user_id).save()

    @classmethod
    def release(cls, username: str, claimant: str) -> None:
        """Give up a claim that came to nothing."""
        claim = cls(key_of(username))
        holds(lambda: claim.delete((cls.claimant == claimant) & cls.expires_at.exists()))


def key_of(username: str) -> str:
    """Return what two names share that are the same name but for upper and lower case."""
    return username.casefold()
