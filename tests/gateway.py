"""API Gateway as the functions see it: events in the shapes that AWS sends, led where serverless.yml says."""

import base64
import itertools
import json
import re
import threading
from collections.abc import Sequence
from http import HTTPStatus
from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlencode

from botocore.exceptions import BotoCoreError, ClientError
from moto.events.models import EventPattern

from adapters import storage
from adapters.parameters import ParameterError
from adapters.sockets import Outcome
from core import clock, telemetry
from core.operations import Operations
from core.queues import CORRELATION
from tests import documents, template
from tests.calls import BUS, CLOSE, MAIL, PARAMETER, PUSH, QUEUE, Calls
from tests.inventory import Inventory

EVENTS = template.ROOT / "tests" / "integration" / "events"

MOST_REPLY_BYTES = 128 * 1024
"""API Gateway's quota page: "WebSocket message payload size 128 KB"."""


class Answer:
    """What came back, over either transport."""

    def __init__(self, status: int, data: Any, problem: dict[str, Any] | None, raw: dict[str, Any]) -> None:
        self.status = status
        self.data = data
        self.problem = problem
        self.raw = raw

    @property
    def code(self) -> str | None:
        return self.problem["code"] if self.problem else None

    @property
    def fields(self) -> list[str]:
        """The fields at fault."""
        return [error["field"] for error in (self.problem or {}).get("errors", [])]

    def __repr__(self) -> str:
        return f"<{self.status} {self.problem or self.data}>"


class Socket:
    """A client's end of a socket."""

    def __init__(self, gateway: "Gateway", connection_id: str, authorizer: dict[str, Any]) -> None:
        self.connection_id = connection_id
        self.authorizer = authorizer
        self.received: list[dict[str, Any]] = []
        self.is_open = False
        self._gateway = gateway
        self._request_ids = itertools.count(1)

    @property
    def device_id(self) -> str:
        return self.authorizer["deviceId"]

    def ask(self, operation: str, **fields: Any) -> Answer:
        """Send a frame and return the reply to it."""
        request_id = f"r{next(self._request_ids)}"
        answer = self.send({"action": operation, "requestId": request_id, **fields})
        assert (answer.raw["type"], answer.raw["action"], answer.raw["requestId"]) == ("reply", operation, request_id)
        return answer

    def send(self, frame: dict[str, Any] | str) -> Answer:
        """Send any text at all and return the reply to it."""
        assert self.is_open
        text = frame if isinstance(frame, str) else json.dumps(frame)
        return self._gateway.message(self, text)

    def close(self) -> None:
        """Close the socket and have API Gateway tell so."""
        self.lose()
        self._gateway.disconnect(self)

    def lose(self) -> None:
        """Close the socket without a word to anyone."""
        self.is_open = False

    def take(self) -> list[dict[str, Any]]:
        """Return the frames that came since the last time."""
        taken, self.received = self.received, []
        return taken


class Queued(NamedTuple):
    """A message in a queue."""

    queue_url: str
    text: str
    delay_seconds: int
    correlation_id: str | None = None
    due_at: int = 0


