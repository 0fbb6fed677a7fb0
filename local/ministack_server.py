"""Run MiniStack, the local AWS, with what it lacks to behave and to last as AWS does.

Each patch is one function that says why it is there. They reach into private parts, so any other version than the one
they were written for is refused.

The server lives as long as the pipe on its standard input: when whoever started it is gone, even killed, it saves its
state and goes too.
"""

# mypy: disable-error-code="import-untyped"
import asyncio
import contextlib
import importlib.metadata
import json
import os
import resource
import signal
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from functools import partialmethod
from http import HTTPStatus
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config
from ministack import app as ministack_app
from ministack.core import iam_actions, lambda_runtime, persistence
from ministack.services import apigateway, cloudformation, cognito, lambda_svc, s3, ssm
from ministack.services.cloudformation import provisioners

# An event, a stored record or an answer of MiniStack: JSON whose shape is its own affair.
Record = dict[str, Any]

# The status, headers and body of an HTTP answer.
Answer = tuple[int, dict[str, str], bytes]

PATCHED_VERSION = "1.5.33"

# Enough for real concurrency in one function on a laptop; each worker is an interpreter of some 50 MB.
WORKERS_PER_FUNCTION = 3

# Messages of one socket under way at the same time. One that sends more is read no faster than it is answered.
MESSAGES_AT_ONCE = 8

# Seconds a call waits for a free worker: as long as API Gateway waits for an integration.
LEASE_TIMEOUT = 29.0

# How often state is saved, in seconds. A kill -9 loses no more than this.
SAVE_INTERVAL = 2.0

# Saving holds up the server, so it may take at most a twentieth of its time.
SAVE_SHARE = 20

# Seconds for $disconnect to run for every open socket once the server is told to stop.
DRAIN_TIMEOUT = 5.0

# Seconds after which a server told to stop ends whatever still holds it.
STOP_TIMEOUT = 10.0

# API Gateway closes a socket whose message is larger.
LARGEST_SOCKET_MESSAGE = 128 * 1024

# Log streams kept for a function. MiniStack opens one for every call and would keep them all in memory.
LOG_STREAMS_PER_GROUP = 200

# What only a deployment changes. Saving it is dear (the functions' code), so it is saved when a deployment was seen.
DEPLOYED_SERVICES = {"apigateway", "cloudformation", "cloudwatch_logs", "iam", "lambda"}

# Saved after everything else: the stack says what is deployed, so it must not be known before its resources are.
SAVED_LAST = "cloudformation"


def require_patched_version() -> None:
    """Refuse any MiniStack but the one the patches were written for.

    Raises:
        SystemExit: Another version is installed.
    """
    version = importlib.metadata.version("ministack")
    if version != PATCHED_VERSION:
        raise SystemExit(f"Expected MiniStack {PATCHED_VERSION}, got {version}: check local/ministack_server.py.")


def wait_less_for_logs() -> None:
    """Wait 2 ms for a call's first log line instead of 50 ms.

    A worker writes its log before its answer, so the lines are already in the pipe when the answer is read. A line that
    comes later still is not lost: it is reported with the next call.
    """
    lambda_runtime.Worker._drain_stderr_bounded = partialmethod(
        lambda_runtime.Worker._drain_stderr_bounded, first_line_wait=0.002, idle_confirm=0.001
    )


# One for each function, so that a free worker wakes one call that can use it.
_worker_released: defaultdict[str, threading.Condition] = defaultdict(threading.Condition)


