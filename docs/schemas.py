"""JSON Schemas of the types that clients send and get, with the words of their docstrings."""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from inspect import cleandoc
from typing import Any

import msgspec

from core.shapes import Answer, Request

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{name}"

TIMES = re.compile(r"at|\w+(At|Time)")
"""How fields are named that hold a time."""


class Components:
    """The schemas of many types, each of them once."""

    def __init__(self, types: Iterable[Any]) -> None:
        """Make the schemas.

        Args:
            types: Each of those that are looked up later.
        """
        listed = list(dict.fromkeys(types))
        schemas, components = msgspec.json.schema_components(listed, ref_template=REFERENCE)
        self._schemas = dict(zip(listed, schemas, strict=True))
        classes = {one.__name__: one for one in _below(Answer, Request)}
        self._components = {name: _told(schema, classes.get(name)) for name, schema in components.items()}

    def reference(self, kind: Any) -> Schema:
        """Return what stands for a type where it is used."""
        return _without_null(self._schemas[kind])

    def described(self, kind: type[msgspec.Struct]) -> Schema:
        """Return the schema of a class itself."""
        return self._components[self._schemas[kind]["$ref"].rpartition("/")[2]]

    def used_in(self, document: Any) -> dict[str, Schema]:
        """Return those that a document refers to, and those that these refer to, by name."""
        found: dict[str, Schema] = {}
        waiting = list(_names(document))
        while waiting:
            name = waiting.pop()
            if name not in found and name in self._components:
                found[name] = self._components[name]
                waiting += _names(found[name])
        return dict(sorted(found.items()))


def summary(documented: object) -> str:
    """Return what a docstring says first."""
    return _plain(cleandoc(documented.__doc__ or "").split("\n\n")[0])


def words(documented: object, fields: Mapping[str, str] = {}) -> str:
    """Return what a docstring says before its sections, for readers who see other names.

    Args:
        documented: What has the docstring.
        fields: The names of fields in it, and those that clients see.
    """
    return _plain(_split(documented)[0], fields)


def _told(schema: Schema, kind: type[msgspec.Struct] | None) -> Schema:
    """Return the schema of a class with the words of its docstring, and of those that it is based on."""
    schema.pop("title", None)
    schema.pop("description", None)
    properties = {name: _field(name, one, kind) for name, one in schema.get("properties", {}).items()}
    schema = {**schema, "properties": properties}
    if not schema.get("required"):
        schema.pop("required", None)
    if not kind:
        return schema
    fields = {one.name: one.encode_name for one in msgspec.structs.fields(kind)}
    for base in kind.__mro__:
        for name, meaning in _split(base)[1].items():
            if fields.get(name) in properties:
                properties[fields[name]].setdefault("description", _plain(meaning, fields))
    return {"description": words(kind, fields), **schema}


def _field(name: str, schema: Schema, kind: type[msgspec.Struct] | None) -> Schema:
    schema = _portable(schema)
    if kind and issubclass(kind, Answer):
        schema = _without_null(schema)
        if TIMES.fullmatch(name) and schema.get("type") == "string":
            schema["format"] = "date-time"
    return schema


def _without_null(schema: Schema) -> Schema:
    """Say that a field is left out rather than null, which is how an Answer is written."""
    if "anyOf" not in schema:
        return schema
    left = [one for one in schema["anyOf"] if one != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf" and (name, value) != ("default", None)}
    return {**(left[0] if len(left) == 1 else {"anyOf": left}), **rest}


def _portable(schema: Any) -> Any:
    r"""Return a schema as both kinds of documents read it.

    In JSON Schema's patterns ``\w`` would be ASCII alone. OpenAPI and AsyncAPI do not agree about discriminators, and
    none is needed where each choice has a ``type`` of its own.
    """
    if isinstance(schema, list):
        return [_portable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: value.replace(r"\w", r"\p{L}\p{N}_") if name == "pattern" else _portable(value)
        for name, value in schema.items()
        if name != "discriminator"
    }


def _split(documented: object) -> tuple[str, dict[str, str]]:
    """Split a docstring into its words and its attributes'."""
    text = cleandoc(vars(documented).get("__doc__") or "") if isinstance(documented, type) else ""
    text = text or (cleandoc(documented.__doc__ or "") if not isinstance(documented, type) else "")
    said, *sections = re.split(r"\n\n(?=[A-Z][a-z]+:\n)", text)
    attributes: dict[str, str] = {}
    for section in sections:
        if section.startswith("Attributes:\n"):
            for entry in re.split(r"\n {4}(?! )", section.removeprefix("Attributes:")):
                name, _, meaning = entry.strip().partition(": ")
                attributes[name] = meaning
    return said, attributes


def _plain(text: str, fields: Mapping[str, str] = {}) -> str:
    """Return text in Markdown, in one line a paragraph, with the names and numbers that clients know."""

    def known(found: re.Match[str]) -> str:
        inside = found[1]
        if constant := re.fullmatch(r"(\w+)\.([A-Z_]+)", inside):
            return str(getattr(import_module(f"domain.{constant[1]}"), constant[2]))
        return f"`{fields.get(inside, inside)}`"

    paragraphs = [" ".join(one.split()) for one in text.split("\n\n")]
    return re.sub(r"``(.+?)``", known, "\n\n".join(paragraphs))


def _below(*kinds: type) -> list[type]:
    return [one for kind in kinds for one in (kind, *_below(*kind.__subclasses__()))]


def _names(document: Any) -> list[str]:
    """Return the names of the components that a document refers to, or lists for a discriminator."""
    if isinstance(document, dict):
        return [name for value in document.values() for name in _names(value)]
    if isinstance(document, list):
        return [name for value in document for name in _names(value)]
    start = REFERENCE.format(name="")
    return [document.removeprefix(start)] if isinstance(document, str) and document.startswith(start) else []
