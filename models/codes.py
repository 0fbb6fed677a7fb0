"""Codes that were mailed, and have not been used yet."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from core import clock
from models.table import Table, holds, table_name


class Code(Table):
    """The one code that is good for a purpose and a mail address, as a salted digest."""

    class Meta:
        table_name = table_name("codes")

    subject = UnicodeAttribute(hash_key=True)
    salt = UnicodeAttribute()
    digest = UnicodeAttribute()
    tries = NumberAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")

    @classmethod
    def put(cls, subject: str, salt: str, digest: str, life: int) -> None:
        """Store a code. The one before is good for nothing from now on.

        Args:
            subject: What it is for, and whose.
            salt: What went into the digest besides the code.
            digest: The digest.
            life: For how many seconds it is good.
        """
        cls(subject, salt=salt, digest=digest, tries=0, expires_at=clock.seconds() + life).save()

    @classmethod
    def take_try(cls, subject: str, most: int) -> "Code | None":
        """Count a try before it is made, so that many at once are no more than one after another.

        Returns:
            The code; None where there is none, its time is over or it was tried ``most`` times.
        """
        code = cls(subject)
        good = (cls.tries < most) & (cls.expires_at > clock.seconds())
        return code if holds(lambda: code.update([cls.tries.add(1)], good)) else None

    @classmethod
    def remove(cls, subject: str) -> bool:
        """Remove the code. Returns whether there was one: of several who use it at once, the first."""
        code = cls(subject)
        return holds(lambda: code.delete(cls.subject.exists()))