class Gateway:
    """Routes requests and frames to handlers, and pushes to sockets."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self.sockets: dict[str, Socket] = {}
        self.mails: list[dict[str, str]] = []
        self.secrets: dict[str, str] = {}
        self.inventory = Inventory(calls)
        self.outcomes: dict[str, Outcome | Exception] = {}
        self._http = {route.key: route for route in template.http_routes()}
        self._actions = {route.key: route for route in template.socket_routes()}
        self._numbers = itertools.count(1)
        self._receiving = threading.Lock()
        self.queued: list[Queued] = []
        self.told: list[tuple[str, dict[str, Any]]] = []

    # HTTP

    def http(
        self,
        method: str,
        path: str,
        *,
        claims: dict[str, str] | None = None,
        query: dict[str, Any] | None = None,
        body: Any = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Make an HTTP request.

        Args:
            method: The method.
            path: The path, percent-encoded.
            claims: What Cognito's token says, all in strings as API Gateway hands it on. None for no token.
            query: The query's parameters.
            body: Bytes, a text, or what shall be JSON.
            headers: Besides those of every request, in lower case.
        """
        route, parameters = self._match(method, path)
        event = recorded("http")
        context = event["requestContext"]
        event["routeKey"] = context["routeKey"] = route.key
        event["rawPath"] = context["http"]["path"] = path
        context["http"]["method"] = method
        context["requestId"] = self._number("http")
        _set(event, "pathParameters", parameters)
        texts = {name: str(value) for name, value in (query or {}).items()}
        event["rawQueryString"] = urlencode(texts)
        _set(event, "queryStringParameters", texts)
        if isinstance(body, bytes):
            event["body"], event["isBase64Encoded"] = base64.b64encode(body).decode(), True
        else:
            _set(event, "body", body if isinstance(body, str) or body is None else json.dumps(body))
        event["headers"] |= {"content-length": str(_length(event)), **(headers or {})}
        if claims is None:
            del context["authorizer"], event["headers"]["authorization"]
        else:
            context["authorizer"]["jwt"]["claims"] = claims
        response = self.invoke(route.function, event)
        documents.check_response(route.key, response["statusCode"], response["headers"], response.get("body", ""))
        answer = read_http(response)
        if answer.status < HTTPStatus.BAD_REQUEST:
            documents.check_request(route.key, texts, body if isinstance(body, bytes) else event.get("body"))
        return answer

    def _match(self, method: str, path: str) -> tuple[template.Route, dict[str, str]]:
        """Find the route. One without parameters goes before one with (API Gateway's "Routing API requests")."""
        for key, route in sorted(self._http.items(), key=lambda one: one[0].count("{")):
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(key))
            if found := re.fullmatch(pattern, f"{method} {path}"):
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        raise LookupError(f"API Gateway answers 404: no route for {method} {path}")

    # Sockets

    def connect(self, ticket: str, headers: dict[str, str] | None = None) -> tuple[int, Socket | None]:
        """Ask for a socket. Returns the HTTP status of the handshake, and the socket where it is open.

        Args:
            ticket: The ticket.
            headers: Those of the handshake, where they are not those of a browser on our own page.
        """
        event = recorded("authorize")
        connection_id = self._number("socket") + "="
        event["queryStringParameters"] = {"ticket": ticket}
        event["multiValueQueryStringParameters"] = {"ticket": [ticket]}
        if headers is not None:
            event["headers"] = headers
        event["requestContext"]["connectionId"] = connection_id
        verdict = self.invoke("Authorize", event)
        (statement,) = verdict["policyDocument"]["Statement"]
        assert statement["Resource"] == event["methodArn"]
        assert statement["Action"] == "execute-api:Invoke"
        if statement["Effect"] == "Deny":
            return 403, None
        assert all(isinstance(value, str | int | bool) for value in verdict["context"].values())
        context = {name: str(value) for name, value in verdict["context"].items()}
        authorizer = {**context, "principalId": verdict["principalId"], "integrationLatency": 27}
        socket = self.sockets[connection_id] = Socket(self, connection_id, authorizer)
        status = self._lifecycle("connect", socket)
        socket.is_open = status == 200
        return status, socket if socket.is_open else None

    def disconnect(self, socket: Socket) -> int:
        return self._lifecycle("disconnect", socket)

    def message(self, socket: Socket, text: str) -> Answer:
        """Hand a frame to the route that its action names, as ``$request.body.action`` does."""
        event = self.message_event(socket, text)
        route = self._actions[event["requestContext"]["routeKey"]]
        response = self.invoke(route.function, event)
        assert len(response["body"].encode()) <= MOST_REPLY_BYTES
        answer = read_frame(response)
        documents.check_reply(answer.raw)
        if answer.status < HTTPStatus.BAD_REQUEST:
            documents.check_action(json.loads(text))
        return answer

    def message_event(self, socket: Socket, text: str) -> dict[str, Any]:
        event = recorded("message")
        event["body"] = text
        context = self._socket_context(event, socket)
        context["routeKey"] = _action(text) if _action(text) in self._actions else "$default"
        return event

    # Queues

    def send(self, queue_url: str, text: str, delay_seconds: int = 0) -> None:
        """Take the place of adapters.queue.send."""
        parameters = {"QueueUrl": queue_url, "MessageBody": text, "DelaySeconds": delay_seconds}
        due_at = clock.milliseconds() + delay_seconds * 1000
        message = Queued(queue_url, text, delay_seconds, telemetry.correlation_id(), due_at)
        self.calls.make(QUEUE, parameters, lambda: self.queued.append(message))

    def work_off(self, function: str, *, batch: int = 10, due: bool = False) -> list[str]:
        """Hand what is in its queue to a function, as Lambda does; only what is due by the clock, if that is asked.

        Returns:
            The texts that it could not do.
        """
        (source,) = (event["sqs"]["arn"]["Fn::GetAtt"][0] for event in template.functions()[function]["events"])
        ending = f"-{source.removesuffix('Queue').lower()}"
        latest = clock.milliseconds() if due else float("inf")
        messages = [one for one in self.queued if one.queue_url.endswith(ending) and one.due_at <= latest]
        self.queued = [one for one in self.queued if one not in messages]
        failed: list[str] = []
        for start in range(0, len(messages), batch):
            event = recorded("queue")
            (record,) = event["Records"]
            taken = {self._number("message"): one for one in messages[start : start + batch]}
            texts = {name: one.text for name, one in taken.items()}
            event["Records"] = [
                {**record, "messageId": name, "body": one.text, "messageAttributes": _attributes(one)}
                for name, one in taken.items()
            ]
            answer = self.invoke(function, event)
            failed += [texts[one["itemIdentifier"]] for one in answer["batchItemFailures"]]
        return failed

    def end(self, noun: str, image: dict[str, Any], by: dict[str, str] | None = None) -> list[dict[str, str]]:
        """Tell the function that follows a table's stream that an item is gone; that its time was over, unless told.

        Returns:
            What must come again.
        """
        event = recorded("stream")
        (record,) = event["Records"]
        record["dynamodb"]["OldImage"] = image
        if by is not None:
            record["userIdentity"] = by
        (function,) = (
            name
            for name, described in template.functions().items()
            for one in described.get("events", [])
            if "stream" in one and one["stream"]["arn"]["Fn::GetAtt"][0] == f"{noun.capitalize()}Table"
        )
        return self.invoke(function, event)["batchItemFailures"]

    # The bus of the account

    def hear(self, event: dict[str, Any]) -> list[str]:
        """Hand an event to the functions whose rules it matches, as EventBridge does. Returns which they were."""
        bucket = "FilesBucket"
        hearing = [
            name
            for name, described in template.functions().items()
            for one in described.get("events", [])
            if "eventBridge" in one
            and EventPattern.load(
                json.dumps(one["eventBridge"]["pattern"]).replace(json.dumps({"Ref": bucket}), f'"{storage.bucket()}"')
            ).matches_event(event)
        ]
        for name in hearing:
            self.invoke(name, event)
        return hearing

    def arrive(self, file_id: str, size: int, folder: str = "files") -> list[str]:
        """Tell that a file's bytes are in the bucket. Returns the functions that heard of it."""
        event = recorded("object_created")
        event["detail"]["bucket"]["name"] = storage.bucket()
        event["detail"]["object"] |= {"key": f"{folder}/{file_id}", "size": size}
        return self.hear(event)

    def scan(self, file_id: str, result: str, tag: str | None = None) -> list[str]:
        """Tell what a scan found in a file: by default in the bytes that are there. Returns who heard of it."""
        event = recorded("object_scanned")
        with self.calls.aside():
            stored = storage.find(f"files/{file_id}")
        event["detail"]["s3ObjectDetails"] |= {
            "bucketName": storage.bucket(),
            "objectKey": f"files/{file_id}",
            "eTag": tag or (stored.tag.strip('"') if stored else "gone"),
        }
        event["detail"]["scanResultDetails"]["scanResultStatus"] = result
        return self.hear(event)

    def put(self, kind: str, details: Sequence[bytes]) -> None:
        """Take the place of adapters.bus.put."""
        events = [(kind, json.loads(detail)) for detail in details]
        self.calls.make(BUS, {"Entries": events}, lambda: self.told.extend(events))

    # Pushes

    def post(self, connection_id: str, frame: bytes, _until: float) -> Outcome:
        """Take the place of adapters.sockets.post."""
        parameters = {"ConnectionId": connection_id, "Data": frame}
        return self.calls.make(PUSH, parameters, lambda: self._receive(connection_id, frame))

    def close(self, connection_id: str, _until: float) -> Outcome:
        """Take the place of adapters.sockets.close."""
        return self.calls.make(CLOSE, {"ConnectionId": connection_id}, lambda: self._close(connection_id))

    def _close(self, connection_id: str) -> Outcome:
        socket = self.sockets.get(connection_id)
        if outcome := self.outcomes.get(connection_id):
            assert isinstance(outcome, Outcome)
            return outcome
        if not socket or not socket.is_open:
            return Outcome.GONE
        socket.is_open = False
        return Outcome.DELIVERED

    def take_mail(self, to: str, subject: str, text: str) -> None:
        """Take the place of adapters.mail.send."""
        mail = {"to": to, "subject": subject, "text": text}
        self.calls.make(MAIL, mail, lambda: self.mails.append(mail))

    def secret(self, name: str) -> str:
        """Take the place of adapters.parameters.secret."""
        try:
            return self.calls.make(PARAMETER, {"Name": name}, lambda: self.secrets[name])
        except (BotoCoreError, ClientError, KeyError) as error:
            raise ParameterError from error

    def mails_to(self, address: str) -> list[dict[str, str]]:
        return [mail for mail in self.mails if mail["to"] == address]

    def code_to(self, address: str) -> str:
        """Return the code in the latest mail."""
        found = re.search(r"\b\d{6}\b", self.mails_to(address)[-1]["text"])
        assert found
        return found[0]

    def _receive(self, connection_id: str, frame: bytes) -> Outcome:
        assert len(frame) <= MOST_REPLY_BYTES
        with self._receiving:
            outcome = self.outcomes.get(connection_id)
            if isinstance(outcome, Exception):
                raise outcome
            socket = self.sockets.get(connection_id)
            if not socket or not socket.is_open:
                return Outcome.GONE
            if outcome:
                return outcome
            documents.check_push(json.loads(frame))
            socket.received.append(json.loads(frame))
            return Outcome.DELIVERED

    def _lifecycle(self, kind: str, socket: Socket) -> int:
        event = recorded(kind)
        self._socket_context(event, socket)
        (function,) = (route.function for route in self._actions.values() if route.key == f"${kind}")
        return self.invoke(function, event)["statusCode"]

    def _socket_context(self, event: dict[str, Any], socket: Socket) -> dict[str, Any]:
        context: dict[str, Any] = event["requestContext"]
        context["connectionId"] = socket.connection_id
        context["authorizer"] = dict(socket.authorizer)
        context["requestId"] = context["extendedRequestId"] = self._number("frame")
        return context

    # Both

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Run a function. What it returns must be JSON, as Lambda demands."""
        handler = handler_of(function)
        with self.calls.of(function):
            returned = handler(json.loads(json.dumps(event)), None)
        return json.loads(json.dumps(returned))

    def _number(self, prefix: str) -> str:
        return f"{prefix}-{next(self._numbers)}"


def _attributes(message: Queued) -> dict[str, Any]:
    if not message.correlation_id:
        return {}
    return {CORRELATION: {"stringValue": message.correlation_id, "dataType": "String"}}


def handler_of(function: str) -> Any:
    """Return a function's handler, as serverless.yml names it."""
    module, _, name = template.functions()[function]["handler"].rpartition(".")
    return getattr(import_module(module.replace("/", ".")), name)


