import re
from contextlib import suppress
from email.message import Message
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidRequest
from domain import file_names

READ = {
    None: "file",
    "attachment": "file",
    "inline": "file",
    'attachment; filename="a.txt"': "a.txt",
    "attachment; filename=a.txt": "a.txt",
    "attachment;filename=a.txt;": "a.txt",
    'ATTACHMENT; FileName = "a b;c.txt"': "a b;c.txt",
    r'attachment; filename="a \"b\" \\ c"': "c",
    r'attachment; filename="say \"hi\".txt"': 'say "hi".txt',
    'attachment; filename="会話.txt"': "会話.txt",
    "attachment; filename*=UTF-8''%e4%bc%9a%e8%a9%b1.txt": "会話.txt",
    "attachment; filename*=utf-8'ja'a%20b": "a b",
    "attachment; filename=\"old.txt\"; filename*=UTF-8''new.txt": "new.txt",
    "attachment; filename*=UTF-8''new.txt; filename=old.txt": "new.txt",
    "attachment; filename=first; filename=second": "first",
    "attachment; size=5": "file",
    "attachment; filename=": None,
    "attachment; filename*=UTF-8''": "file",
    "attachment; filename*=UTF-8''%0D%0Ax": "x",
    "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd": "passwd",
    "attachment; filename*=UTF-8''%ff": None,
    "attachment; filename*=UTF-8''%e": None,
    "attachment; filename*=latin1''%e9": None,
    "attachment; filename*=x": None,
    "attachment; filename": None,
    'attachment; filename="a': None,
    "; filename=a": None,
    "": None,
}
"""Headers and the names they say; None for those that are refused."""


@pytest.mark.parametrize(("header", "name"), READ.items())
def test_a_header_says_a_name(header: str | None, name: str | None) -> None:
    if name is not None:
        assert file_names.read(header) == name
        return
    with pytest.raises(InvalidRequest) as refusal:
        file_names.read(header)
    assert [error.field for error in refusal.value.errors] == ["contentDisposition"]


HARMLESS = {
    "a.txt": "a.txt",
    ".gitignore": ".gitignore",
    "../../x": "x",
    "C:\\x\\y.txt": "y.txt",
    "a/": "file",
    ".": "file",
    "..": "file",
    " ": "file",
    "\x00\r\n\t\x7f\x85": "file",
    "invoice\u202etxt.exe": "invoicetxt.exe",
    "👩‍👩‍👧.png": "👩‍👩‍👧.png",
    " a b ": "a b",
    "é" * 127 + "x": "é" * 127 + "x",
}


@pytest.mark.parametrize(("given", "kept"), HARMLESS.items())
def test_a_name_is_made_harmless(given: str, kept: str) -> None:
    assert file_names.harmless(given, "name") == kept


@pytest.mark.parametrize("name", ["é" * 128, "x" * 256, "\ud800"])
def test_a_name_too_long_or_no_text_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        file_names.harmless(name, "name")
    assert [error.field for error in refusal.value.errors] == ["name"]


@given(st.text(max_size=60))
def test_whatever_is_given_is_a_name_that_comes_back(given: str) -> None:
    try:
        name = file_names.harmless(given, "name")
    except InvalidRequest:
        return
    assert name
    assert not re.search(r"[\x00-\x1f\x7f/\\]", name)
    assert file_names.harmless(name, "name") == name
    header = file_names.attachment(name)
    assert header.isascii()
    assert header.isprintable()
    assert file_names.read(header) == name
    # Somebody else's parser reads the same.
    message = Message()
    message["content-disposition"] = f"attachment; {header.rpartition('; ')[2]}"
    assert message.get_filename() == name


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_header_may_hold_anything(given: str) -> None:
    for header in (given, f"attachment; filename={given}", f"attachment; filename*=UTF-8''{quote(given)}"):
        with suppress(InvalidRequest):
            assert file_names.read(header)
