"""The calls that functions make to AWS: recorded, checked against their permissions, held up, failed or cut off."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests import template

Proceed = Callable[[], Any]
PATIENCE_SECONDS = 5

PUSH = "PostToConnection"
QUEUE = "SendMessage"
BUS = "PutEvents"
CLOSE = "DeleteConnection"
MAIL = "SendEmail"
PARAMETER = "GetParameter"
WORK = "CreateOpsItem"

STORAGE = {
    "PutObject": "PutObject",
    "PostObject": "PutObject",
    "UploadPart": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "HeadObject": "GetObject",
    "GetObject": "GetObject",
    "DeleteObject": "DeleteObject",
    "ListParts": "ListMultipartUploadParts",
    "AbortMultipartUpload": "AbortMultipartUpload",
}
"""What S3's operations need (its user guide, "Required permissions for Amazon S3 API operations"). Who signs a URL or a
form for somebody else must be allowed what it is for."""

ELSEWHERE = {
    PUSH: {("execute-api:ManageConnections", "WebsocketsApi")},
    CLOSE: {("execute-api:ManageConnections", "WebsocketsApi/DELETE")},
    BUS: {("events:PutEvents", "EventBus")},
    MAIL: {("ses:SendEmail", "mail")},
    WORK: {("ssm:CreateOpsItem", "*")},
    "ListFunctions": {("lambda:ListFunctions", "*")},
    "BatchGetAccountStatus": {("inspector2:BatchGetAccountStatus", "*")},
    "ListFindings": {("inspector2:ListFindings", "*")},
    "Enable": {("inspector2:Enable", "*"), ("iam:CreateServiceLinkedRole", "inspector2.amazonaws.com")},
}
"""What calls need that are neither to a table, a queue nor the user pool. Turning Inspector on makes its role (its user
guide, "Service-linked role permissions for Amazon Inspector")."""

BY_NAME: dict[str, Callable[[dict[str, Any]], tuple[str, str]]] = {
    QUEUE: lambda given: ("sqs:SendMessage", f"{given['QueueUrl'].rpartition('-')[2].capitalize()}Queue"),
    PARAMETER: lambda given: ("ssm:GetParameter", given["Name"].rpartition("/")[2]),
}
"""What calls need to a queue or a parameter that they name."""


_function: ContextVar[str] = ContextVar("function", default="")


@contextmanager
def _set(variable: ContextVar[str], value: str) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


class Crash(BaseException):
    """The function's process ended. No code of ours catches it."""


@dataclass
class Call:
    """One call to AWS.

    Attributes:
        function: Which function made it.
        operation: AWS's word for it.
        parameters: What was asked.
        began: The moment, on a clock that ticks whenever a call begins or ends.
        ended: The same; infinite while the call is under way.
    """

    function: str
    operation: str
    parameters: dict[str, Any]
    began: int
    ended: float = float("inf")

    @property
    def tables(self) -> set[str]:
        """The nouns of the tables it concerns, for example ``chats``."""
        return {name.rpartition("-")[2] for name, _ in _tables(self.operation, self.parameters)}

    def __str__(self) -> str:
        return " ".join([self.operation, *sorted(self.tables)])


@dataclass
class Calls:
    """All calls that the functions of one test made."""

    made: list[Call] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    needed: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    checked: list[Call] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._ticks = itertools.count(1)
        self._recording = threading.Lock()
        self._interceptor: Callable[[Call, Proceed], Any] = lambda _, proceed: proceed()
        # moto keeps its tables in plain dictionaries and is not thread-safe: a condition could be checked for two
        # writes before either is made. AWS serves one call at a time here, as DynamoDB does for one item.
        self._aws = threading.RLock()

    @contextmanager
    def of(self, function: str) -> Iterator[None]:
        """Take the calls made inside as this function's."""
        with _set(_function, function):
            yield

    def make(self, operation: str, parameters: dict[str, Any], proceed: Proceed) -> Any:
        """Record a call and make it."""
        if not _function.get():
            return self._serialised(proceed)
        with self._recording:
            call = Call(self.running, operation, parameters, next(self._ticks))
            self.made.append(call)
        try:
            self.check(call)
            return self._interceptor(call, lambda: self._serialised(proceed))
        finally:
            with self._recording:
                call.ended = next(self._ticks)

    def clear(self) -> None:
        self.made.clear()

    def words(self) -> list[str]:
        """Return the calls in words, in the order in which they began."""
        return [str(call) for call in self.made]

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the calls made inside, by whoever looks on, as nobody's."""
        with _set(_function, ""):
            yield

    @contextmanager
    def intercepted(self, interceptor: Callable[[Call, Proceed], Any]) -> Iterator[None]:
        """Let somebody stand between the functions and AWS."""
        before, self._interceptor = self._interceptor, interceptor
        try:
            yield
        finally:
            self._interceptor = before

    def _serialised(self, proceed: Proceed) -> Any:
        with self._aws:
            return proceed()

    @property
    def running(self) -> str:
        """The function that is running here."""
        return _function.get()

    def check(self, call: Call) -> None:
        """Refuse a call that its function may not make, as IAM would.

        Raises:
            ClientError: It may not.
        """
        self.checked.append(call)
        self.needed.setdefault(call.function, set()).update(needed(call))
        allowed = template.permissions()[call.function]
        for action, resource in needed(call):
            if (action, resource) not in allowed:
                refusal = f"{call.function} may not {action} on {resource}"
                self.denied.append(refusal)
                error = {"Error": {"Code": "AccessDeniedException", "Message": refusal}}
                raise ClientError(error, call.operation)


