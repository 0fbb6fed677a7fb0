"""Every operation that a handler has, and where it is."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import handlers
from core.operations import Operation, Operations
from docs.answers import Refusal, Success, refusals, successes


class Described:
    """An operation with all that it can answer.

    Attributes:
        operation: The operation.
        routes: The HTTP routes that lead to it.
        action: Whether a frame leads to it too.
        successes: Its results.
        refusals: What it itself can refuse.
    """

    def __init__(self, operation: Operation, routes: Iterable[str], *, action: bool) -> None:
        self.operation = operation
        self.routes = list(routes)
        self.action = action
        self.successes: list[Success] = successes(operation.run)
        self.refusals: set[Refusal] = refusals(operation.run)

    @property
    def name(self) -> str:
        """The protocol's word for it."""
        return self.operation.name

    @property
    def types(self) -> Iterator[Any]:
        """The types that it takes and gives."""
        yield self.operation.request
        for success in self.successes:
            if success.data is not type(None):
                yield success.data


def all_operations() -> list[Described]:
    """Return every operation once, in the order of their names."""
    found = {}
    for module in iter_modules(handlers.__path__, "handlers."):
        handler = import_module(module.name).handler
        if isinstance(handler, Operations):
            for operation in [*handler.by_route.values(), *handler.by_action.values()]:
                routes = [route for route, one in handler.by_route.items() if one is operation]
                found[operation.name] = Described(operation, routes, action=operation.name in handler.by_action)
    return [found[name] for name in sorted(found)]
