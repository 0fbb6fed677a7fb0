"""One operation, two transports.

API Gateway gives an HTTP request (payload 2.0) and a WebSocket frame the same ``requestContext.routeKey``. So one
dispatcher takes both: it finds the operation, decodes the request type, takes the caller from the authorizer, and
renders the same result as an HTTP response or as a reply frame. Below it nobody sees an event or a transport.
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from core import clock, deadline, telemetry
from core.errors import (
    Failure,
    FieldError,
    Forbidden,
    Internal,
    InvalidRequest,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnsupportedType,
)
from core.settings import settings
from core.shapes import Request

MOST_FRAME_BYTES = 32 * 1024
"""A client's frame. API Gateway's quota page: "WebSocket frame size 32 KB"; the local AWS does not enforce it."""

MOST_CONTENT_BYTES = 4 * 1024 * 1024
"""A body that is no JSON. In base64 it is 5.6 MB; Lambda takes 6 MB (its quota page, "Invocation payload")."""

REPLACED = "\N{REPLACEMENT CHARACTER}".encode()
"""What stands in a text where something was not in UTF-8 (the Unicode Standard, "U+FFFD Substitution")."""

MOST_BODY_BYTES = 256 * 1024
"""A JSON body over HTTP: 1,000 member ids of 36 characters fit six times."""

PASSING_AWS_ERRORS = frozenset(
    {
        "InternalServerError",
        "InternalErrorException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionCanceledException",
        "TransactionConflictException",
    }
)
"""Codes with which an AWS service says "not now" (each service's API reference, "Common errors")."""

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
}
"""On every answer over HTTP (OWASP's "REST Security Cheat Sheet"): nobody keeps it, runs or frames it, learns from a
redirect where it came from, comes back without TLS within two years (browsers heed that over TLS alone), or guesses its
type."""

EDGE_HEADER = "x-edge-secret"
"""What CloudFront proves itself with (resources/firewall.yml)."""

