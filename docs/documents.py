"""`make documents`: write what the API promises, as programs read it."""

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from core.settings import Settings

FOLDER = Path(__file__).resolve().parent


def generate() -> dict[str, str]:
    """Return the text of each document, under its file's name."""
    from docs import asyncapi, openapi  # noqa: PLC0415 - once there is an environment.

    version = tomllib.loads((FOLDER.parent / "pyproject.toml").read_text())["project"]["version"]
    documents = {"openapi.json": openapi.document(version), "asyncapi.json": asyncapi.document(version)}
    return {name: _text(document) for name, document in documents.items()}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def main() -> None:
    """Write the documents."""
    # Models name their tables while they are imported. The documents do not depend on how.
    for name in ("AWS_REGION", *(field.name.upper() for field in msgspec.structs.fields(Settings))):
        os.environ[name] = "{}" if name == "LIMITS" else "0"
    for name, text in generate().items():
        (FOLDER / name).write_text(text)


if __name__ == "__main__":
    main()
