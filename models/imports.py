"""Import PynamoDB without the part of botocore that is never called here.

PynamoDB's connection imports botocore's client, and with it sessions, waiters, an HTTP library and more: two thirds of
a cold start. But calls are made by models/dynamodb.py, so of all that there remain names: a base class, annotations and
an exception. While PynamoDB is imported, modules with just these names stand in for the real ones, unless those are
there already; then they are gone, and who wants the real ones imports them.

PynamoDB is pinned, and fails here at once should it want more of them.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType

import botocore
from botocore.exceptions import ClientError

STOOD_IN_FOR: dict[str, dict[str, type]] = {
    "client": {"BaseClient": object, "ClientError": ClientError},
    "config": {},
    "credentials": {"Credentials": object},
    "endpoint": {"Endpoint": object},
    "hooks": {"HierarchicalEmitter": object},
    "model": {},
    "session": {"Session": object, "get_session": object},
    "signers": {"RequestSigner": object},
}
"""What PynamoDB takes from each module of botocore while it is imported."""


@contextmanager
def _standing_in() -> Iterator[None]:
    names = [name for name in STOOD_IN_FOR if f"botocore.{name}" not in sys.modules]
    for name in names:
        module = ModuleType(f"botocore.{name}")
        vars(module).update(STOOD_IN_FOR[name])
        sys.modules[module.__name__] = module
        setattr(botocore, name, module)
    try:
        yield
    finally:
        for name in names:
            del sys.modules[f"botocore.{name}"]
            delattr(botocore, name)


with _standing_in():
    import_module("pynamodb.connection")