Event = Mapping[str, Any]
Data = TypeVar("Data")


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks before logging in.

    Attributes:
        source_address: The IP address that API Gateway saw.
    """

    source_address: str


class Caller(Visitor, frozen=True, kw_only=True):
    """Who asks, as an authorizer of ours or Cognito's signature says; never as the client says.

    Attributes:
        user_id: The user.
        device_id: The device, when the request came over a socket.
        connection_id: The socket that the request came over; None over HTTP.
        connected_at: When the socket was opened, in milliseconds since 1970; 0 over HTTP.
        issued_at: When the access token was issued, in seconds since 1970; 0 over a socket.
    """

    user_id: str
    device_id: str | None = None
    connection_id: str | None = None
    connected_at: int = 0
    issued_at: int = 0


class Reply(msgspec.Struct, Generic[Data], frozen=True):
    """What an operation answers.

    Attributes:
        status: The HTTP status.
        data: The answer, or None where there is nothing to say.
        location: Where to go instead, over HTTP.
    """

    status: int
    data: Data
    location: str | None = None


class Operation(msgspec.Struct, frozen=True):
    """A named thing that clients can ask for.

    Attributes:
        name: The protocol's word for it, for example ``sendMessage``: also the socket's action.
        run: Takes the decoded request and who asks.
        request: The request's type.
        public: Whether it may be asked before logging in.
        guarded: Whether the guard is asked about the caller; else the operation itself decides.
        headers: Fields of the request that are headers over HTTP, under the headers' names in lower case.
        content: The field of the request that is the body itself rather than JSON, if one is.
    """

    name: str
    run: Callable[[Any, Any], Reply[Any]]
    request: type[Request]
    public: bool
    guarded: bool
    headers: Mapping[str, str] = {}
    content: str | None = None


_guards: list[Callable[[Caller], None]] = []


def guard(check: Callable[[Caller], None]) -> None:
    """Have every HTTP operation that is not public ask first whether the caller may still come in.

    API Gateway has checked the token's signature and expiry by then, but not what happened since it was issued.
    """
    _guards[:] = [check]


class Operations:
    """The operations of one Lambda function, and its handler.

    Called with an API Gateway event, it runs the operation that the route key names and renders what comes of it.
    """

    def __init__(self) -> None:
        self.by_route: dict[str, Operation] = {}
        self.by_action: dict[str, Operation] = {}

    def on(
        self,
        name: str,
        *routes: str,
        socket: bool = True,
        public: bool = False,
        guarded: bool = True,
        headers: Mapping[str, str] | None = None,
        content: str | None = None,
    ) -> Callable[[Callable[..., Reply[Any]]], Callable[..., Reply[Any]]]:
        """Add an operation.

        Args:
            name: The protocol's word for it.
            routes: The HTTP routes that lead to it, for example ``POST /chats``.
            socket: Whether a frame whose action is ``name`` leads to it too.
            public: Whether a visitor may ask, so that ``run`` takes a Visitor rather than a Caller.
            guarded: Whether the guard is asked about the caller; else ``run`` itself decides.
            headers: Fields of the request that are headers over HTTP, under the headers' names in lower case.
            content: The field of the request that is the body itself rather than JSON.
        """

        def add(run: Callable[..., Reply[Any]]) -> Callable[..., Reply[Any]]:
            operation = Operation(name, run, get_type_hints(run)["request"], public, guarded, headers or {}, content)
            self.by_route.update(dict.fromkeys(routes, operation))
            if socket:
                self.by_action[name] = operation
            return run

        return add

    def __call__(self, event: Event, context: object) -> dict[str, Any]:
        """Answer an event of an HTTP API (payload 2.0) or of a WebSocket API (MESSAGE)."""
        deadline.begin(context)
        transport = _Socket(event) if "connectionId" in event["requestContext"] else _Http(event)
        telemetry.begin(transport.request_id)
        started = clock.milliseconds()
        operation, result = self._run(transport)
        _log(transport, operation, result, clock.milliseconds() - started)
        telemetry.flush()
        return transport.render(result)

    def _run(self, transport: "_Http | _Socket") -> tuple[str, Reply[Any] | Failure]:
        name = transport.route
        try:
            operation, fields, texts = transport.take(self)
            name = operation.name
            who = transport.visitor() if operation.public else transport.caller()
            request = decode(fields, texts, operation.request)
            if isinstance(who, Caller) and transport.asks_guards and operation.guarded:
                for check in _guards:
                    check(who)
            return name, operation.run(request, who)
        except Failure as failure:
            return name, failure
        except Exception as error:
            return name, _unforeseen(error)


class Lifecycle:
    """The handler of ``$connect`` or ``$disconnect``: something to do for a socket's owner, with nothing to tell them.

    API Gateway opens the socket only where ``$connect`` answers 200, and looks at nothing that ``$disconnect`` answers.
    """

    def __init__(self, event_type: str, run: Callable[[Caller], None]) -> None:
        """Make the handler.

        Args:
            event_type: ``CONNECT`` or ``DISCONNECT``.
            run: What to do.
        """
        self._event_type = event_type
        self._run = run

    def __call__(self, event: Event, context: object) -> dict[str, Any]:
        """Answer an event of a WebSocket API. A frame whose action is ``$connect`` leads here too, and is refused."""
        if event["requestContext"]["eventType"] != self._event_type:
            return Operations()(event, context)
        deadline.begin(context)
        transport = _Socket(event)
        telemetry.begin(transport.request_id)
        started = clock.milliseconds()
        result: Reply[None] | Failure = Reply(200, None)
        try:
            self._run(transport.caller())
        except Failure as failure:
            result = failure
        except Exception as error:
            result = _unforeseen(error)
        _log(transport, transport.route, result, clock.milliseconds() - started)
        telemetry.flush()
        return {"statusCode": result.status}


def decode(fields: dict[str, Any], texts: Mapping[str, str], request: type[Request]) -> Request:
    """Make a request of what a client sent.

    Args:
        fields: The JSON object.
        texts: What stood in the path and the query: text, even where the field is a number.
        request: The type to make.

    Raises:
        InvalidRequest: With every field at fault.
    """
    types = _fields(request)
    problems = [
        FieldError(name, "This field is not known here.") for name in fields if name not in types or name in texts
    ]
    values: dict[str, Any] = {}
    for name, field in types.items():
        given = texts.get(name, fields.get(name, msgspec.UNSET))
        if given is msgspec.UNSET:
            if field.required:
                problems.append(FieldError(name, "This field is required."))
            continue
        try:
            values[field.name] = msgspec.convert(given, field.type, strict=name not in texts)
        except msgspec.ValidationError as error:
            problems.append(_field_error(name, str(error)))
    problems += [FieldError(name, "This parameter is not known here.") for name in texts if name not in types]
    if problems:
        raise InvalidRequest.fields(problems)
    return request(**values)


@cache
def _fields(request: type[Request]) -> dict[str, msgspec.structs.FieldInfo]:
    """Return a request's fields by their names on the wire."""
    return {field.encode_name: field for field in msgspec.structs.fields(request)}


def _field_error(name: str, words: str) -> FieldError:
    """Split msgspec's ``Expected `str`, got `int` - at `$[3]` `` into the place and the words."""
    message, _, place = words.partition(" - at `$")
    return FieldError(name + place.rstrip("`"), message + ".")


