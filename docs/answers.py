"""What an operation can answer, read from its code: a list that somebody keeps by hand would be wrong one day.

A success is a ``Reply(...)`` in the operation's own function. A failure is a subclass of ``Failure`` that is made
anywhere in what this function uses, and that no ``try`` on the way catches. A ``case`` for a class of ours counts where
that class comes into play at all. Where the code alone does not tell which method is meant, each one of that name in
``domain/`` is taken: the list may hold a failure too many, but none too few.
"""

import ast
import builtins
import inspect
import textwrap
import types
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, NamedTuple, Union, get_args, get_type_hints

import domain
from core.errors import Failure

LAYERS = ("handlers.", "domain.", "core.")
"""Adapters and models raise errors of their own, which ``domain/`` turns into answers."""

UNKNOWN = object()

Kind = type[Failure]


class Success(NamedTuple):
    """A result.

    Attributes:
        status: Its HTTP status.
        data: The answer's type; ``NoneType`` where there is nothing to say.
        leads_elsewhere: Whether it has a ``Location``.
    """

    status: int
    data: Any
    leads_elsewhere: bool


class Refusal(NamedTuple):
    """A failure, by what clients decide by."""

    status: int
    code: str


class _Raised(NamedTuple):
    kind: Kind
    code: str


class _Place(NamedTuple):
    """A function, and the class that it is a method of."""

    function: Any
    owner: type | None


def successes(run: Callable[..., Any]) -> list[Success]:
    """Return the results of an operation, the lowest status first.

    Raises:
        ValueError: The function does not write its statuses out, or makes no reply.
    """
    (returned,) = get_args(get_type_hints(run)["return"])
    scope = _Scope(_Place(_function(run), None))
    found = set(_replies(scope.body, returned, scope))
    if not found:
        raise ValueError(f"Expected a Reply(...) in {run.__qualname__}, found none.")
    return sorted(found, key=lambda one: (one.status, str(one.data)))


def refusals(run: Callable[..., Any]) -> set[Refusal]:
    """Return the failures that an operation's function can raise."""
    known: dict[_Place, frozenset[_Raised]] = {}
    classes: set[type] = set()
    start = _Place(_function(run), None)
    # Functions may call each other in circles: it is read again until nothing new is found.
    while True:
        before = dict(known), set(classes)
        found = _Reading(known, classes).function(start)
        if (known, classes) == before:
            return {Refusal(one.kind.status, one.code) for one in found}


def _replies(node: ast.AST, returned: Any, scope: "_Scope") -> Iterator[Success]:
    match node:
        case ast.IfExp(test=ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]), body=body, orelse=orelse):
            (narrowed,) = scope.resolve(kind)
            yield from _replies(body, narrowed, scope)
            yield from _replies(orelse, _without(returned, narrowed), scope)
        case ast.Call(func=ast.Name(id="Reply"), args=[status, data], keywords=keywords):
            is_empty = isinstance(data, ast.Constant) and data.value is None
            answer = types.NoneType if is_empty else _without(returned, types.NoneType)
            for number in _numbers(status):
                yield Success(number, answer, any(one.arg == "location" for one in keywords))
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _replies(child, returned, scope)


def _numbers(node: ast.AST) -> Iterator[int]:
    match node:
        case ast.Constant(value=int(status)):
            yield status
        case ast.IfExp(body=body, orelse=orelse):
            yield from _numbers(body)
            yield from _numbers(orelse)
        case _:
            raise ValueError(f"Expected a status that is written out, got {ast.unparse(node)}.")


def _without(union: Any, kind: Any) -> Any:
    left = [one for one in get_args(union) if one is not kind] if _is_union(union) else [union]
    return Union[tuple(left)]  # noqa: UP007 - of as many as there are.


def _is_union(kind: Any) -> bool:
    return isinstance(kind, types.UnionType) or getattr(kind, "__origin__", None) is Union