def cap_workers() -> None:
    """Let a burst of calls share a few workers instead of starting one for each call.

    MiniStack's pool has no bound: 150 people who connect at once would start 150 interpreters, 6 GB. Waiting for a
    worker cannot deadlock here, as none of our functions calls itself.
    """
    acquire, release = lambda_runtime.acquire_worker, lambda_runtime.release_worker

    def acquire_capped(
        func_name: str,
        config: Record,
        code_zip: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        cap = min(max_concurrency or WORKERS_PER_FUNCTION, WORKERS_PER_FUNCTION)
        deadline = time.monotonic() + LEASE_TIMEOUT
        while True:
            worker, reason = acquire(func_name, config, code_zip, qualifier, cap)
            if worker is not None or time.monotonic() > deadline:
                return worker, reason
            with _worker_released[func_name]:
                # A worker that died leaves its pool without a release, so look again by oneself too.
                _worker_released[func_name].wait(timeout=1.0)

    def release_and_tell(worker: Any) -> None:
        release(worker)
        if worker is not None:
            with _worker_released[worker.func_name]:
                _worker_released[worker.func_name].notify()

    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = acquire_capped
        module.release_worker = release_and_tell


class SocketCall:
    """One call of a function by a socket route, in the place of the worker MiniStack would share among all of them."""

    def __init__(self, func_name: str, config: Record, code_zip: bytes, qualifier: str = "$LATEST"):
        self.record = {"config": config, "code_zip": code_zip}
        self.name = func_name
        self.qualifier = qualifier

    def invoke(self, event: Record, request_id: str) -> Record:
        """Run the function on a worker of its own, log what it wrote, and hide what went wrong inside."""
        started = time.monotonic()
        result = self._run(event, request_id)
        failed = result.get("status") == "error"
        log = [result.get("log", ""), result.get("trace", result.get("error", "")) if failed else ""]
        duration = int((time.monotonic() - started) * 1000)
        lambda_svc._emit_lambda_logs(self.record, request_id, "\n".join(filter(None, log)), failed, duration)
        return {"status": "ok", "result": internal_error(event, request_id)} if failed else result

    def _run(self, event: Record, request_id: str) -> Record:
        config = self.record["config"]
        worker, reason = lambda_runtime.acquire_worker(self.name, config, self.record["code_zip"], self.qualifier)
        if worker is None:
            return {"status": "error", "error": reason}
        try:
            result: Record = worker.invoke(event, request_id)
        except Exception as error:  # Whatever keeps a worker from starting is the function's failure.
            lambda_runtime.invalidate_worker(self.name, qualifier=self.qualifier)
            return {"status": "error", "error": f"{type(error).__name__}: {error}"}
        finally:
            lambda_runtime.release_worker(worker)
        return result


def internal_error(event: Record, request_id: str) -> Record:
    """Return what API Gateway sends to a socket whose route failed."""
    connection_id = event.get("requestContext", {}).get("connectionId")
    body = {"message": "Internal server error", "connectionId": connection_id, "requestId": request_id}
    return {"statusCode": 500, "body": json.dumps(body), "failed": True}


def lease_socket_workers() -> None:
    """Give each call from a socket a worker, its log a place in CloudWatch Logs, and its failure a mask.

    MiniStack runs all calls of a function one after another on socket routes, throws their logs away, and sends the
    text of an exception to the client. AWS does none of that.
    """
    lambda_runtime.get_or_create_worker = SocketCall


def mask_failures() -> None:
    """Answer a failed HTTP call with API Gateway's own words instead of the exception's."""
    render = lambda_svc.lambda_execute_result_to_api_proxy_response

    def render_masked(result: Record) -> tuple[Record | None, str | None]:
        if result.get("error") and not result.get("throttle"):
            body = json.dumps({"message": "Internal Server Error"})
            return {"statusCode": 500, "headers": {"Content-Type": "application/json"}, "body": body}, None
        rendered: tuple[Record | None, str | None] = render(result)
        return rendered

    lambda_svc.lambda_execute_result_to_api_proxy_response = render_masked


def need_route_responses() -> None:
    """Send what a socket route returns only where a route response is declared, as AWS does.

    MiniStack always sends it, so a forgotten declaration would first be noticed on AWS.
    """
    invoke = apigateway._invoke_ws_lambda

    async def invoke_and_check(
        api_id: str, account_id: str, region: str, route: Record, *args: Any, **kwargs: Any
    ) -> Record | None:
        answer: Record | None = await invoke(api_id, account_id, region, route, *args, **kwargs)
        if answer is None or answer.get("failed"):
            return answer
        declared = apigateway._route_responses.get(api_id, {}).get(route["routeId"])
        if declared and route.get("routeResponseSelectionExpression"):
            return answer
        return {**answer, "body": ""}

    apigateway._invoke_ws_lambda = invoke_and_check


def answer_messages_at_once() -> None:
    """Run the calls for the messages of one socket side by side, as AWS does; MiniStack reads a message, and waits.

    Here as there, whoever needs an order must therefore wait for an answer before sending what comes next.
    """
    invoke = apigateway._invoke_ws_lambda
    turns: dict[str, asyncio.Semaphore] = {}
    answering: set[asyncio.Task[None]] = set()

    async def answer(call: Awaitable[Record | None], connection: Record, turn: asyncio.Semaphore) -> None:
        try:
            body = (await call or {}).get("body")
            if body:
                connection["outbox"].put_nowait(body if isinstance(body, str) else json.dumps(body))
        finally:
            turn.release()

    async def invoke_beside(*args: Any, **kwargs: Any) -> Record | None:
        _api_id, _account_id, _region, _route, _stage, connection_id, event_type, *_ = args
        connection = apigateway._ws_connections.get(connection_id)
        if event_type != "MESSAGE" or connection is None:
            turns.pop(connection_id, None)
            result: Record | None = await invoke(*args, **kwargs)
            return result
        turn = turns.setdefault(connection_id, asyncio.Semaphore(MESSAGES_AT_ONCE))
        await turn.acquire()
        task = asyncio.create_task(answer(invoke(*args, **kwargs), connection, turn))
        # The event loop itself keeps no task alive.
        answering.add(task)
        task.add_done_callback(answering.discard)
        return None

    apigateway._invoke_ws_lambda = invoke_beside


# What serves each open socket, until its $disconnect has run.
_sockets: set[asyncio.Task[Any]] = set()


def know_open_sockets() -> None:
    """Know what serves each socket, so that a stop can wait for the end of them all."""
    handle = apigateway.handle_websocket

    async def handle_known(*args: Any, **kwargs: Any) -> None:
        task = asyncio.ensure_future(handle(*args, **kwargs))
        _sockets.add(task)
        task.add_done_callback(_sockets.discard)
        await task

    apigateway.handle_websocket = handle_known


def route_deep_frames() -> None:
    """Take a frame nested too deep to be read for one without an action; MiniStack would drop its socket."""
    select = apigateway._evaluate_route_selection

    def select_or_default(expression: str, frame: str) -> str:
        try:
            return str(select(expression, frame))
        except RecursionError:
            return "$default"

    apigateway._evaluate_route_selection = select_or_default


def remember_connection_times() -> None:
    """Say in every event of a socket when it was opened; MiniStack says when the event happened."""
    describe = apigateway._ws_request_context
    opened: dict[str, int] = {}

    def describe_opened(
        api_id: str, route_key: str, stage: str, connection_id: str, event_type: str, *args: Any
    ) -> Record:
        context: Record = describe(api_id, route_key, stage, connection_id, event_type, *args)
        context["connectedAt"] = opened.setdefault(connection_id, context["connectedAt"])
        if event_type == "DISCONNECT":
            del opened[connection_id]
        return context

    apigateway._ws_request_context = describe_opened


def refuse_large_posts() -> None:
    """Refuse to post more than 128 KB to a socket, as AWS does; MiniStack knows no limit."""
    post = apigateway.handle_connections_api

    async def post_limited(method: str, *rest: Any) -> Answer:
        *_, body, _headers = rest
        if method == "POST" and len(body) > LARGEST_SOCKET_MESSAGE:
            refusal = {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}
            return 413, refusal, b'{"message":"Message too long"}'
        answer: Answer = await post(method, *rest)
        return answer

    apigateway.handle_connections_api = post_limited


def bound_logs() -> None:
    """Keep the latest log streams of a function and drop older ones, so that memory does not grow with every call."""
    from ministack.services import cloudwatch_logs  # noqa: PLC0415 MiniStack loads its services on first use.

    emit = lambda_svc._emit_lambda_logs

    def emit_bounded(record: Record, *args: Any, **kwargs: Any) -> None:
        emit(record, *args, **kwargs)
        config = record.get("config") or record
        name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}"
        streams = cloudwatch_logs._log_groups.get(name, {}).get("streams", {})
        with contextlib.suppress(StopIteration, KeyError, RuntimeError):
            while len(streams) > LOG_STREAMS_PER_GROUP:
                del streams[next(iter(streams))]

    lambda_svc._emit_lambda_logs = emit_bounded


