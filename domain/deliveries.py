"""The queue of deliveries: frames on their way to sockets, and sockets that were found closed on the way."""

import msgspec

from domain import delivery, presence
from domain.delivery import Closed, Parcel


def take(text: str) -> bool:
    """Do what a message of the queue says. It can be done twice.

    Returns:
        False where a parcel was tried for the last time, in vain.
    """
    match msgspec.json.decode(text, type=Parcel | Closed):
        case Closed(sockets):
            presence.close(*sockets)
            return True
        case parcel:
            return delivery.deliver(parcel)
