"""DeliverEvents: push what was too much for the function where it happened."""

from core.queues import Worker
from domain import deliveries

handler = Worker(deliveries.take)
