import inspect

from bench import environment, in_memory
from core import aws
from core.settings import Settings


def test_the_measured_code_has_all_its_settings() -> None:
    assert Settings.read(environment.ENVIRONMENT).table_prefix == "kaiwa-test-"


def test_the_stand_in_for_aws_takes_what_is_sent() -> None:
    parameters = list(inspect.signature(in_memory.World._exchange).parameters)[1:]
    assert parameters == list(inspect.signature(aws.exchange).parameters)
