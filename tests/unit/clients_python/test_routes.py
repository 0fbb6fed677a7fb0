"""The client's table of operations, against the server's."""

from core.operations import Operation, Operations
from kaiwa.client import BY_REST
from kaiwa.rest import PUBLIC, ROUTES
from tests import template
from tests.gateway import handler_of


def operations() -> dict[str, tuple[str | None, Operation]]:
    handlers = [one for name in template.functions() if isinstance(one := handler_of(name), Operations)]
    found: dict[str, tuple[str | None, Operation]] = {}
    for handler in handlers:
        found |= {one.name: (None, one) for one in handler.by_action.values()}
        found |= {one.name: (route, one) for route, one in handler.by_route.items()}
    return found


def test_an_operation_is_where_the_server_has_it() -> None:
    both = ROUTES.keys() & operations().keys()
    assert {name: ROUTES[name] for name in both} == {name: operations()[name][0] for name in both}


def test_what_the_socket_does_not_have_goes_by_rest() -> None:
    actions = {
        one.name
        for name in template.functions()
        if isinstance(handler := handler_of(name), Operations)
        for one in handler.by_action.values()
    }
    known = ROUTES.keys() & operations().keys()
    assert known - actions == BY_REST & known
    assert PUBLIC <= BY_REST
