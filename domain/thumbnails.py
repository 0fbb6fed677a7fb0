"""Thumbnails: what people see of a picture before they fetch all of it."""

import hashlib

from adapters import storage
from domain import content_types, files, pictures
from models.files import STORED, File


def make(file_id: str) -> None:
    """Make the thumbnail of a file whose bytes have come, if they are a picture, and tell who may see it.

    The bytes decide, not the item: it may not know yet what was found in them. To do so again changes nothing.

    Raises:
        StorageError: S3 did not answer.
    """
    key = files.key_of(file_id)
    first = storage.read(key, content_types.SNIFFED_BYTES)
    if first and not content_types.picture(first):
        return
    content = storage.read(key)
    if content is None:
        # Deleted meanwhile, perhaps between the two steps below the last time.
        storage.delete(files.thumbnail_key_of(file_id))
        return
    picture = pictures.read(content)
    if picture:
        _keep(file_id, picture)


def _keep(file_id: str, picture: pictures.Picture) -> None:
    key, content = files.thumbnail_key_of(file_id), picture.thumbnail
    storage.put(key, content, files.THUMBNAIL_TYPE, hashlib.sha256(content).hexdigest())
    file = File.measure(file_id, picture.width, picture.height)
    if not file:
        storage.delete(key)
    elif file.state == STORED:
        files.tell_of(file)
