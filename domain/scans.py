"""Scans: what is found in files before others see them. Whatever is not found clean stays its owner's alone."""

from adapters import storage
from core import telemetry
from domain import delivery, files
from domain.events import FileInfected
from models.accounts import User
from models.files import STORED, File

CLEAN = "NO_THREATS_FOUND"
INFECTED = "THREATS_FOUND"
UNSUPPORTED = "UNSUPPORTED"
"""Of GuardDuty's results (its user guide, "S3 object potential scan status and result status") the first two say what a
file is, and the third that it cannot be looked into, for example because of a password. With the others something is
wrong."""


def judge(file_id: str, tag: str, result: str) -> None:
    """Act upon the result of a scan. To do so again changes nothing.

    Args:
        file_id: The file.
        tag: S3's own mark of the bytes that were scanned, without quotes.
        result: GuardDuty's word.

    Raises:
        StorageError: S3 did not answer.
    """
    if result == INFECTED:
        _condemn(file_id)
    elif result == CLEAN:
        _clear(file_id, tag)
    elif result == UNSUPPORTED:
        telemetry.count("files_unsupported")
    else:
        telemetry.logger.error("not scanned", extra={"fileId": file_id, "result": result})
        telemetry.count("scans_failed")


def _clear(file_id: str, tag: str) -> None:
    stored = storage.find(files.key_of(file_id))
    # Others than those that were scanned are scanned themselves.
    if not stored or stored.tag.strip('"') != tag:
        return
    file = File.clear(file_id)
    if file and file.state == STORED:
        files.tell_of(file)


def _condemn(file_id: str) -> None:
    file = File.condemn(file_id)
    if not file:
        return
    telemetry.count("files_infected")
    files.delete_bytes(file)
    if file.is_shown:
        User.lose_picture(file.owner_id, file_id)
    delivery.announce(FileInfected(file=files.seen(file)), delivery.audience([file.owner_id]), None)
    files.tell_of(file)