class _Scope:
    """What names mean in a function."""

    def __init__(self, place: _Place) -> None:
        self.owner = place.owner
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(place.function))).body
        # The signature's types and the decorators are no part of what it does.
        self.body = ast.Module(tree.body, []) if isinstance(tree, ast.FunctionDef) else ast.Module([tree], [])
        self._globals = place.function.__globals__
        self._locals = set(_bound(tree))

    def resolve(self, node: ast.AST) -> list[Any]:
        """Return what a name or an attribute can mean; nothing where that is only known while it runs."""
        match node:
            case ast.Name(id=name) if name in {"self", "cls"} and self.owner:
                return [self.owner]
            case ast.Name(id=name) if name in self._locals:
                return []
            case ast.Name(id=name):
                return [self._globals.get(name, getattr(builtins, name, UNKNOWN))]
            case ast.Attribute(value=value, attr=name):
                owners = [one for one in self.resolve(value) if one is not UNKNOWN]
                return [_attribute(one, name) for one in owners] or list(_methods().get(name, []))
        return []


def _attribute(owner: Any, name: str) -> Any:
    """Return an attribute without running a property; a method together with its class."""
    kind = owner if isinstance(owner, type) else type(owner)
    static = inspect.getattr_static(owner, name, UNKNOWN)
    if isinstance(static, property):
        return _Place(_function(static.fget), kind)
    if isinstance(static, types.FunctionType) and not inspect.ismodule(owner):
        return _Place(static, kind)
    return getattr(owner, name, UNKNOWN)


@cache
def _scope(place: _Place) -> _Scope:
    return _Scope(place)


class _Reading:
    """Goes through functions, and what they use."""

    def __init__(self, known: dict[_Place, frozenset[_Raised]], classes: set[type]) -> None:
        """Begin.

        Args:
            known: What was found before, which grows.
            classes: Those of ours that were mentioned before, which grow too.
        """
        self._known = known
        self._classes = classes
        self._read: set[_Place] = set()

    def function(self, place: _Place) -> frozenset[_Raised]:
        """Return what a function raises."""
        if place not in self._read:
            self._read.add(place)
            scope = _scope(place)
            found = frozenset(self._node(scope.body, scope))
            self._known[place] = self._known.get(place, frozenset()) | found
        return self._known.get(place, frozenset())

    def _nodes(self, nodes: Iterable[ast.AST], scope: _Scope) -> set[_Raised]:
        return {one for node in nodes for one in self._node(node, scope)}

    def _node(self, node: ast.AST, scope: _Scope) -> set[_Raised]:  # noqa: PLR0911 - one for each kind of node.
        match node:
            case ast.Try():
                return self._try(node, scope)
            case ast.Match():
                return self._match(node, scope)
            case ast.With(items=[ast.withitem(ast.Call(func=ast.Name(id="suppress"), args=kinds))], body=body):
                return _uncaught(self._nodes(body, scope), kinds, scope)
            case ast.Raise(exc=ast.Name() as name):
                return {_Raised(one, one().code) for one in scope.resolve(name) if _is_failure(one)}
            case ast.Call(func=func, args=arguments):
                made = {_made(one, arguments) for one in scope.resolve(func) if _is_failure(one)}
                return made | self._nodes(ast.iter_child_nodes(node), scope)
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                used = {one for target in scope.resolve(node) for one in self._used(target)}
                return used | (self._node(node.value, scope) if isinstance(node, ast.Attribute) else set())
        return self._nodes(ast.iter_child_nodes(node), scope)

    def _try(self, node: ast.Try, scope: _Scope) -> set[_Raised]:
        raised = self._nodes(node.body, scope)
        for handler in node.handlers:
            if not _passes_on(handler):
                raised = _uncaught(raised, [handler.type] if handler.type else [], scope)
        elsewhere = [*(one for handler in node.handlers for one in handler.body), *node.orelse, *node.finalbody]
        return raised | self._nodes(elsewhere, scope)

    def _match(self, node: ast.Match, scope: _Scope) -> set[_Raised]:
        possible = [one for one in node.cases if self._can_match(one.pattern, scope)]
        parts = [part for one in possible for part in (*filter(None, [one.guard]), *one.body)]
        return self._nodes([node.subject, *parts], scope)

    def _used(self, target: Any) -> frozenset[_Raised]:
        found: frozenset[_Raised] = frozenset()
        for place in _places(target):
            found |= self.function(place)
        kind = target if isinstance(target, type) else type(target)
        if kind.__module__.startswith(LAYERS):
            self._classes.add(kind)
        return found

    def _can_match(self, pattern: ast.pattern, scope: _Scope) -> bool:
        match pattern:
            case ast.MatchClass(cls=name):
                wanted = tuple(one for one in scope.resolve(name) if isinstance(one, type))
                ours = all(one.__module__.startswith(LAYERS) for one in wanted)
                return not ours or any(issubclass(one, wanted) for one in self._classes)
            case ast.MatchOr(patterns=patterns):
                return any(self._can_match(one, scope) for one in patterns)
            case ast.MatchAs(pattern=ast.pattern() as inner):
                return self._can_match(inner, scope)
        return True


