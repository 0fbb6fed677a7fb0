"""What operations can answer, as it is read from code of every kind that there is in this one."""

from contextlib import suppress
from typing import Any

import pytest

from core.errors import Conflict, Forbidden, InvalidRequest, NotFound, RateLimited, Unauthenticated, Unavailable
from core.operations import Reply
from docs import answers
from docs.answers import Refusal, Success

# Results


def by_choice(request: Any) -> Reply[str | int]:
    return Reply(202, request) if isinstance(request, str) else Reply(201 if request else 200, request)


def elsewhere(request: Any) -> Reply[str | None]:
    return Reply(302, None, location=request) if request else Reply(200, request)


def computed(request: Any) -> Reply[str]:
    return Reply(request + 1, "")


def without(_request: Any) -> Reply[str]:
    return None  # type: ignore[return-value]


def test_results_are_read_with_their_types() -> None:
    assert answers.successes(by_choice) == [
        Success(200, int, leads_elsewhere=False),
        Success(201, int, leads_elsewhere=False),
        Success(202, str, leads_elsewhere=False),
    ]
    assert answers.successes(elsewhere) == [
        Success(200, str, leads_elsewhere=False),
        Success(302, type(None), leads_elsewhere=True),
    ]


@pytest.mark.parametrize("run", [computed, without])
def test_a_result_that_cannot_be_read_is_told(run: Any) -> None:
    with pytest.raises(ValueError, match="Expected"):
        answers.successes(run)


# Failures


class Move:
    pass


class Fail(Move):
    pass


class Wait(Move):
    pass


def apply(move: Move) -> None:
    match move:
        case Fail():
            raise Forbidden("by_move", "")
        case Wait() | Noun() if not move:
            raise Forbidden("by_other_move", "")


def by_move() -> None:
    apply(Fail())


def by_either_move(is_patient: bool) -> None:
    apply((Wait if is_patient else Fail)())


class Noun:
    """It has a method, a class method and a property that fail."""

    def method(self) -> None:
        self.other()

    def other(self) -> None:
        raise Forbidden("by_method", "")

    @classmethod
    def by_class(cls) -> None:
        raise Forbidden("by_class", "")

    @property
    def by_property(self) -> None:
        raise Forbidden("by_property", "")


NOUN = Noun()


def made() -> NotFound:
    return NotFound("made", "")


def in_table() -> None:
    raise Conflict("in_table", "")


TABLE = {"one": in_table}


def round_and_round(number: int) -> None:
    if number:
        and_round(number)
    raise RateLimited("in_a_circle", "")


def and_round(number: int) -> None:
    round_and_round(number - 1)
    raise RateLimited("in_the_same_circle", "")


def by_field() -> None:
    raise InvalidRequest.field("name", "")


def by_call() -> None:
    raise made() from None


def by_class_alone() -> None:
    raise Unavailable


def by_method() -> None:
    NOUN.method()


def by_class_method() -> None:
    Noun.by_class()


def by_property() -> None:
    return NOUN.by_property


def by_table(name: str) -> None:
    TABLE[name]()


def by_lambda() -> Any:
    return lambda name: TABLE[name]()


def by_reference() -> Any:
    return list(map(in_table, []))


def caught() -> None:
    try:
        by_call()
    except NotFound:
        by_field()


def caught_with_others() -> None:
    try:
        by_call()
        by_class_alone()
    except (NotFound, Conflict) as failure:
        failure.add_note("caught")


def kept() -> None:
    refusal = None
    try:
        by_call()
    except NotFound as failure:
        refusal = failure
    if refusal:
        raise refusal


def turned_into_another() -> None:
    try:
        by_call()
    except NotFound as failure:
        raise Unavailable from failure


def raised_again() -> None:
    try:
        by_call()
    except NotFound:
        by_field()
        raise


def suppressed() -> None:
    with suppress(NotFound):
        by_call()
        by_class_alone()


def only_asked(failure: Exception) -> bool:
    return isinstance(failure, Unauthenticated)


def hidden(made: Any) -> None:
    made()


def by_name_that_is_given(noun: Any) -> None:
    noun.spend("user")


@pytest.mark.parametrize(
    ("run", "codes"),
    [
        (by_field, {"invalid_request"}),
        (by_call, {"made"}),
        (by_class_alone, {"unavailable"}),
        (by_method, {"by_method"}),
        (by_class_method, {"by_class"}),
        (by_property, {"by_property"}),
        (by_table, {"in_table"}),
        (by_lambda, {"in_table"}),
        (by_reference, {"in_table"}),
        (caught, {"invalid_request"}),
        (caught_with_others, {"unavailable"}),
        (kept, {"made"}),
        (turned_into_another, {"unavailable"}),
        (raised_again, {"made", "invalid_request"}),
        (suppressed, {"unavailable"}),
        (only_asked, set()),
        (hidden, set()),
        (round_and_round, {"in_a_circle", "in_the_same_circle"}),
        (and_round, {"in_a_circle", "in_the_same_circle"}),
        (by_move, {"by_move"}),
        (by_either_move, {"by_move", "by_other_move"}),
        (by_name_that_is_given, {"rate_limited"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_failures_are_followed(run: Any, codes: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The last is a method of domain/limits.py: one that is asked of who knows what is taken for each of its name."""
    monkeypatch.setattr(answers, "LAYERS", (*answers.LAYERS, __name__))
    assert {one.code for one in answers.refusals(run)} == codes


def test_a_failure_has_the_status_of_its_class() -> None:
    assert answers.refusals(by_field) == {Refusal(400, "invalid_request")}
