"""The picture of the architecture shows what the template says."""

from docs import architecture
from tests import template


def test_the_picture_is_fresh() -> None:
    assert architecture.PICTURE.read_text() == architecture.draw(), "make architecture"


def test_every_function_stands_under_one_topic() -> None:
    drawn = [one for topic in architecture.topics() for one in topic.functions]
    assert sorted(drawn) == sorted(template.functions())
    assert all(topic.functions for topic in architecture.topics())
