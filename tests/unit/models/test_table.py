import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import DoesNotExist, PutError

from models.table import CONDITION_FAILED, found, holds, table_name


def refused(code: str) -> PutError:
    return PutError(cause=ClientError({"Error": {"Code": code}}, "PutItem"))


def raising(error: Exception) -> object:
    def write() -> None:
        raise error

    return write


def test_a_table_is_named_for_its_deployment() -> None:
    assert table_name("chats") == "kaiwa-test-chats"


def test_a_condition_holds_or_not() -> None:
    assert holds(lambda: None)
    assert not holds(raising(refused(CONDITION_FAILED)))


def test_another_refusal_is_no_answer() -> None:
    with pytest.raises(PutError):
        holds(raising(refused("ThrottlingException")))


def test_what_is_not_there_is_none() -> None:
    assert found(lambda: "item") == "item"
    assert found(raising(DoesNotExist())) is None