def learn_socket_resources() -> None:
    """Teach CloudFormation the resources of a WebSocket API it does not know, so that the template stays as it is.

    MiniStack's API Gateway has route responses, integration responses and deployments; only its CloudFormation cannot
    make them.
    """

    def parent(kind: str, props: Record) -> str:
        # The physical id of a route is `{apiId}/{routeId}` in MiniStack, that of an integration the id alone.
        return str(props[kind]).rpartition("/")[2]

    def made(answer: Answer, id_key: str) -> str:
        status, _, body = answer
        if status >= HTTPStatus.BAD_REQUEST:
            raise ValueError(body.decode())
        return str(json.loads(body)[id_key])

    def create_route_response(_logical_id: str, props: Record, _stack: str) -> tuple[str, Record]:
        answer = apigateway._create_route_response(props["ApiId"], parent("RouteId", props), camel_keys(props))
        return made(answer, "routeResponseId"), {}

    def delete_route_response(physical_id: str, props: Record) -> None:
        apigateway._delete_route_response(props["ApiId"], parent("RouteId", props), physical_id)

    def create_integration_response(_logical_id: str, props: Record, _stack: str) -> tuple[str, Record]:
        answer = apigateway._create_integration_response(
            props["ApiId"], parent("IntegrationId", props), camel_keys(props)
        )
        return made(answer, "integrationResponseId"), {}

    def delete_integration_response(physical_id: str, props: Record) -> None:
        apigateway._delete_integration_response(props["ApiId"], parent("IntegrationId", props), physical_id)

    def create_deployment(_logical_id: str, props: Record, _stack: str) -> tuple[str, Record]:
        # MiniStack serves what its routes are at the moment, as if every stage deployed by itself.
        deployment_id = made(apigateway._create_deployment(props["ApiId"], camel_keys(props)), "deploymentId")
        return deployment_id, {"DeploymentId": deployment_id}

    def delete_deployment(physical_id: str, props: Record) -> None:
        apigateway._delete_deployment(props["ApiId"], physical_id)

    provisioners._RESOURCE_HANDLERS.update(
        {
            "AWS::ApiGatewayV2::RouteResponse": {"create": create_route_response, "delete": delete_route_response},
            "AWS::ApiGatewayV2::IntegrationResponse": {
                "create": create_integration_response,
                "delete": delete_integration_response,
            },
            "AWS::ApiGatewayV2::Deployment": {"create": create_deployment, "delete": delete_deployment},
        }
    )