def _unforeseen(error: Exception) -> Failure:
    """Turn what nobody meant to happen into an answer that tells nothing about the inside.

    An exception's text may hold what a user wrote, so the log gets its type and where it was raised, and no more.
    """
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f"{place.tb_frame.f_globals.get('__name__')}:{place.tb_lineno}" if place else "?"
    code = _aws_code(error)
    telemetry.logger.error("unforeseen", extra={"error": type(error).__name__, "aws": code, "where": where})
    unreached = any(isinstance(cause, HTTPClientError | NoConnection) for cause in _causes(error))
    return Unavailable() if unreached or code in PASSING_AWS_ERRORS else Internal()


def _causes(error: BaseException | None) -> list[BaseException]:
    return [error, *_causes(error.__cause__ or error.__context__)] if error else []


def _aws_code(error: Exception) -> str | None:
    """Return the service's error code. PynamoDB wraps botocore's error, so what led to it is searched."""
    for cause in _causes(error):
        if isinstance(cause, ClientError):
            return str(cause.response.get("Error", {}).get("Code"))
    return None


def _log(transport: "_Http | _Socket", operation: str, result: Reply[Any] | Failure, milliseconds: int) -> None:
    # A handler that answers so has not failed in Lambda's eyes, and a socket's reply is no 5xx in API Gateway's.
    if result.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        telemetry.count("failures", by=("operation", operation))
    telemetry.logger.info(
        "operation",
        extra={
            "operation": operation,
            "status": result.status,
            "code": result.code if isinstance(result, Failure) else None,
            "milliseconds": milliseconds,
            "requestId": transport.request_id,
            "connectionId": transport.connection_id,
        },
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidRequest("malformed_json", "The request must be one JSON object in UTF-8.")
    return value


def _problem(failure: Failure) -> dict[str, Any]:
    """Return what HTTP's problem document and the socket's error have in common."""
    problem: dict[str, Any] = {"code": failure.code}
    if failure.errors:
        problem["errors"] = failure.errors
    if failure.retry_after is not None:
        problem["retryAfter"] = failure.retry_after
    return problem


class _Http:
    """An HTTP API event, payload 2.0."""

    asks_guards = True
    connection_id = None

    def __init__(self, event: Event) -> None:
        self._event = event
        self._context = event["requestContext"]
        self.route: str = self._context["routeKey"]
        self.request_id: str = self._context["requestId"]

    def find(self, operations: Operations) -> Operation:
        """Return the operation of the route. A route without one is a defect of the template."""
        return operations.by_route[self.route]

    def visitor(self) -> Visitor:
        return Visitor(source_address=self._source_address())

    def caller(self) -> Caller:
        """Take the user from Cognito's access token, whose signature and expiry API Gateway has checked.

        API Gateway also lets id tokens of the same client pass, which are not meant for APIs.
        """
        claims = self._context.get("authorizer", {}).get("jwt", {}).get("claims", {})
        if claims.get("token_use") != "access":
            raise Unauthenticated("unauthenticated", "An access token is required.")
        return Caller(
            user_id=claims["sub"],
            source_address=self._source_address(),
            issued_at=int(claims["iat"]),
        )

    def _source_address(self) -> str:
        """Return the client's address, which is CloudFront's word where a firewall stands before the API.

        Raises:
            Forbidden: There is a firewall, and the request came around it.
        """
        secret = settings().edge_secret
        if not secret:
            return str(self._context["http"]["sourceIp"])
        headers = self._event["headers"]
        if not hmac.compare_digest(headers.get(EDGE_HEADER, "").encode(), secret.encode()):
            raise Forbidden("forbidden", "This address is not for clients.")
        # API Gateway adds CloudFront's address and CloudFront the client's; what is before them the client wrote.
        return str(headers["x-forwarded-for"].split(",")[-2].strip())

    def take(self, operations: Operations) -> tuple[Operation, dict[str, Any], Mapping[str, str]]:
        """Return the operation, the body's fields, and the texts of the path, the query and the headers it names."""
        operation = self.find(operations)
        texts = {
            **(self._event.get("queryStringParameters") or {}),
            **(self._event.get("pathParameters") or {}),
        }
        elsewhere = {*operation.headers.values(), operation.content}
        if misplaced := [name for name in texts if name in elsewhere]:
            raise InvalidRequest.fields([FieldError(name, "This is not a parameter.") for name in misplaced])
        headers = self._event["headers"]
        texts |= {field: headers[name] for name, field in operation.headers.items() if name in headers}
        if operation.content:
            return operation, {operation.content: self._content()}, texts
        raw = self._bytes(MOST_BODY_BYTES)
        fields = _object(raw) if raw else {}
        return operation, {name: value for name, value in fields.items() if name not in elsewhere}, texts

    def _content(self) -> bytes:
        """Return a body that is no JSON, as it was sent.

        API Gateway takes what calls itself text for UTF-8, and replaces what is not. That shows in the text, or in its
        length where a text is changed in another way.
        """
        raw = self._bytes(MOST_CONTENT_BYTES)
        sent = self._event["headers"].get("content-length", str(len(raw)))
        if not self._event.get("isBase64Encoded") and (REPLACED in raw or sent != str(len(raw))):
            raise UnsupportedType("unsupported_type", "This text is not in UTF-8. Send it by POST /files/uploads.")
        return raw

    def _bytes(self, most: int) -> bytes:
        body = self._event.get("body") or ""
        raw = base64.b64decode(body) if self._event.get("isBase64Encoded") else body.encode()
        if len(raw) > most:
            raise TooLarge("too_large", f"A body is at most {most} bytes.")
        return raw

    def render(self, result: Reply[Any] | Failure) -> dict[str, Any]:
        """Return API Gateway's response: JSON, or a problem document (RFC 9457)."""
        headers = dict(HEADERS)
        if isinstance(result, Failure):
            headers["content-type"] = "application/problem+json"
            if result.retry_after is not None:
                headers["retry-after"] = str(result.retry_after)
            body: Any = {
                "type": "about:blank",
                "title": HTTPStatus(result.status).phrase,
                "status": result.status,
                "detail": result.message,
                "requestId": self.request_id,
                **_problem(result),
            }
        elif result.data is None:
            if result.location:
                headers["location"] = result.location
            return {"statusCode": result.status, "headers": headers}
        else:
            headers["content-type"] = "application/json"
            body = result.data
        return {"statusCode": result.status, "headers": headers, "body": msgspec.json.encode(body).decode()}


class _Socket:
    """A WebSocket API event of a message."""

    asks_guards = False
    """Who may no longer come in has no socket: it is closed when that is decided."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._context = event["requestContext"]
        self._action: object = None
        self._client_request_id: str | None = None
        self.route: str = self._context["routeKey"]
        self.request_id: str = self._context["requestId"]
        self.connection_id: str = self._context["connectionId"]

    def find(self, operations: Operations) -> Operation:
        """Return the operation that the frame's action names.

        The frame decides, not the route key: an action nobody knows arrives by ``$default``, and a client may write
        ``$connect`` as its action.
        """
        operation = operations.by_action.get(self._action) if isinstance(self._action, str) else None
        if not operation:
            raise InvalidRequest("unknown_action", "The frame's action is not one of the protocol's.")
        return operation

    def visitor(self) -> Visitor:
        return self.caller()

    def caller(self) -> Caller:
        """Take the user from what the authorizer said when the socket was opened."""
        authorizer = self._context["authorizer"]
        return Caller(
            user_id=authorizer["userId"],
            device_id=authorizer["deviceId"],
            connection_id=self.connection_id,
            connected_at=int(authorizer["connectedAt"]),
            source_address=self._context["identity"]["sourceIp"],
        )

    def take(self, operations: Operations) -> tuple[Operation, dict[str, Any], Mapping[str, str]]:
        """Return the operation, and the frame's fields less the envelope's two."""
        raw = (self._event.get("body") or "").encode()
        try:
            fields = _object(raw)
            self._action = fields.pop("action", None)
            request_id = fields.pop("requestId", None)
            self._client_request_id = request_id if isinstance(request_id, str) else None
        finally:
            # A frame that is too large is refused as such even if it is broken; if it is not, its reply names it.
            if len(raw) > MOST_FRAME_BYTES:
                raise TooLarge("too_large", f"A frame is at most {MOST_FRAME_BYTES} bytes.")
        if request_id is not None and not isinstance(request_id, str):
            raise InvalidRequest.field("requestId", "Expected `str`.")
        return self.find(operations), fields, {}

    def render(self, result: Reply[Any] | Failure) -> dict[str, Any]:
        """Return the reply frame as the route's response. API Gateway sends its body and looks at nothing else."""
        frame: dict[str, Any] = {"type": "reply", "status": result.status}
        if isinstance(self._action, str):
            frame["action"] = self._action
        if self._client_request_id is not None:
            frame["requestId"] = self._client_request_id
        if isinstance(result, Failure):
            frame["error"] = {**_problem(result), "message": result.message}
        elif result.data is not None:
            frame["data"] = result.data
        return {"statusCode": 200, "body": msgspec.json.encode(frame).decode()}
