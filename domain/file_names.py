"""Names of files: read from a request's header, made harmless, and written into a response's."""

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

from core.errors import InvalidRequest

MOST_BYTES = 255
"""What every common file system takes as a name."""

UNNAMED = "file"

BIDIRECTIONAL = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that have a name shown in another order than it is in, so that ``exe`` seems to be ``txt``."""

PARAMETER = re.compile(r""";\s*([\w!#$%&'*+.^`|~-]+)\s*=\s*("(?:\\.|[^"\\])*"|[^;"\s]+)\s*""")
"""A parameter of ``Content-Disposition``: a token, or a text in quotes (RFC 6266, 4.1)."""

KEPT = "!#$&+-.^_`|~"
"""What ``filename*`` holds as it is, besides letters and digits (RFC 8187, 3.2.1, ``attr-char``)."""


def read(disposition: str | None) -> str:
    """Return the file's name of a ``Content-Disposition``, made harmless.

    ``filename*`` goes before ``filename``, as RFC 6266 has it. Where there is neither, the file has the name ``file``.

    Raises:
        InvalidRequest: The header, or the name's encoding, is not what the RFCs describe; or the name is too long.
    """
    if disposition is None:
        return UNNAMED
    kind, semicolon, rest = disposition.strip().partition(";")
    given = semicolon + rest
    if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", kind.strip()) or not re.fullmatch(f"(?:{PARAMETER.pattern})*;?", given):
        raise _unreadable()
    parameters = {name.lower(): value for name, value in reversed(PARAMETER.findall(given))}
    if "filename*" in parameters:
        return harmless(_extended(parameters["filename*"]), "contentDisposition")
    if "filename" in parameters:
        return harmless(_plain(parameters["filename"]), "contentDisposition")
    return UNNAMED


def harmless(name: str, field: str) -> str:
    """Return a name that is the same on every machine, and no more than a name.

    Of a path its last part is left. Control characters, line breaks among them, and those that turn the direction of
    what is shown are left out.

    Args:
        name: As somebody gave it.
        field: Where.

    Raises:
        InvalidRequest: It is longer than ``MOST_BYTES``, or no text.
    """
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(one for one in last if unicodedata.category(one) != "Cc" and one not in BIDIRECTIONAL).strip()
    if kept in {"", ".", ".."}:
        return UNNAMED
    try:
        too_long = len(kept.encode()) > MOST_BYTES
    except UnicodeEncodeError as error:
        raise InvalidRequest.field(field, "Expected a name in Unicode.") from error
    if too_long:
        raise InvalidRequest.field(field, f"Expected a name of at most {MOST_BYTES} bytes in UTF-8.")
    return kept


def attachment(name: str) -> str:
    """Return the ``Content-Disposition`` that has a browser keep a file under its name and never show it (RFC 6266)."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=KEPT)}"


def _extended(value: str) -> str:
    """Read ``UTF-8''%e6%96%87`` (RFC 8187, 3.2)."""
    charset, _, rest = value.partition("'")
    _, quoted, text = rest.partition("'")
    if charset.lower() != "utf-8" or not quoted or re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise _unreadable()
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise _unreadable() from error


def _plain(value: str) -> str:
    """Read ``filename="..."``. Browsers write UTF-8 into it as it is."""
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value


def _unreadable() -> InvalidRequest:
    return InvalidRequest.field("contentDisposition", "Expected attachment; filename*=UTF-8''... as in RFC 6266.")
