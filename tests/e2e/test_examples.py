"""The examples of the Python library, run as they stand, against the local stack."""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import threading
import wave
import zipfile
from array import array
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from answering_machine import Tone
from bridge.bridge import signature

from kaiwa import Client
from local import ports
from local.stack import CREDENTIALS, REGION, ROOT, Stack
from tests.e2e.people import TIMEOUT, Person, wait_until

EXAMPLES = ROOT / "clients" / "python" / "examples"

LOUD = 1_000
"""Of 32,767: the tone has 3,000."""

SPOKEN = 1.5
"""Seconds of what is said to the machine."""


@pytest.fixture
def start(stack: Stack) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start an example as somebody; it ends with the test."""
    started: list[subprocess.Popen[str]] = []

    def run(name: str, *arguments: str | Path, person: Person | None = None, **settings: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "clients" / "python"), **settings}
        if person:
            environment |= {"KAIWA_URL": stack.endpoints.api_url, "KAIWA_EMAIL": person.email}
            environment["KAIWA_PASSWORD"] = person.password
        command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for process in started:
        process.terminate()
        process.communicate(timeout=TIMEOUT)


def test_the_echo_bot_says_everything_again(start: Callable[..., Any], ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    start("echo_bot.py", person=bob)
    wait_until(lambda: ann.post("/presence", {"userIds": [bob.user_id]}).json()["users"][0]["online"])
    said = ann.say(chat_id, "おはよう")
    wait_until(lambda: len(ann.history(chat_id)) == 2)
    _, echo = ann.history(chat_id)
    assert (echo["senderId"], echo["text"], echo["replyTo"]) == (bob.user_id, "おはよう", said["messageId"])


def test_the_echo_bot_is_short() -> None:
    assert len((EXAMPLES / "echo_bot.py").read_text().splitlines()) <= 20


class Webhook:
    """Somebody's server."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                webhook.headers.append((dict(self.headers), body))
                webhook.told.append(json.loads(body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer((ports.HOST, 0), Handler)
        self.url = f"http://{ports.HOST}:{self.server.server_port}/"
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self) -> "Webhook":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def outputs(stack: Stack, name: str) -> dict[str, str]:
    (described,) = stack.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    assert "FAILED" not in described["StackStatus"], described
    return {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", [])}


@pytest.fixture
def deploy_bridge(stack: Stack) -> Iterator[Callable[..., str]]:
    """Deploy the bridge's template, with its function or without, and return its queue."""
    formation = stack.client("cloudformation")

    def deploy(**parameters: str) -> str:
        formation.create_stack(
            StackName="kaiwa-bridge",
            TemplateBody=(EXAMPLES / "bridge" / "template.yml").read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        wait_until(lambda: "QueueUrl" in outputs(stack, "kaiwa-bridge"))
        return outputs(stack, "kaiwa-bridge")["QueueUrl"]

    yield deploy
    formation.delete_stack(StackName="kaiwa-bridge")


@pytest.mark.parametrize("is_function", [True, False])
def test_the_bridge_tells_a_webhook_of_who_is_away(
    stack: Stack,
    start: Callable[..., Any],
    deploy_bridge: Callable[..., str],
    offline_events: None,
    ann: Person,
    bob: Person,
    eve: Person,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_function: bool,
) -> None:
    with Webhook() as webhook:
        settings = {"WEBHOOK_URL": webhook.url, "WEBHOOK_SECRET": "open sesame"}
        if is_function:
            keep_code(stack)
            deploy_bridge(Bus="kaiwa-local", Bucket="bridge-code", WebhookUrl=webhook.url, WebhookSecret="open sesame")
        else:
            place = {"AWS_ENDPOINT_URL": stack.aws_endpoint, "AWS_REGION": REGION, **CREDENTIALS}
            start("bridge/bridge.py", deploy_bridge(Bus="kaiwa-local"), **settings, **place)
        group = ann.start_chat(bob, eve)
        bob.open_socket()
        message = ann.say(group, "おはよう")
        wait_until(lambda: bool(webhook.told))
        call = ann.post("/calls", {"calleeIds": [bob.user_id, eve.user_id], "kind": "audio"}).json()["call"]
        wait_until(lambda: len(webhook.told) > 1)
    assert webhook.told == [
        {
            "type": "message.missed",
            "userId": eve.user_id,
            "title": "Friends",
            "body": "おはよう",
            "chatId": group,
            "messageId": message["messageId"],
            "senderId": ann.user_id,
            "sentAt": message["sentAt"],
        },
        {
            "type": "call.ringing",
            "userId": eve.user_id,
            "title": ann.username,
            "body": "Incoming audio call",
            "chatId": None,
            "callId": call["callId"],
            "callerId": ann.user_id,
            "ringExpiresAt": call["ringExpiresAt"],
        },
    ]
    monkeypatch.setenv("WEBHOOK_SECRET", "open sesame")
    headers, body = webhook.headers[0]
    assert headers["X-Kaiwa-Signature"] == signature(body)
    keys = [told["Idempotency-Key"] for told, _ in webhook.headers]
    assert keys == [f"{message['messageId']}:{eve.user_id}", f"{call['callId']}:{eve.user_id}"]


def keep_code(stack: Stack) -> None:
    """Put the function's code where the template takes it from."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(EXAMPLES / "bridge" / "bridge.py", "bridge.py")
    stack.client("s3").create_bucket(Bucket="bridge-code")
    stack.client("s3").put_object(Bucket="bridge-code", Key="bridge.zip", Body=archive.getvalue())


def test_the_answering_machine_records_a_call_and_sends_the_recording(
    stack: Stack, start: Callable[..., Any], ann: Person, bob: Person, tmp_path: Path
) -> None:
    machine = start("answering_machine.py", tmp_path, person=bob)
    assert machine.stdout.readline() == "ready\n"
    asyncio.run(asyncio.wait_for(speak(stack, ann, bob), TIMEOUT))
    recording = Path(machine.stdout.readline().removeprefix("recorded ").strip())
    assert recording.parent == tmp_path
    seconds, loudness = heard(recording)
    assert seconds > SPOKEN / 2
    assert loudness > LOUD
    chat_id = ann.start_chat(bob)
    wait_until(lambda: len(ann.history(chat_id)) == 1)
    (message,) = ann.history(chat_id)
    (file_id,) = message["fileIds"]
    download = ann.http.get(f"/files/{file_id}", headers={**ann.authorization, "Accept": "application/json"}).json()
    assert download["file"]["size"] == recording.stat().st_size


async def speak(stack: Stack, ann: Person, bob: Person) -> None:
    """Call the machine as a browser does, hear its tone, say something, and hang up."""
    async with Client(stack.endpoints.api_url) as client:
        await client.log_in(ann.email, ann.password)
        await client.connect()
        call_id = (await client.start_call("audio", callee_ids=[bob.user_id]))["callId"]
        peer = RTCPeerConnection()
        peer.addTrack(Tone(seconds=60))
        # As the page's, it has a channel for what is shown.
        peer.createDataChannel("shown", negotiated=True, id=0)
        coming: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        peer.on("track", coming.set_result)
        async for event in client.events():
            if event["type"] == "call.joined":
                await peer.setLocalDescription(await peer.createOffer())
                await tell_in_pieces(client, call_id, bob.user_id, peer.localDescription)
            elif event["type"] == "call.signal":
                await peer.setRemoteDescription(RTCSessionDescription(**event["signal"]["description"]))
                break
        track = await coming
        loudness = 0
        while loudness < LOUD:
            loudness = peak(bytes((await track.recv()).planes[0]))
        # Speaking takes its time; nothing tells how much of it the machine has heard.
        await asyncio.sleep(SPOKEN)
        await client.end_call(call_id)
        await peer.close()


async def tell_in_pieces(client: Client, call_id: str, user_id: str, offer: RTCSessionDescription) -> None:
    """Tell a peer an offer, and each candidate by itself: a browser finds them later."""
    candidates = re.findall("^a=(candidate:.*?)\r?$", offer.sdp, re.MULTILINE)
    sdp = "".join(line for line in offer.sdp.splitlines(keepends=True) if "candidate" not in line)
    await client.send_signal(call_id, user_id, {"description": {"type": offer.type, "sdp": sdp}})
    for candidate in candidates:
        signal = {"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0}
        await client.send_signal(call_id, user_id, {"candidate": signal})


def peak(samples: bytes) -> int:
    """Return how loud 16-bit samples are at most."""
    return max(map(abs, array("h", samples)), default=0)


def heard(recording: Path) -> tuple[float, int]:
    """Return for how long something was recorded, and how loud it was."""
    with wave.open(str(recording)) as opened:
        return opened.getnframes() / opened.getframerate(), peak(opened.readframes(opened.getnframes()))