def read_cors_settings() -> None:
    """Understand the CORS settings of a template.

    CloudFormation stores them with capitals (AllowOrigins), and the API that should obey them reads allowOrigins:
    without this every preflight is refused.
    """
    respond, preflight = apigateway._cors_response_headers, apigateway._cors_preflight_response

    apigateway._cors_response_headers = lambda settings, origin: respond(camel_keys(settings), origin)
    apigateway._cors_preflight_response = lambda settings, origin: preflight(camel_keys(settings), origin)


def know_senders() -> None:
    """Ask for the permission to send a mail on the identity of its sender, as SES does.

    MiniStack asks for it on everything, which no role of a template that names its senders has.
    """
    named = iam_actions._ses_v2_resource_arn

    def sender(method: str, path: str, body: bytes, region: str, account_id: str) -> str:
        if path != "/v2/email/outbound-emails":
            return str(named(method, path, body, region, account_id))
        with contextlib.suppress(ValueError, KeyError, TypeError):
            return f"arn:aws:ses:{region}:{account_id}:identity/{json.loads(body)['FromEmailAddress']}"
        return "*"

    iam_actions._ses_v2_resource_arn = sender


def compute_checksums_of_copies() -> None:
    """Compute the checksum that a CopyObject asks for.

    S3 is asked by ``x-amz-checksum-algorithm`` (its API reference, "CopyObject"); MiniStack knows another header alone.
    """
    copy_object = s3._copy_object

    def copy_and_compute(bucket: str, key: str, headers: dict[str, str]) -> Answer:
        asked = headers.get("x-amz-checksum-algorithm")
        named = {**headers, "x-amz-sdk-checksum-algorithm": asked} if asked else headers
        answer: Answer = copy_object(bucket, key, named)
        return answer

    s3._copy_object = copy_and_compute


