"""Origins: whose pages may open a socket."""

from collections.abc import Mapping

from core.errors import Forbidden
from core.settings import settings

ANY = "*"


def require_ours(headers: Mapping[str, str]) -> None:
    """Refuse a page that is not the web client's.

    A browser puts the page's origin into the handshake (RFC 6455, section 10.2) and no page can change it. Who sends
    none is no browser, and could write anything there.

    Args:
        headers: Those of the handshake, their names spelt as the client did.

    Raises:
        Forbidden: It is another's page.
    """
    named = [value for name, value in headers.items() if name.lower() == "origin"]
    allowed = settings().web_origins
    if ANY not in allowed and any(origin not in allowed for origin in named):
        raise Forbidden("origin_not_allowed", "Pages of this origin may open no socket here.")
