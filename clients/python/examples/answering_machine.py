"""Answers every call, plays a tone, records what is said until the caller hangs up, and sends the caller the recording.

    pip install kaiwa aiortc
    KAIWA_URL=… KAIWA_EMAIL=… KAIWA_PASSWORD=… python answering_machine.py FOLDER

It is a user like others: register one for it. A call is recorded for two minutes at most, as a WAV file in the folder.
"""

import asyncio
import fractions
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiortc import MediaStreamTrack, RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole, MediaRecorder
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame

from kaiwa import Client, KaiwaError
from kaiwa.shapes import Frame, JoinedCall, Signal

MOST_SECONDS = 120.0
SAMPLE_RATE = 48_000
FRAME_SAMPLES = SAMPLE_RATE // 50
FRAMES_A_SECOND = SAMPLE_RATE // FRAME_SAMPLES
TONE_SECONDS = 0.5
"""What an answering machine begins with; then it is silent."""


class Tone(MediaStreamTrack):
    """A tone of 440 Hz, and then nothing for as long as it is listened to."""

    kind = "audio"

    def __init__(self, seconds: float = TONE_SECONDS) -> None:
        super().__init__()
        self._tone_frames = seconds * FRAMES_A_SECOND
        self._frames = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        """Give the next 20 ms, when it is their time."""
        loop = asyncio.get_running_loop()
        self._began = self._began if self._began is not None else loop.time()
        await asyncio.sleep(self._began + self._frames / FRAMES_A_SECOND - loop.time())
        frame = AudioFrame("s16", "mono", FRAME_SAMPLES)
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = fractions.Fraction(1, SAMPLE_RATE)
        frame.pts = self._frames * FRAME_SAMPLES
        frame.planes[0].update(beep(frame.pts) if self._frames < self._tone_frames else bytes(2 * FRAME_SAMPLES))
        self._frames += 1
        return frame


def beep(start: int) -> bytes:
    """Return 20 ms of a square wave, from a sample on."""
    samples = range(start, start + FRAME_SAMPLES)
    return b"".join(
        (3000 if at * 880 // SAMPLE_RATE % 2 else -3000).to_bytes(2, "little", signed=True) for at in samples
    )


class Answer:
    """A call that is answered, and its caller at the other end."""

    def __init__(self, client: Client, joined: JoinedCall, path: Path) -> None:
        self.call = joined["call"]
        self.path = path
        self._client = client
        servers = [RTCIceServer(**server) for server in joined["iceServers"]]
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=servers))
        self._peer.addTrack(Tone())
        self._recorder = MediaRecorder(str(path))
        self._others = MediaBlackhole()
        self._peer.on("track", self._listen)

    def _listen(self, track: MediaStreamTrack) -> None:
        """Record what is said. What is shown is not looked at."""
        (self._recorder if track.kind == "audio" else self._others).addTrack(track)

    async def hear(self, frame: Frame) -> None:
        """Take a signal. Who was in the call before, the caller, offers."""
        if frame["fromUserId"] != self.call["callerId"]:
            return
        signal = frame["signal"]
        if description := signal.get("description"):
            await self._peer.setRemoteDescription(RTCSessionDescription(description["sdp"], description["type"]))
            await self._peer.setLocalDescription(await self._peer.createAnswer())
            await self._recorder.start()
            await self._others.start()
            # It has all of our candidates in it: aiortc finds them before.
            ours = self._peer.localDescription
            answer: Signal = {"description": {"type": ours.type, "sdp": ours.sdp}}
            to_device = frame["fromDeviceId"]
            await self._client.send_signal(self.call["callId"], frame["fromUserId"], answer, to_device_id=to_device)
        for candidate in [signal.get("candidate"), *signal.get("candidates", [])]:
            if candidate and candidate["candidate"]:
                await self._add(candidate)

    async def end(self) -> None:
        """Stop recording."""
        await self._recorder.stop()
        await self._others.stop()
        await self._peer.close()

    async def _add(self, candidate: dict[str, Any]) -> None:
        found = candidate_from_sdp(candidate["candidate"].removeprefix("candidate:"))
        found.sdpMid, found.sdpMLineIndex = candidate.get("sdpMid"), candidate.get("sdpMLineIndex")
        await self._peer.addIceCandidate(found)


class Machine:
    """Answers one call at a time; who calls meanwhile hears that it is busy."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder
        self._answer: Answer | None = None
        self._ending: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answer calls for ever."""
        self._client.on_state = self._come_back
        async for event in self._client.events():
            with suppress(KaiwaError):
                await self._hear(event)

    async def _hear(self, event: Frame) -> None:
        answer = self._answer
        if event["type"] == "call.ringing" and not answer:
            await self._pick_up(event["call"]["callId"])
        elif event["type"] == "call.signal" and answer and event["callId"] == answer.call["callId"]:
            await answer.hear(event)
        elif event["type"] == "call.ended" and answer and event["call"]["callId"] == answer.call["callId"]:
            await self._keep()

    async def _pick_up(self, call_id: str) -> None:
        joined = await self._client.accept_call(call_id)
        self._answer = Answer(self._client, joined, self._folder / f"{call_id}.wav")
        self._ending = asyncio.create_task(self._hang_up(call_id))

    def _come_back(self, is_online: bool) -> None:
        """Take part again after a lost line: what was signalled meanwhile is told then."""
        if is_online and self._answer:
            self._coming = asyncio.create_task(self._rejoin(self._answer.call["callId"]))

    async def _rejoin(self, call_id: str) -> None:
        # Where it has ended meanwhile, or the line is lost again, there is nothing more to do.
        with suppress(KaiwaError):
            await self._client.accept_call(call_id)

    async def _hang_up(self, call_id: str) -> None:
        await asyncio.sleep(MOST_SECONDS)
        self._ending = None
        with suppress(KaiwaError):
            await self._client.end_call(call_id)
        with suppress(KaiwaError):
            await self._keep()

    async def _keep(self) -> None:
        """End a recording, and send it to the caller."""
        answer, self._answer = self._answer, None
        if self._ending:
            self._ending.cancel()
        if not answer:
            return
        await answer.end()
        print(f"recorded {answer.path}", flush=True)
        chat = await self._client.start_direct_chat(answer.call["callerId"])
        file = await self._client.upload(answer.path)
        await self._client.send(chat["chatId"], "You said:", file_ids=[file["fileId"]])


async def main(folder: Path) -> None:
    """Log in, and answer."""
    folder.mkdir(parents=True, exist_ok=True)
    async with Client(os.environ["KAIWA_URL"]) as client:
        await client.log_in(os.environ["KAIWA_EMAIL"], os.environ["KAIWA_PASSWORD"])
        await client.connect()
        print("ready", flush=True)
        await Machine(client, folder).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "recordings")))