def keep_attributes_from_clients() -> None:
    """Let a user's token change no more attributes than its client may write.

    Cognito refuses the others (its developer guide, "Attribute permissions and scopes"); MiniStack looks at no client.
    """
    update = cognito._update_user_attributes

    def update_writable(asked: Record) -> Answer:
        token = asked.get("AccessToken", "")
        client_id = cognito._token_claims(token).get("client_id")
        _, pool = cognito._user_pool_for_access_token(token)
        writable = ((pool or {}).get("_clients", {}).get(client_id) or {}).get("WriteAttributes")
        if writable and {one["Name"] for one in asked.get("UserAttributes", [])} - set(writable):
            unauthorized = "A client attempted to write unauthorized attribute"
            refusal: Answer = cognito.error_response_json(
                "NotAuthorizedException", unauthorized, HTTPStatus.BAD_REQUEST
            )
            return refusal
        answer: Answer = update(asked)
        return answer

    cognito._update_user_attributes = update_writable


def heed_conditions_of_copies() -> None:
    """Refuse a CopyObject to a key that is taken, where it asks for that.

    S3 is asked by ``If-None-Match`` (its API reference, "CopyObject"); MiniStack heeds it on other writes alone.
    """
    copy_object = s3._copy_object

    def copy_if_free(bucket: str, key: str, headers: dict[str, str]) -> Answer:
        objects = (s3._ensure_bucket(bucket) or {"objects": {}})["objects"]
        answer: Answer = s3._check_put_preconditions(headers, objects.get(key)) or copy_object(bucket, key, headers)
        return answer

    s3._copy_object = copy_if_free


def keep_ops_items() -> None:
    """Open OpsItems, and tell those that are open; MiniStack's Systems Manager has no OpsCenter.

    One whose deduplication string stands in an OpsItem already is refused (Systems Manager's user guide, "Managing
    duplicate OpsItems"). Nobody resolves one here, and they are forgotten with the server.
    """
    handle = ssm.handle_request
    opened: dict[str, Record] = {}

    def answer(status: int, body: Record) -> Answer:
        return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()

    def create(asked: Record) -> Answer:
        key = asked["OperationalData"]["/aws/dedup"]["Value"]
        if key in opened:
            refusal = {"__type": "OpsItemAlreadyExistsException", "OpsItemId": opened[key]["OpsItemId"]}
            return answer(HTTPStatus.BAD_REQUEST, refusal)
        opened[key] = {**asked, "OpsItemId": f"oi-{len(opened) + 1:012}", "Status": "Open"}
        return answer(HTTPStatus.OK, {"OpsItemId": opened[key]["OpsItemId"]})

    async def handle_more(method: str, path: str, headers: dict[str, str], body: bytes, query: Record) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if action == "CreateOpsItem":
            return create(json.loads(body))
        if action == "DescribeOpsItems":
            return answer(HTTPStatus.OK, {"OpsItemSummaries": list(opened.values())})
        answered: Answer = await handle(method, path, headers, body, query)
        return answered

    ssm.handle_request = handle_more


def camel_keys(record: Record) -> Record:
    """Return a record with the first letter of its keys in lower case; values stay as they are."""
    return {key[:1].lower() + key[1:]: value for key, value in record.items()}


PATCHES: tuple[Callable[[], None], ...] = (
    wait_less_for_logs,
    cap_workers,
    lease_socket_workers,
    mask_failures,
    need_route_responses,
    route_deep_frames,
    answer_messages_at_once,
    know_open_sockets,
    remember_connection_times,
    refuse_large_posts,
    bound_logs,
    learn_socket_resources,
    read_cors_settings,
    know_senders,
    compute_checksums_of_copies,
    keep_attributes_from_clients,
    heed_conditions_of_copies,
    keep_ops_items,
)


