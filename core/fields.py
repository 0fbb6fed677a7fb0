"""Kinds of fields that requests share."""

from typing import Annotated

from msgspec import Meta

Id = Annotated[str, Meta(min_length=1, max_length=128)]
"""Any id that a client names. Ours have 26 to 36 characters; a DynamoDB key ends at 1,024 bytes."""

Email = Annotated[str, Meta(min_length=3, max_length=128, pattern=r"^[^@\s]+@[^@\s]+$(?!\n)")]
"""A mail address, by its look alone. 128 characters are the most that Cognito takes for a name (AdminCreateUser's API
reference)."""

Password = Annotated[str, Meta(min_length=1, max_length=256)]
"""A password. How good it must be is the user pool's policy; 256 is Cognito's longest."""

NewPassword = Annotated[Password, Meta(pattern=r"^\S(.*\S)?$(?!\n)")]
"""Without a space at either end, which Cognito does not take."""

Code = Annotated[str, Meta(min_length=1, max_length=128, description="What was mailed.")]
"""What was mailed to prove that a mail address is one's own."""

Seq = Annotated[int, Meta(ge=0, le=2**53, description="A place in the chat's log.")]
"""A place in a chat's log. JavaScript counts exactly up to here."""

Limit = Annotated[int, Meta(ge=1, le=100, description="How many to return at most.")]

Cursor = Annotated[
    str, Meta(min_length=1, max_length=1024, description="Where the page before ended, as its `nextCursor` said.")
]

Text = Annotated[str, Meta(min_length=1, max_length=8000)]
"""What a message says."""

DeviceId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
"""A device's own lasting name for itself."""
