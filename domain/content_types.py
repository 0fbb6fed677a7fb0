"""What a file is: as its owner says, and as its first bytes show."""

import re

from core.errors import UnsupportedType

UNKNOWN = "application/octet-stream"

SNIFFED_BYTES = 32
"""As many of a file's first bytes as tell a picture."""

MOST_CHARACTERS = 127

TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*")
"""A type and a subtype (RFC 6838, 4.2), in lower case."""

PARAMETER = re.compile(r'; ?[a-zA-Z0-9-]+=(?:[\w!#$%&\'*+.^`|~-]+|"[ !#-\[\]-~]*")')

BEGINNINGS = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/avif": re.compile(rb"....ftypavi[fs]", re.DOTALL),
}
"""How pictures begin (WHATWG's "MIME Sniffing", and ISO/IEC 23000-22 for AVIF)."""

PICTURES = frozenset(BEGINNINGS)

ACTIVE = re.compile(r"[^/]+/(?:.*[+-])?(?:html|xml|svg|xslt?|css|javascript|ecmascript|shtml|mhtml)")
"""Types that a browser may run or render rather than show. Such a file is served as bytes of no known type."""


def read(given: str | None) -> str:
    """Return a type as it was given, its name in lower case.

    Raises:
        UnsupportedType: It is not the name of a type.
    """
    if given is None or not given.strip():
        return UNKNOWN
    name, semicolon, rest = given.strip().partition(";")
    parameters = semicolon + rest
    written = name.strip().lower() + parameters
    if (
        len(written) > MOST_CHARACTERS
        or not TYPE.fullmatch(name.strip().lower())
        or not re.fullmatch(f"(?:{PARAMETER.pattern})*", parameters)
    ):
        raise UnsupportedType("unsupported_type", "Expected a content type such as image/png.")
    return written


def checked(content_type: str, beginning: bytes) -> str | None:
    """Return what a file is, by its first bytes where they tell.

    Args:
        content_type: What its owner says.
        beginning: Its first ``SNIFFED_BYTES``, or all where there are fewer.

    Returns:
        The owner's word, or the picture it is where they did not know; None where they call it a picture that it is
        not.
    """
    found = picture(beginning)
    if content_type == UNKNOWN:
        return found or UNKNOWN
    name = essence(content_type)
    return content_type if name not in PICTURES or name == found else None


def picture(beginning: bytes) -> str | None:
    """Return what picture begins so, or None for anything else."""
    return next((name for name, pattern in BEGINNINGS.items() if pattern.match(beginning)), None)


def served(content_type: str) -> str:
    """Return as what a file is served: its type, or that of mere bytes where a browser could run it."""
    return UNKNOWN if ACTIVE.fullmatch(essence(content_type)) else content_type


def essence(content_type: str) -> str:
    """Return the type without its parameters."""
    return content_type.partition(";")[0]