def is_foreign(scope: Record) -> bool:
    """Say whether a page in a browser asks for one of MiniStack's own services.

    They ask for no credentials, and one of them forgets everything: any page a developer visits could call it.
    """
    own = scope["path"].startswith(("/_ministack/", "/_localstack/"))
    return own and any(name == b"origin" for name, _ in scope["headers"])


class StateKeeper:
    """Saves MiniStack's state while it runs; by itself it would save on a clean stop only."""

    def __init__(self) -> None:
        self._touched = False
        self._deployed = False

    async def watch(self, scope: Record, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        """Serve a request as MiniStack does, and note that something may have changed."""

        async def receive_noting() -> Any:
            message = await receive()
            self._touched = True
            return message

        if scope["type"] == "http" and is_foreign(scope):
            await send({"type": "http.response.start", "status": HTTPStatus.FORBIDDEN, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["type"] == "http" and self._deploys(scope):
            self._deployed = True
        await ministack_app.app(scope, receive_noting, send)
        self._touched = True

    async def keep(self) -> None:
        """Save what changed, again and again, until cancelled."""
        while True:
            started = time.monotonic()
            if self._touched:
                self.save()
            await asyncio.sleep(max(SAVE_INTERVAL, (time.monotonic() - started) * SAVE_SHARE))

    def save(self, *, everything: bool = False) -> None:
        """Save each service, one file at a time, each replaced as a whole, the stacks last.

        It runs on the event loop, so most requests are whole; one that a thread is still busy with counts as a change
        when it ends, and is saved again then. During a deployment nothing is saved: a stack that stands half way,
        restored without the task that would finish it, could never be changed again.
        """
        if self._is_deploying():
            return
        deployed = self._deployed or everything
        self._touched = self._deployed = False
        services = ministack_app._build_persistence_save_dict()
        for name in sorted(services, key=lambda name: name == SAVED_LAST):
            if deployed or name not in DEPLOYED_SERVICES:
                persistence.save_all({name: services[name]})

    @staticmethod
    def _is_deploying() -> bool:
        stacks = (stack for _, stack in cloudformation._stacks.all_items())
        return any(stack["StackStatus"].endswith("_IN_PROGRESS") for stack in stacks)

    @staticmethod
    def _deploys(scope: Record) -> bool:
        headers = dict(scope["headers"])
        authorization = headers.get(b"authorization", b"")
        return any(
            b"/" + service + b"/aws4_request" in authorization
            for service in (b"cloudformation", b"lambda", b"iam", b"apigateway")
        )


async def run(port: int) -> None:
    """Serve until told to stop, then let the sockets close and save everything.

    Raises:
        OSError: The port is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    threading.Thread(target=_stop_at_end_of_input, args=(loop, stop), daemon=True).start()

    keeper = StateKeeper()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = "WARNING"
    config.websocket_max_message_size = LARGEST_SOCKET_MESSAGE
    serving = asyncio.create_task(serve(keeper.watch, config, shutdown_trigger=asyncio.Event().wait))  # type: ignore[arg-type]
    keeping = asyncio.create_task(keeper.keep())
    stopping = asyncio.create_task(stop.wait())

    done, _ = await asyncio.wait({serving, keeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    threading.Thread(target=_end_late, daemon=True).start()
    await _close_sockets()
    keeper.save(everything=True)


async def _close_sockets() -> None:
    """Close every socket and give $disconnect a moment to run.

    A stop with many open sockets would otherwise wait on all of their $disconnect calls, one by one.
    """
    for connection in list(apigateway._ws_connections.values()):
        connection["close_event"].set()
        connection["outbox"].put_nowait(None)
    if _sockets:
        await asyncio.wait(_sockets, timeout=DRAIN_TIMEOUT)


def _stop_at_end_of_input(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while os.read(0, 1024):
        pass
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(stop.set)


def _end_late() -> None:
    time.sleep(STOP_TIMEOUT)
    os._exit(1)


def main() -> None:
    """Patch MiniStack and serve on the port of the environment's GATEWAY_PORT."""
    require_patched_version()
    for patch in PATCHES:
        patch()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        # Thousands of sockets need more open files than the usual 1,024.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(run(int(os.environ["GATEWAY_PORT"])))
    lambda_runtime.reset()
    # An orderly end of the server would wait for every request and thread still busy, and no state hangs on them.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
