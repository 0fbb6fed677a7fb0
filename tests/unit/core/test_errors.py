import pytest

from core import errors

TREE = {
    errors.InvalidRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.TooLarge: 413,
    errors.UnsupportedType: 415,
    errors.RateLimited: 429,
    errors.Internal: 500,
    errors.Unavailable: 503,
}


@pytest.mark.parametrize(("kind", "status"), TREE.items())
def test_each_failure_has_the_protocols_status(kind: type[errors.Failure], status: int) -> None:
    assert kind.status == status


def test_the_docstring_is_the_tree() -> None:
    """What the module says of itself names every failure with its status, and no other."""
    told = {
        line.split()[1]: int(line.split()[2])
        for line in errors.__doc__.splitlines()
        if line.strip()[:1] in "├└"
        if line.strip()
    }
    assert told == {kind.__name__: status for kind, status in TREE.items()}
    assert set(errors.Failure.__subclasses__()) == set(TREE)


def test_one_field_is_named() -> None:
    failure = errors.InvalidRequest.field("text", "Too long.")
    assert (failure.code, failure.errors) == ("invalid_request", (errors.FieldError("text", "Too long."),))


def test_all_fields_are_named() -> None:
    given = [errors.FieldError("a", "One."), errors.FieldError("b[0]", "Two.")]
    failure = errors.InvalidRequest.fields(given)
    assert failure.errors == tuple(given)
    assert "a, b[0]" in failure.message


@pytest.mark.parametrize(("kind", "code"), [(errors.Internal, "internal"), (errors.Unavailable, "unavailable")])
def test_a_failure_of_ours_takes_no_words_from_outside(kind: type[errors.Failure], code: str) -> None:
    assert kind().code == code
    with pytest.raises(TypeError):
        kind("secret")
