"""MakeThumbnail: make a small picture of a large one that has come."""

import msgspec

from core.bus import Listener
from domain import files, thumbnails


class StoredObject(msgspec.Struct, frozen=True):
    """Bytes in the bucket."""

    key: str


class Arrival(msgspec.Struct, frozen=True):
    """Bytes that have come there."""

    stored: StoredObject = msgspec.field(name="object")


def make(arrival: Arrival) -> None:
    """Make the thumbnail."""
    thumbnails.make(files.id_of(arrival.stored.key))


handler = Listener(Arrival, make)
