"""What operators see: one JSON line for each operation, and metrics in CloudWatch's embedded format.

Neither ever holds what people write, their mail, a token or a ticket: a line names ids, codes and numbers.

A Lambda process serves one invocation at a time. So what concerns the present one is kept for the whole process, and
the threads of an invocation see it too.
"""

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from core import clock

NAMESPACE = "Kaiwa"

logger = Logger()
metrics = Metrics(namespace=NAMESPACE)
"""Both take the name of the service, which tells the stages apart, from POWERTOOLS_SERVICE_NAME."""

_accepted_at = 0


def begin(correlation_id: str | None) -> None:
    """Begin an invocation.

    Args:
        correlation_id: What every line of it shall name, also those of the functions that go on with it from a queue:
            API Gateway's id of the request.
    """
    global _accepted_at  # noqa: PLW0603 - there is one invocation at a time.
    _accepted_at = clock.milliseconds()
    logger.set_correlation_id(correlation_id)


def correlation_id() -> str | None:
    """Return the id of the request that led to this invocation."""
    return logger.get_correlation_id()


def accepted_at() -> int:
    """Return when this invocation began, in milliseconds since 1970."""
    return _accepted_at


def count(name: str, number: int = 1, by: tuple[str, str] | None = None) -> None:
    """Add to a metric. It is sent with the others when the operation ends.

    Args:
        name: The metric.
        number: How much to add.
        by: A dimension and its value, for example ``("reason", "hangup")``: the metric is then also counted for it
            alone, in a line of its own. For what is rare, or worth a line.
    """
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=number)
    if by:
        with single_metric(name=name, unit=MetricUnit.Count, value=number, namespace=NAMESPACE) as metric:
            metric.add_dimension(*by)


def measure(name: str, milliseconds: int) -> None:
    """Add a duration to a metric, of which CloudWatch computes percentiles."""
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=milliseconds)


def flush() -> None:
    """Send the metrics of this invocation, if it made any."""
    if metrics.metric_set:
        metrics.add_metadata("correlation_id", correlation_id())
        metrics.flush_metrics()
