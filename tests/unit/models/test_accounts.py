import pytest

from models.accounts import key_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("ANN", "aNN"),
        ("Straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("ａｎｎ", "Ann"),
        ("ガ", "\uff76\uff9e"),
    ],
)
def test_names_that_differ_by_case_or_width_alone_are_the_same(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@pytest.mark.parametrize(("one", "other"), [("ann", "anna"), ("ann", "ánn"), ("花子", "花"), ("はな", "ハナ")])
def test_names_that_look_different_are(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)
