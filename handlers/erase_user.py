"""EraseUser: remove somebody who left."""

from typing import Any

from core import telemetry
from domain import erasure


def handler(event: dict[str, Any], _context: object) -> None:
    """Take messages of the queue ``erasures``, one at a time. One that fails comes again."""
    for message in event["Records"]:
        user_id = message["body"]
        erasure.finish(user_id)
        telemetry.logger.info("erased", extra={"userId": user_id})
