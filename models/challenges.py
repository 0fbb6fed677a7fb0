"""Log-ins that are half done."""

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute

from core import clock
from models.table import Table, holds, table_name


class Challenge(Table):
    """A log-in that waits for its answer.

    Attributes:
        owner: Whose it is, as a digest.
        method: How the answer is to be known.
        may_mail: Set until the method has mailed what it mails, which it does once.
        cognito_session: Cognito's part of it; None where the mail address is nobody's.
        cognito_name: What Cognito calls its user.
    """

    class Meta:
        table_name = table_name("challenges")

    session_id = UnicodeAttribute(hash_key=True, attr_name="sessionId")
    owner = UnicodeAttribute()
    method = UnicodeAttribute()
    may_mail = BooleanAttribute(attr_name="mayMail", null=True)
    cognito_session = UnicodeAttribute(attr_name="cognitoSession", null=True)
    cognito_name = UnicodeAttribute(attr_name="cognitoName", null=True)
    tries = NumberAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")

    @classmethod
    def put(cls, session_id: str, owner: str, method: str, life: int) -> None:
        """Store a new one.

        Args:
            session_id: Its id, which nobody can guess.
            owner: Whose it is.
            method: How the answer is to be known.
            life: For how many seconds.
        """
        expires_at = clock.seconds() + life
        cls(session_id, owner=owner, method=method, may_mail=True, tries=0, expires_at=expires_at).save()

    @classmethod
    def keep(cls, session_id: str, cognito_session: str, cognito_name: str) -> None:
        """Store Cognito's part of it."""
        cls(session_id).update([cls.cognito_session.set(cognito_session), cls.cognito_name.set(cognito_name)])

    @classmethod
    def begin(cls, session_id: str, owner: str, method: str) -> bool:
        """Let the method mail. Returns whether it may: once, for a log-in that was begun by us."""
        challenge = cls(session_id)
        ours = cls.may_mail.exists() & (cls.owner == owner) & (cls.method == method)
        good = ours & (cls.expires_at > clock.seconds())
        return holds(lambda: challenge.update([cls.may_mail.remove()], good))

    @classmethod
    def go_on(cls, session_id: str, owner: str, method: str) -> bool:
        """Let a log-in be answered another time. Returns whether it may be."""
        try:
            challenge = cls.get(session_id, consistent_read=True)
        except cls.DoesNotExist:
            return False
        return (challenge.owner, challenge.method, challenge.expires_at > clock.seconds()) == (owner, method, True)

    @classmethod
    def take_try(cls, session_id: str, owner: str, most: int) -> "Challenge | None":
        """Count a try before it is made.

        Returns:
            The log-in; None where there is none of this owner, its time is over or it was tried ``most`` times.
        """
        challenge = cls(session_id)
        good = (cls.owner == owner) & (cls.tries < most) & (cls.expires_at > clock.seconds())
        return challenge if holds(lambda: challenge.update([cls.tries.add(1)], good)) else None

    @classmethod
    def remove(cls, session_id: str) -> None:
        """Remove one that is done."""
        cls(session_id).delete()