def record(calls: Calls, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a client shall do in place of its own way to make a call."""

    def make(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        return calls.make(operation, parameters, lambda: original(client, operation, parameters))

    return make


def needed(call: Call) -> set[tuple[str, str]]:
    """Return the IAM actions that a call needs, each with the logical id of what it concerns."""
    if call.operation in ELSEWHERE:
        return ELSEWHERE[call.operation]
    if call.operation == "CopyObject":
        source, key = call.parameters["CopySource"], call.parameters["Key"]
        return {("s3:GetObject", _folder(source)), ("s3:PutObject", _folder(key))}
    if call.operation in STORAGE:
        # What must still be this very object is looked at (S3's user guide, "How to perform conditional deletes").
        actions = {STORAGE[call.operation]} | ({"GetObject"} if "IfMatch" in call.parameters else set())
        return {(f"s3:{action}", _folder(call.parameters["Key"])) for action in actions}
    if call.operation in BY_NAME:
        return {BY_NAME[call.operation](call.parameters)}
    tables = {properties["TableName"]: name for name, properties in template.resources("AWS::DynamoDB::Table").items()}
    if concerned := _tables(call.operation, call.parameters):
        index = f"/index/{call.parameters['IndexName']}" if "IndexName" in call.parameters else ""
        return {(f"dynamodb:{action}", tables[name] + index) for name, action in concerned}
    return {(f"cognito-idp:{call.operation}", "UserPool")}


def _folder(key: str) -> str:
    return f"FilesBucket/{key.partition('/')[0]}"


def _tables(operation: str, parameters: dict[str, Any]) -> set[tuple[str, str]]:
    """Return the tables of a call, each with its action: a transaction is permitted as the writes it is made of."""
    if operation == "TransactWriteItems":
        words = {
            "Put": "PutItem",
            "Update": "UpdateItem",
            "Delete": "DeleteItem",
            "ConditionCheck": "ConditionCheckItem",
        }
        return {(one["TableName"], words[kind]) for write in parameters["TransactItems"] for kind, one in write.items()}
    if "RequestItems" in parameters:
        return {(name, operation) for name in parameters["RequestItems"]}
    return {(parameters["TableName"], operation)} if "TableName" in parameters else set()


def in_sequence(calls: list[Call]) -> int:
    """Return how many calls at most were made one after another, each begun when the one before had ended."""
    longest: dict[int, int] = {}
    for call in sorted(calls, key=lambda one: one.began):
        before = (longest[other.began] for other in calls if other.ended < call.began)
        longest[call.began] = 1 + max(before, default=0)
    return max(longest.values(), default=0)


class Meeting:
    """Holds calls up until as many of them are under way as shall be, so that they must happen at the same time."""

    def __init__(self, *expected: str) -> None:
        """Expect these calls, in words; a word expected twice must come twice."""
        self._expected = list(expected)
        self._barrier = threading.Barrier(len(expected))
        self._lock = threading.Lock()

    def __call__(self, call: Call, proceed: Proceed) -> Any:
        with self._lock:
            meets = str(call) in self._expected
            if meets:
                self._expected.remove(str(call))
        if meets:
            self._barrier.wait(PATIENCE_SECONDS)
        return proceed()

    @property
    def was_held(self) -> bool:
        return not self._expected and not self._barrier.broken


class Death:
    """Ends the process at a call: before it, or when AWS has done what it asks and the answer is on its way."""

    def __init__(self, at: int, *, after: bool) -> None:
        self._left = at
        self._after = after
        self._lock = threading.Lock()

    def __call__(self, call: Call, proceed: Proceed) -> Any:
        with self._lock:
            self._left -= 1
            left = self._left
        if left <= 0:
            if left == 0 and self._after:
                proceed()
            raise Crash
        return proceed()

    @property
    def happened(self) -> bool:
        return self._left <= 0


class Refusal:
    """Fails the calls of a kind."""

    def __init__(self, word: str, error: Exception, times: int = 1_000_000) -> None:
        self._word = word
        self._error = error
        self.left = times

    def __call__(self, call: Call, proceed: Proceed) -> Any:
        if str(call) == self._word and self.left:
            self.left -= 1
            raise self._error
        return proceed()


def refusal(code: str, operation: str = "Anything") -> ClientError:
    """Return AWS's error with this code."""
    return ClientError({"Error": {"Code": code, "Message": "the inside"}}, operation)
