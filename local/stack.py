"""A whole Kaiwa on this machine: MiniStack with the project's own template deployed into it.

`make run` and the end-to-end tests each have a stack with a directory and a port of their own, so they run side by
side.
"""

import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from deploy import package
from local import ports
from local.errors import LocalError
from local.progress import Report, silently

ROOT = Path(__file__).resolve().parent.parent
OSLS = ROOT / "node_modules" / ".bin" / "osls"

STAGE = "local"
STACK_NAME = f"kaiwa-{STAGE}"
REGION = "us-east-1"

# MiniStack's root user. Nothing outside this machine can reach it, so these are no secret.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# A deployment is the same as long as none of these, the zips, the ports and the origins change.
DEPLOYED_FILES = (
    "serverless.yml",
    "resources/**/*",
    "deploy/**/*.js",
    "local/ministack-plugin.js",
    "local/ministack_server.py",
    "package-lock.json",
)

# Seconds for MiniStack to answer; it takes about one.
START_TIMEOUT = 30.0

# Seconds for it to close its sockets, save its state and end its workers.
STOP_TIMEOUT = 15.0

# Variables of a developer's own that mean a deployment to AWS.
FOREIGN = ("AWS_", "SLS_", "DEPLOYMENT_ROLE", "SOURCE_DATE_EPOCH")

# Milliseconds between two looks of osls at a deployment. Its own 5 s would be most of the time a deployment takes here.
MONITORING_INTERVAL = "300"


@dataclass(frozen=True)
class Endpoints:
    """Where a deployed stack answers.

    Attributes:
        api_url: The REST API, without a slash at the end.
        socket_url: The WebSocket API, without a ticket.
        aws_endpoint: MiniStack itself, as AWS clients need it.
        region: The AWS region it plays.
        user_pool_id: The Cognito user pool.
        user_pool_client_id: The pool's client.
    """

    api_url: str
    socket_url: str
    aws_endpoint: str
    region: str
    user_pool_id: str
    user_pool_client_id: str


