import base64
import json
import re
from io import StringIO
from typing import Annotated, Any, Literal

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from core import errors
from core.fields import Id, Limit
from core.operations import (
    HEADERS,
    MOST_BODY_BYTES,
    MOST_FRAME_BYTES,
    PASSING_AWS_ERRORS,
    Caller,
    Lifecycle,
    Operations,
    Reply,
    Visitor,
    decode,
)
from core.shapes import Answer, Nothing, Request
from tests.gateway import read_frame, read_http, recorded

SECRET = "correct horse battery staple"


class Address(Request, frozen=True):
    street: str
    floor: int = 0


class Invite(Request, frozen=True):
    room_id: Id
    guest_ids: Annotated[tuple[Id, ...], Meta(max_length=3)] = ()
    limit: Limit = 50
    kind: Literal["quiet", "loud"] = "quiet"
    note: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    address: Address | None = None


class Invited(Answer, frozen=True):
    room_id: str
    note: str | None = None


# Decoding


def refused(fields: dict[str, Any], texts: dict[str, str] | None = None) -> dict[str, str]:
    """Return the fields at fault with what is said of them."""
    with pytest.raises(errors.InvalidRequest) as refusal:
        decode(fields, texts or {}, Invite)
    assert refusal.value.code == "invalid_request"
    return {error.field: error.message for error in refusal.value.errors}


def test_json_names_become_python_names() -> None:
    request = decode({"roomId": "r", "guestIds": ["a", "b"], "limit": 7}, {}, Invite)
    assert request == Invite(room_id="r", guest_ids=("a", "b"), limit=7)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"roomId": 5}, "roomId", "Expected `str`, got `int`."),
        ({"roomId": None}, "roomId", "Expected `str`, got `null`."),
        ({"roomId": ""}, "roomId", "Expected `str` of length >= 1."),
        ({"roomId": "r" * 129}, "roomId", "Expected `str` of length <= 128."),
        ({"limit": "7"}, "limit", "Expected `int`, got `str`."),
        ({"limit": 7.5}, "limit", "Expected `int`, got `float`."),
        ({"limit": True}, "limit", "Expected `int`, got `bool`."),
        ({"limit": 0}, "limit", "Expected `int` >= 1."),
        ({"limit": 101}, "limit", "Expected `int` <= 100."),
        ({"limit": 10**400}, "limit", "Expected `int` <= 100."),
        ({"kind": "silent"}, "kind", "Invalid enum value 'silent'."),
        ({"note": ""}, "note", "Expected `str` of length >= 1."),
        ({"guestIds": "a"}, "guestIds", "Expected `array`, got `str`."),
        ({"guestIds": ["a", 5]}, "guestIds[1]", "Expected `str`, got `int`."),
        ({"guestIds": ["a"] * 4}, "guestIds", "Expected `array` of length <= 3."),
        ({"address": {"street": 5}}, "address.street", "Expected `str`, got `int`."),
        ({"address": {"floor": 1}}, "address", "Object missing required field `street`."),
        ({"address": {"street": "s", "x": 1}}, "address", "Object contains unknown field `x`."),
        ({"room_id": "r"}, "room_id", "This field is not known here."),
        ({"RoomId": "r"}, "RoomId", "This field is not known here."),
    ],
)
def test_a_field_at_fault_is_named_with_its_place(fields: dict[str, Any], field: str, message: str) -> None:
    assert refused({"roomId": "r", **fields}) == {field: message}


def test_all_fields_at_fault_are_named_at_once() -> None:
    assert refused({"limit": 0, "kind": 1, "colour": "red"}, {"page": "2"}).keys() == {
        "roomId",
        "limit",
        "kind",
        "colour",
        "page",
    }


def test_what_is_required_must_be_there() -> None:
    assert refused({}) == {"roomId": "This field is required."}


def test_numbers_may_be_text_only_in_the_path_and_the_query() -> None:
    assert decode({}, {"roomId": "5", "limit": "7"}, Invite) == Invite(room_id="5", limit=7)
    assert refused({"roomId": "r", "limit": "7"}) == {"limit": "Expected `int`, got `str`."}