def routes_of(operation: str) -> list[str]:
    """Return the HTTP routes of an operation."""
    handlers = (handler_of(function) for function in template.functions())
    return [
        route
        for handler in handlers
        if isinstance(handler, Operations)
        for route, one in handler.by_route.items()
        if one.name == operation
    ]


def request_line(operation: str, fields: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Return the method and the path of an operation, and those of its fields that the path does not hold."""
    (route,) = routes_of(operation)
    method, path = route.split()
    rest = dict(fields)
    for name in re.findall(r"\{(\w+)\}", path):
        path = path.replace(f"{{{name}}}", quote(str(rest.pop(name)), safe=""))
    return method, path, rest


def read_http(response: dict[str, Any]) -> Answer:
    """Read a handler's HTTP response."""
    status, headers = response["statusCode"], response["headers"]
    body = json.loads(response["body"]) if "body" in response else None
    if status < 400:
        assert body is None or headers["content-type"] == "application/json"
        return Answer(status, body, None, response)
    assert headers["content-type"] == "application/problem+json"
    assert body["status"] == status
    return Answer(status, None, body, response)


def read_frame(response: dict[str, Any]) -> Answer:
    """Read a handler's reply frame."""
    frame = json.loads(response["body"])
    assert ("error" in frame) == (frame["status"] >= 400)
    return Answer(frame["status"], frame.get("data"), frame.get("error"), frame)


def recorded(name: str) -> dict[str, Any]:
    """Return an event as AWS sends it."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def _length(event: dict[str, Any]) -> int:
    body = event.get("body", "")
    return len(base64.b64decode(body) if event["isBase64Encoded"] else body.encode())


def _set(event: dict[str, Any], name: str, value: Any) -> None:
    """Set a field, or leave it out where there is nothing, as API Gateway does."""
    if value is None or value == {}:
        event.pop(name, None)
    else:
        event[name] = value


def _action(text: str) -> str | None:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    action = frame.get("action") if isinstance(frame, dict) else None
    return action if isinstance(action, str) else None
