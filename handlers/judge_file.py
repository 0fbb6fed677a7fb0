"""JudgeFile: let others see what a scan found clean, and remove what it did not."""

import msgspec

from core.bus import Listener
from domain import files, scans


class ScannedObject(msgspec.Struct, frozen=True, rename="camel"):
    """The bytes that were scanned."""

    object_key: str
    e_tag: str


class Result(msgspec.Struct, frozen=True, rename="camel"):
    """What was found in them."""

    scan_result_status: str


class EndedScan(msgspec.Struct, frozen=True):
    """A scan by GuardDuty Malware Protection for S3 that has ended."""

    scanned: ScannedObject = msgspec.field(name="s3ObjectDetails")
    result: Result = msgspec.field(name="scanResultDetails")


def judge(scan: EndedScan) -> None:
    """Act upon it."""
    scans.judge(files.id_of(scan.scanned.object_key), scan.scanned.e_tag, scan.result.scan_result_status)


handler = Listener(EndedScan, judge)
