"""WatchCall: what time brings about in calls."""

from core.queues import Worker
from domain import watch

handler = Worker(watch.take)