@pytest.mark.parametrize("text", ["", "x", "7.5", "0", "101", "-1", "null", "true", "9" * 400, "٧", "1_0", "NaN"])
def test_a_text_that_is_no_such_number_is_refused(text: str) -> None:
    assert refused({}, {"roomId": "r", "limit": text}).keys() == {"limit"}


def test_the_path_cannot_be_overruled_by_the_body() -> None:
    assert refused({"roomId": "mine"}, {"roomId": "theirs"}) == {"roomId": "This field is not known here."}


@given(
    st.dictionaries(
        st.sampled_from(["roomId", "guestIds", "limit", "kind", "note", "address", "x"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        ),
    )
)
def test_whatever_comes_is_either_decoded_or_refused_by_name(fields: dict[str, Any]) -> None:
    try:
        request = decode(fields, {}, Invite)
    except errors.InvalidRequest as refusal:
        named = {re.split(r"[.\[]", error.field)[0] for error in refusal.errors}
        assert named
        assert named <= {*fields, "roomId"}
    else:
        assert isinstance(request, Invite)


# Both transports

handler = Operations()
asked: list[tuple[str, Any, Visitor]] = []


@handler.on("invite", "POST /rooms/{roomId}/invitations", "GET /rooms/{roomId}/invitations")
def invite(request: Invite, caller: Caller) -> Reply[Invited]:
    asked.append(("invite", request, caller))
    return Reply(201, Invited(request.room_id, request.note))


@handler.on("forget", "DELETE /rooms")
def forget(request: Nothing, caller: Caller) -> Reply[None]:
    asked.append(("forget", request, caller))
    return Reply(204, None)


@handler.on("knock", "POST /knocks", socket=False, public=True)
def knock(request: Nothing, visitor: Visitor) -> Reply[Invited]:
    asked.append(("knock", request, visitor))
    return Reply(200, Invited("hall"))


raised: list[Exception] = []


@handler.on("fail", "POST /failures")
def fail(request: Nothing, caller: Caller) -> Reply[None]:
    raise raised[-1]


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()
    raised.clear()


def http(route: str, body: Any = None, path: dict[str, str] | None = None, **changes: Any) -> dict[str, Any]:
    """Answer a request as API Gateway sends it: what is not there is left out."""
    event = recorded("http")
    event["routeKey"] = event["requestContext"]["routeKey"] = route
    event["pathParameters"] = path
    event["body"] = body if body is None or isinstance(body, str) else json.dumps(body)
    event |= changes
    return handler({name: value for name, value in event.items() if value is not None}, None)


def frame(text: Any, **context: Any) -> dict[str, Any]:
    event = recorded("message")
    event["body"] = text if isinstance(text, str) else json.dumps(text)
    event["requestContext"] |= context
    return handler(event, None)


def test_both_transports_lead_to_the_same_operation() -> None:
    path = {"roomId": "r1"}
    answer = read_http(http("POST /rooms/{roomId}/invitations", {"note": "come"}, path))
    reply = read_frame(frame({"action": "invite", "requestId": "q", "roomId": "r1", "note": "come"}))
    assert answer.data == reply.data == {"roomId": "r1", "note": "come"}
    assert answer.status == reply.status == 201
    (_, over_http, caller), (_, over_socket, on_socket) = asked
    assert over_http == over_socket == Invite(room_id="r1", note="come")
    user_id = "11111111-0000-4000-8000-000000000000"
    assert caller == Caller(user_id=user_id, source_address="203.0.113.7", issued_at=1795449764)
    assert on_socket == Caller(
        user_id="11111111-0000-4000-8000-000000000000",
        device_id="d1",
        connection_id="KfG5kcOoliACEFQ=",
        connected_at=1795449765115,
        source_address="203.0.113.7",
    )


def test_the_query_fills_fields_too() -> None:
    answer = http("GET /rooms/{roomId}/invitations", None, {"roomId": "r"}, queryStringParameters={"limit": "9"})
    assert answer["statusCode"] == 201
    assert asked[0][1] == Invite(room_id="r", limit=9)


def test_an_http_result_is_json_that_nobody_keeps() -> None:
    response = http("POST /rooms/{roomId}/invitations", {}, {"roomId": "r"})
    assert response == {
        "statusCode": 201,
        "headers": {**HEADERS, "content-type": "application/json"},
        "body": '{"roomId":"r"}',
    }


def test_nothing_to_say_is_no_body() -> None:
    assert http("DELETE /rooms") == {"statusCode": 204, "headers": HEADERS}
    assert read_frame(frame({"action": "forget"})).raw == {"type": "reply", "action": "forget", "status": 204}


def test_a_binary_body_is_read_as_the_text_it_is() -> None:
    body = base64.b64encode('{"note": "¡ven!"}'.encode()).decode()
    http("POST /rooms/{roomId}/invitations", body, {"roomId": "r"}, isBase64Encoded=True)
    assert asked[0][1] == Invite(room_id="r", note="¡ven!")


def test_a_reply_names_its_request() -> None:
    reply = read_frame(frame({"action": "forget", "requestId": "r7"})).raw
    assert reply == {"type": "reply", "action": "forget", "requestId": "r7", "status": 204}


def test_a_visitor_needs_no_token() -> None:
    event = recorded("http")
    event["routeKey"] = event["requestContext"]["routeKey"] = "POST /knocks"
    del event["requestContext"]["authorizer"], event["pathParameters"], event["body"]
    assert read_http(handler(event, None)).status == 200
    assert asked == [("knock", Nothing(), Visitor(source_address="203.0.113.7"))]


@pytest.mark.parametrize("claims", [None, {}, {"sub": "u", "token_use": "id"}, {"sub": "u"}])
def test_only_an_access_token_opens(claims: dict[str, str] | None) -> None:
    context = recorded("http")["requestContext"]
    context["routeKey"] = "DELETE /rooms"
    if claims is None:
        del context["authorizer"]
    else:
        context["authorizer"]["jwt"]["claims"] = claims
    answer = read_http(http("DELETE /rooms", requestContext=context))
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert asked == []


# Malformed

MALFORMED = [
    "{",
    "",
    "nothing",
    "[]",
    "[1, 2]",
    '"text"',
    "5",
    "null",
    "true",
    '{"action": "invite"',
    "{'action': 'invite'}",
    '{"action": "invite", "note": NaN}',
    '{"action": "invite", "note": "\\ud800"}',
    '{"action": "invite", "note": "\\udc00\\ud800"}',
    '{"action": "invite", "note": "\x00"}',
    '{"action": "invite", "limit": 1e999}',
    # How deep is too deep differs from one Python to the next, so these are not whole either.
    '{"a": ' + "[" * 12_000,
    '{"a":' * 5_000,
    "\ufeff{}",
]


@pytest.mark.parametrize("text", MALFORMED)
def test_a_frame_must_be_one_json_object(text: str) -> None:
    reply = read_frame(frame(text))
    assert (reply.status, reply.code) == (400, "malformed_json")
    assert asked == []


@pytest.mark.parametrize("text", [text for text in MALFORMED if text])
def test_a_body_must_be_one_json_object(text: str) -> None:
    answer = read_http(http("POST /rooms/{roomId}/invitations", text, {"roomId": "r"}))
    assert (answer.status, answer.code) == (400, "malformed_json")
    assert asked == []


def test_a_body_must_be_utf_8() -> None:
    for raw in (b"\xff\xfe{}", b'{"note": "\xed\xa0\x80"}'):
        body = base64.b64encode(raw).decode()
        answer = http("POST /rooms/{roomId}/invitations", body, {"roomId": "r"}, isBase64Encoded=True)
        assert read_http(answer).code == "malformed_json"


@pytest.mark.parametrize("action", ["nobody", "$connect", "$default", "ping", "knock", "INVITE", "", None, 5, [], {}])
def test_an_action_that_is_none_of_the_protocols_is_refused(action: Any) -> None:
    """A public operation of HTTP alone is none of the socket's either."""
    reply = read_frame(frame({"action": action, "requestId": "r1"}, routeKey="$default"))
    assert (reply.status, reply.code, reply.raw["requestId"]) == (400, "unknown_action", "r1")
    assert asked == []


def test_a_frame_needs_an_action() -> None:
    assert read_frame(frame({"requestId": "r1"})).code == "unknown_action"


@pytest.mark.parametrize("request_id", [5, True, [], {}, 1.5])
def test_a_request_id_is_a_text(request_id: Any) -> None:
    reply = read_frame(frame({"action": "forget", "requestId": request_id}))
    assert (reply.status, reply.fields) == (400, ["requestId"])
    assert "requestId" not in reply.raw
    assert asked == []


def test_a_request_id_need_not_be() -> None:
    assert read_frame(frame({"action": "forget", "requestId": None})).status == 204


# Sizes


def filled(size: int, text: dict[str, Any]) -> str:
    """Return the object as JSON of exactly this many bytes, most of them in a field that nobody knows."""
    frame = json.dumps({**text, "x": ""})
    return frame[:-2] + "x" * (size - len(frame)) + '"}'


def test_a_frame_of_32_kb_is_read() -> None:
    text = filled(MOST_FRAME_BYTES, {"action": "forget", "requestId": "r1"})
    assert len(text.encode()) == 32 * 1024
    assert read_frame(frame(text)).fields == ["x"]


def test_one_byte_more_is_too_large() -> None:
    reply = read_frame(frame(filled(MOST_FRAME_BYTES + 1, {"action": "forget", "requestId": "r1"})))
    assert (reply.status, reply.code) == (413, "too_large")
    assert (reply.raw["action"], reply.raw["requestId"]) == ("forget", "r1")


def test_bytes_count_not_characters() -> None:
    text = json.dumps({"action": "forget", "x": "語" * 10_924}, ensure_ascii=False)
    assert len(text) < MOST_FRAME_BYTES < len(text.encode())
    assert read_frame(frame(text)).code == "too_large"


def test_a_large_frame_that_is_broken_is_too_large() -> None:
    assert read_frame(frame("x" * (MOST_FRAME_BYTES + 1))).code == "too_large"


def test_a_body_has_its_own_limit() -> None:
    path = {"roomId": "r"}
    route = "POST /rooms/{roomId}/invitations"
    assert read_http(http(route, filled(MOST_BODY_BYTES, {}), path)).fields == ["x"]
    answer = read_http(http(route, filled(MOST_BODY_BYTES + 1, {}), path))
    assert (answer.status, answer.code) == (413, "too_large")


# Failures


def test_a_failure_over_http_is_a_problem_document() -> None:
    raised.append(errors.NotFound("room_not_found", "There is no such room."))
    response = http("POST /failures")
    assert response["headers"] == {**HEADERS, "content-type": "application/problem+json"}
    assert json.loads(response["body"]) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no such room.",
        "code": "room_not_found",
        "requestId": "KfG5hgEJliAEPYA=",
    }


