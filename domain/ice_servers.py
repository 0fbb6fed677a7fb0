"""ICE servers: through which two peers reach each other when they cannot directly.

A TURN server believes credentials that are computed with a secret it shares with us (coturn's ``use-auth-secret``,
after the draft "A REST API For Access To TURN Services"): the name is the second until which they are good and whom
they are for, the password is the name's HMAC. So nothing is stored, and the server asks nobody.
"""

import base64
import hmac

from adapters import parameters
from adapters.parameters import ParameterError
from core import clock, telemetry
from core.settings import settings
from core.shapes import Answer
from domain import limits


class IceServer(Answer, frozen=True):
    """A STUN or TURN server, as ``RTCPeerConnection`` takes it.

    Attributes:
        username: Left out for STUN, which asks nobody who they are; so is the credential.
    """

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceServers(Answer, frozen=True):
    """The servers to use.

    Attributes:
        expires_at: Until when the credentials open a relay. What is relayed by then goes on for minutes at most.
    """

    ice_servers: list[IceServer]
    expires_at: str


def ask(user_id: str) -> IceServers:
    """Issue what a user asked for outside of a call.

    Raises:
        RateLimited: The user asks too often.
    """
    limits.ICE_SERVERS.spend(user_id)
    return issue(user_id)


def issue(user_id: str) -> IceServers:
    """Return the servers of this stage, with credentials for the user. It never fails.

    While the secret cannot be read there is no TURN in it: most peers reach each other without.

    Args:
        user_id: Whose credentials they are.
    """
    expires_at = clock.seconds() + settings().turn_seconds
    servers = [IceServer([*settings().stun_urls])] if settings().stun_urls else []
    if settings().turn_urls and (secret := _secret()):
        name = f"{expires_at}:{user_id}"
        servers.append(IceServer([*settings().turn_urls], name, credential(secret, name)))
    return IceServers(servers, clock.timestamp(expires_at * 1000))


def credential(secret: str, name: str) -> str:
    """Return the password that belongs to a name."""
    return base64.b64encode(hmac.digest(secret.encode(), name.encode(), "sha1")).decode()


def _secret() -> str | None:
    """Return the secret that signs: the first of those that the parameter holds, one a line."""
    try:
        secrets = parameters.remembered_secret(settings().turn_secret).split()
    except ParameterError:
        secrets = []
    if not secrets:
        telemetry.logger.warning("There is no secret for TURN to be had; calls go without.")
    return secrets[0] if secrets else None