def _places(target: Any) -> Iterator[_Place]:
    """Return the functions of ours that come into play where something is mentioned."""
    match target:
        case dict():
            yield from _places([*target.values()])
        case _Place(function, owner):
            function = _function(function)
            if isinstance(function, types.FunctionType) and function.__module__.startswith(LAYERS):
                yield _Place(function, owner)
        case list() | tuple():
            for one in target:
                yield from _places(one)
        case _ if callable(target) and not isinstance(target, type):
            owner = getattr(target, "__self__", None)
            yield from _places(_Place(target, owner if isinstance(owner, type) or owner is None else type(owner)))


@cache
def _methods() -> dict[str, list[_Place]]:
    """Return the methods of all classes in ``domain/``, under their names."""
    found: dict[str, list[_Place]] = {}
    for described in iter_modules(domain.__path__, "domain."):
        for kind in vars(import_module(described.name)).values():
            if isinstance(kind, type) and kind.__module__ == described.name:
                for name, member in vars(kind).items():
                    function = _function(member.fget if isinstance(member, property) else member)
                    if isinstance(function, types.FunctionType) and function.__module__ == described.name:
                        found.setdefault(name, []).append(_Place(function, kind))
    return found


def _function(target: Any) -> Any:
    return inspect.unwrap(getattr(target, "__func__", target))


def _bound(tree: ast.AST) -> Iterator[str]:
    """Return the names that a function gives to something itself."""
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=str(name)) | ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name


def _is_failure(target: Any) -> bool:
    return isinstance(target, type) and issubclass(target, Failure)


def _made(kind: Kind, arguments: list[ast.expr]) -> _Raised:
    match arguments:
        case [ast.Constant(value=str(code)), *_]:
            return _Raised(kind, code)
        case []:
            return _Raised(kind, kind().code)  # type: ignore[call-arg] # One that takes nothing knows its code.
    raise ValueError(f"Expected a code that is written out in {kind.__name__}(...).")


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Say whether what is caught may be raised later: again, or because it is kept."""
    nodes = list(ast.walk(handler))
    if any(isinstance(one, ast.Raise) and not one.exc for one in nodes):
        return True
    looked_at = [one.value for one in nodes if isinstance(one, ast.Attribute)]
    named_as_cause = [one.cause for one in nodes if isinstance(one, ast.Raise)]
    uses = [one for one in nodes if isinstance(one, ast.Name) and one.id == handler.name]
    return any(one not in looked_at and one not in named_as_cause for one in uses)


def _uncaught(raised: set[_Raised], kinds: Iterable[ast.AST], scope: _Scope) -> set[_Raised]:
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    caught = tuple(one for part in parts for one in scope.resolve(part) if isinstance(one, type))
    return {one for one in raised if not issubclass(one.kind, caught)}
