"""Tickets: each opens one socket, once."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from core import clock
from models.table import Table, holds, table_name


class Ticket(Table):
    """A ticket, under a digest of itself: who reads the table cannot use what they read.

    Attributes:
        token_issued_at: When the access token that it was got with was issued, in seconds since 1970.
    """

    class Meta:
        table_name = table_name("tickets")

    digest = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(attr_name="userId")
    device_id = UnicodeAttribute(attr_name="deviceId")
    token_issued_at = NumberAttribute(attr_name="tokenIssuedAt")
    expires_at = NumberAttribute(attr_name="expiresAt")
    used_at = UnicodeAttribute(attr_name="usedAt", null=True)

    @classmethod
    def use(cls, digest: str) -> "Ticket | None":
        """Use a ticket up. Of several who try the same one, the first gets it.

        Returns:
            The ticket, or None where there is none, or it was used, or its time is over.
        """
        ticket = cls(digest)
        valid = (cls.expires_at > clock.seconds()) & cls.used_at.does_not_exist()
        return ticket if holds(lambda: ticket.update([cls.used_at.set(clock.now())], valid)) else None