def test_a_failure_on_a_socket_is_a_reply() -> None:
    raised.append(errors.NotFound("room_not_found", "There is no such room."))
    response = frame({"action": "fail", "requestId": "r1"})
    assert response["statusCode"] == 200
    assert json.loads(response["body"]) == {
        "type": "reply",
        "action": "fail",
        "requestId": "r1",
        "status": 404,
        "error": {"code": "room_not_found", "message": "There is no such room."},
    }


def test_fields_at_fault_stand_in_both() -> None:
    raised.append(errors.InvalidRequest.field("a.b[0]", "No."))
    listed = [{"field": "a.b[0]", "message": "No."}]
    assert read_http(http("POST /failures")).problem["errors"] == listed
    assert read_frame(frame({"action": "fail"})).problem["errors"] == listed


def test_who_asks_too_often_is_told_when_to_come_back() -> None:
    raised.append(errors.RateLimited("rate_limited", "Slow down.", retry_after=7))
    answer = read_http(http("POST /failures"))
    assert (answer.status, answer.problem["retryAfter"]) == (429, 7)
    assert answer.raw["headers"]["retry-after"] == "7"
    assert read_frame(frame({"action": "fail"})).problem["retryAfter"] == 7


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": SECRET}}, "PutItem")


class Wrapped(Exception):
    """As PynamoDB wraps botocore's errors: raised while the other was handled, and not ``from`` it."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(SECRET)
        self.__context__ = cause


def described(error: Exception) -> str:
    cause = f"-{described(error.__context__)}" if isinstance(error.__context__, Exception) else ""
    code = f"-{error.response['Error']['Code']}" if isinstance(error, ClientError) else ""
    return type(error).__name__ + code + cause


PASSING = [
    *(client_error(code) for code in sorted(PASSING_AWS_ERRORS)),
    EndpointConnectionError(endpoint_url=SECRET),
    ConnectTimeoutError(endpoint_url=SECRET),
    ReadTimeoutError(endpoint_url=SECRET),
]

OURS = [ValueError(SECRET), KeyError(SECRET), RecursionError(), client_error("ValidationException"), Wrapped(OSError())]


@pytest.mark.parametrize("over", ["http", "socket"])
@pytest.mark.parametrize("error", [*PASSING, *map(Wrapped, PASSING)], ids=described)
def test_what_may_pass_is_unavailable(error: Exception, over: str, log: StringIO) -> None:
    check_unforeseen(error, over, 503, "unavailable", log)


@pytest.mark.parametrize("over", ["http", "socket"])
@pytest.mark.parametrize("error", OURS, ids=described)
def test_a_defect_is_internal(error: Exception, over: str, log: StringIO) -> None:
    check_unforeseen(error, over, 500, "internal", log)


def check_unforeseen(error: Exception, over: str, status: int, code: str, log: StringIO) -> None:
    raised.append(error)
    answer = read_http(http("POST /failures")) if over == "http" else read_frame(frame({"action": "fail"}))
    assert (answer.status, answer.code) == (status, code)
    told = json.dumps(answer.raw)
    for inside in (SECRET, type(error).__name__, "Traceback", __name__):
        assert inside not in told
    logged = log.getvalue()
    assert SECRET not in logged
    unforeseen = json.loads(logged.splitlines()[0])
    assert unforeseen["error"] == type(error).__name__
    assert unforeseen["where"].startswith(f"{__name__}:")


def test_a_route_without_an_operation_is_a_defect() -> None:
    assert read_http(http("GET /nowhere")).status == 500


def test_a_line_is_logged_for_each_operation(log: StringIO) -> None:
    frame({"action": "invite", "requestId": "r1", "roomId": "r", "note": "secret"})
    (line,) = log.getvalue().splitlines()
    logged = json.loads(line)
    assert (logged["operation"], logged["status"]) == ("invite", 201)
    assert logged["requestId"] == "KfG7XEgMliAFRzg="
    assert logged["connectionId"] == "KfG5kcOoliACEFQ="
    assert "secret" not in line


def test_an_action_that_nobody_knows_is_not_logged(log: StringIO) -> None:
    frame({"action": SECRET, "requestId": SECRET}, routeKey="$default")
    assert json.loads(log.getvalue())["operation"] == "$default"
    assert SECRET not in log.getvalue()


# The life of a socket


def test_a_lifecycle_takes_the_caller_from_the_authorizer() -> None:
    met: list[Caller] = []
    assert Lifecycle("CONNECT", met.append)(recorded("connect"), None) == {"statusCode": 200}
    assert Lifecycle("DISCONNECT", met.append)(recorded("disconnect"), None) == {"statusCode": 200}
    assert [(one.user_id, one.device_id, one.connection_id, one.connected_at) for one in met] == [
        ("11111111-0000-4000-8000-000000000000", "d1", "KfG5kcOoliACEFQ=", 1795449765115)
    ] * 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.RateLimited("rate_limited", "Enough.", retry_after=60), 429),
        (ValueError(SECRET), 500),
        (client_error("ThrottlingException"), 503),
    ],
)
def test_a_socket_is_refused_without_a_word(error: Exception, status: int, log: StringIO) -> None:
    def refuse(_caller: Caller) -> None:
        raise error

    assert Lifecycle("CONNECT", refuse)(recorded("connect"), None) == {"statusCode": status}
    assert SECRET not in log.getvalue()


@pytest.mark.parametrize("action", ["$connect", "$disconnect"])
def test_a_frame_cannot_pretend_to_open_or_close(action: str) -> None:
    event = recorded("message")
    event["requestContext"]["routeKey"] = action
    event["body"] = json.dumps({"action": action, "requestId": "r1"})
    met: list[Caller] = []
    reply = read_frame(Lifecycle(action[1:].upper(), met.append)(event, None))
    assert reply.code == "unknown_action"
    assert met == []
