"""What operators see: one JSON line for each operation, and metrics in CloudWatch's embedded format.

Neither ever holds what people write, their mail, a token or a ticket: a line names ids, codes and numbers.
"""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="kaiwa")
metrics = Metrics(namespace="Kaiwa", service="kaiwa")


def count(name: str, number: int = 1) -> None:
    """Add to a metric. It is sent with the others when the operation ends."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)


def flush() -> None:
    """Send the metrics of this invocation, if it made any."""
    if metrics.metric_set:
        metrics.flush_metrics()