class Stack:
    """One local stack; as a context manager it starts, deploys and in the end stops.

    Attributes:
        directory: Holds its state, logs and temporary files.
        endpoints: Where it answers, once deployed.
    """

    endpoints: Endpoints

    def __init__(
        self,
        directory: Path,
        aws_port: int,
        web_origins: Sequence[str],
        report: Report = silently,
        turn_urls: Sequence[str] = (),
    ) -> None:
        self.directory = directory.resolve()
        self.aws_endpoint = f"http://{ports.HOST}:{aws_port}"
        self._port = aws_port
        self._web_origins = list(web_origins)
        self._turn_urls = list(turn_urls)
        self._report = report
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Stack":
        try:
            self.start()
            self.deploy()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start MiniStack with the state of last time.

        Raises:
            LocalError: The directory is in use, the port is taken, or MiniStack does not come up.
        """
        self._lock = self._occupy()
        ports.require_free(self._port, "AWS_PORT")
        with self._report(f"MiniStack, a local AWS, on {ports.HOST}:{self._port}"):
            self._start_server(self._lock)

    def deploy(self) -> None:
        """Build the zips and deploy the template, unless this state already holds the very same.

        Raises:
            LocalError: A zip cannot be built or the deployment failed.
        """
        with self._report("Lambda zips for this machine"):
            try:
                archives = package.build_all("host")
            except package.PackagingError as error:
                raise LocalError(str(error)) from error
        fingerprint = self._fingerprint(archives)
        if self._deployed_fingerprint() != fingerprint:
            with self._report("template, deployed with osls"):
                self._run_osls(fingerprint)
        self.endpoints = self._find_endpoints()

    def stop(self) -> None:
        """Let MiniStack save its state and end it with all its workers."""
        server, self._server = self._server, None
        if server is not None:
            # The end of its input is what tells it to stop.
            if server.stdin is not None:
                server.stdin.close()
            try:
                server.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """End MiniStack and its workers at once, as a crash would: only what was saved already is left."""
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        self.stop()

    def wait(self) -> int:
        """Wait until MiniStack ends by itself and return its exit code."""
        if self._server is None:
            raise LocalError("The local stack was not started.")
        return self._server.wait()

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service, as MiniStack's root user."""
        return boto3.client(
            service,
            endpoint_url=self.aws_endpoint,
            region_name=REGION,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    def keep_secret(self, name: str, text: str) -> None:
        """Put a secret into Parameter Store, as operators do."""
        self.client("ssm").put_parameter(Name=name, Value=text, Type="SecureString", Overwrite=True)

    def _occupy(self) -> IO[str]:
        """Take the directory for this process and the MiniStack it starts.

        Both hold the lock, and the system frees it when both are gone. After a kill -9 of the first, the second still
        saves its state; that is waited for.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self.directory / "lock").open("a+")
        deadline = time.monotonic() + STOP_TIMEOUT
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            lock.seek(0)
            owner = lock.read().strip()
            if _is_alive(owner) or time.monotonic() > deadline:
                lock.close()
                raise LocalError(f"Kaiwa runs here already (process {owner}): stop it first.")
            time.sleep(0.05)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _start_server(self, lock: IO[str]) -> None:
        temporary = self.directory / "tmp"
        # Workers of a MiniStack that was killed leave their unpacked code behind.
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        environment = {
            **_inherited("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "SSL_CERT_FILE"),
            "AUTH": "true",
            "BIND_HOST": ports.HOST,
            # It would remove containers that look like its own; a developer's containers are none of its business.
            "DOCKER_HOST": "unix:///nonexistent",
            "GATEWAY_PORT": str(self._port),
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_WARM_TTL_SECONDS": "60",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "S3_DATA_DIR": str(self.directory / "s3"),
            "S3_PERSIST": "1",
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(self.directory / "state"),
            "TMPDIR": str(temporary),
        }
        log = self.directory / "ministack.log"
        with log.open("wb") as output:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "local.ministack_server"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=[lock.fileno()],
                # A Ctrl-C on the terminal is ours to hear, and then to stop it in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not answers(self.aws_endpoint):
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"MiniStack did not start: {_last_line(log)}")
            time.sleep(0.05)

    def _fingerprint(self, archives: Sequence[Path]) -> str:
        digest = hashlib.sha256(json.dumps([self._port, self._web_origins, self._turn_urls]).encode())
        files = {path for pattern in DEPLOYED_FILES for path in ROOT.glob(pattern) if path.is_file()}
        for path in [*sorted(files), *archives]:
            digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _deployed_fingerprint(self) -> str | None:
        """Return what the deployed stack itself says it was made of; nothing after an unfinished deployment."""
        try:
            [stack] = self.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return None
        if stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", [])}
        return tags.get("fingerprint")

    def _run_osls(self, fingerprint: str) -> None:
        log = self.directory / "deploy.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)},
            **CREDENTIALS,
            # Whatever this person's own AWS settings are, they are not for here.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.aws_endpoint,
            "AWS_PORT": str(self._port),
            "AWS_REGION": REGION,
            "KAIWA_FINGERPRINT": fingerprint,
            "SLS_AWS_MONITORING_FREQUENCY": MONITORING_INTERVAL,
            "SLS_NOTIFICATIONS_MODE": "off",
            "SLS_TELEMETRY_DISABLED": "1",
            "TURN_URLS": ",".join(self._turn_urls),
            "WEB_ORIGINS": ",".join(self._web_origins),
        }
        with package.turn(), log.open("wb") as output:
            if not OSLS.exists():
                raise LocalError("osls is not installed: remove node_modules and run `make` again.")
            process = subprocess.Popen(
                [OSLS, "deploy", "--stage", STAGE, "--region", REGION, "--force", "--verbose"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                code = process.wait()
            except BaseException:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise
        if code:
            raise LocalError(f"The deployment failed: {_osls_error(log)} (all of it: {_shown(log)})")

    def _find_endpoints(self) -> Endpoints:
        execute = f"{self.aws_endpoint}/_aws/execute-api"
        apis = self.client("apigatewayv2").get_apis()["Items"]
        ids = {api["ProtocolType"]: api["ApiId"] for api in apis}
        cognito = self.client("cognito-idp")
        [pool] = cognito.list_user_pools(MaxResults=2)["UserPools"]
        [pool_client] = cognito.list_user_pool_clients(UserPoolId=pool["Id"], MaxResults=2)["UserPoolClients"]
        return Endpoints(
            api_url=f"{execute}/{ids['HTTP']}",
            socket_url=f"{execute}/{ids['WEBSOCKET']}/{STAGE}".replace("http", "ws", 1),
            aws_endpoint=self.aws_endpoint,
            region=REGION,
            user_pool_id=pool["Id"],
            user_pool_client_id=pool_client["ClientId"],
        )


def answers(aws_endpoint: str) -> bool:
    """Say whether a MiniStack answers at an address."""
    try:
        with urllib.request.urlopen(f"{aws_endpoint}/_ministack/health", timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False


def _inherited(*names: str) -> Mapping[str, str]:
    """Return a few variables of our own environment; functions see MiniStack's, so it gets no more than it needs."""
    return {name: os.environ[name] for name in names if name in os.environ}


def _is_alive(process_id: str) -> bool:
    if not process_id.isdecimal():
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _osls_error(log: Path) -> str:
    """Return what osls says after its heading `Error:`, as one line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    headings = [index for index, line in enumerate(lines) if line.startswith("Error:")]
    if not headings:
        return _last_line(log)
    said = lines[headings[-1] + 1 :]
    end = said.index("") if "" in said else len(said)
    return " ".join(said[:end]) or _last_line(log)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
