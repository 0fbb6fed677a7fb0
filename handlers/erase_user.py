"""EraseUser: remove somebody who left."""

from core.queues import Worker
from domain import erasure

handler = Worker(erasure.finish)
