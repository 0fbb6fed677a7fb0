"""The two kinds of JSON object: what clients send, and what they get."""

import msgspec


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What a client asks. A field it does not have is an error, because it would be silently ignored."""


class Nothing(Request, frozen=True):
    """A request without fields."""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What a client gets. An optional field without a value is left out."""
