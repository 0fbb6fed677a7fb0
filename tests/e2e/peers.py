"""Ends of a call: people with the Python client, and peers that reach each other by nothing but our signals."""

import asyncio
import re
from collections import defaultdict
from typing import Any, Self

from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
    VideoStreamTrack,
)
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from kaiwa import Client
from local.stack import Stack
from tests.e2e.people import TIMEOUT, Frame, Person

FRAMES = 10

LUMINANCE = 150
"""Of the picture that is sent: no black, which a decoder shows when it has got nothing."""

CANDIDATE = re.compile(r"^a=(candidate:.*?)\r?\n", re.MULTILINE)


class Grey(VideoStreamTrack):
    """A small picture, all of one grey."""

    async def recv(self) -> VideoFrame:
        frame = VideoFrame(64, 64, "yuv420p")
        for plane, value in zip(frame.planes, (LUMINANCE, 128, 128), strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = await self.next_timestamp()
        return frame


async def pictures(track: Any) -> list[int]:
    """Return how bright the first pictures are that come, in their middle."""
    frames = [await track.recv() for _ in range(FRAMES)]
    return [bytes(plane)[plane.line_size * 32 + 32] for plane in (frame.planes[0] for frame in frames)]


class End:
    """One person's end of a call: their client, what it hears, and their peer.

    Descriptions go out without candidates, and those after them one by one, as a browser's do.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.call_id = ""
        self.other = ""
        self.ways: set[str] = set()
        self.told: set[str] = set()
        self.peer: RTCPeerConnection | None = None
        self.coming: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._heard: dict[str, asyncio.Queue[Frame]] = defaultdict(asyncio.Queue)
        self._tasks = [asyncio.create_task(self._listen())]

    @classmethod
    async def of(cls, person: Person, stack: Stack) -> Self:
        client = Client(stack.endpoints.api_url, device_id="desk")
        await client.log_in(person.email, person.password)
        await client.connect()
        return cls(client)

    async def hear(self, kind: str) -> Frame:
        """Return the next frame of a kind, once it has come."""
        return await asyncio.wait_for(self._heard[kind].get(), TIMEOUT)

    async def call(self, other: "End", *, relay: bool) -> None:
        started = await self.client.start_call("video", callee_ids=[other.client.user_id])
        self.call_id, self.other = started["callId"], other.client.user_id
        self._prepare(started["iceServers"], relay=relay)

    async def answer(self, *, relay: bool) -> None:
        ringing = await self.hear("call.ringing")
        self.call_id, self.other = ringing["call"]["callId"], ringing["call"]["callerId"]
        joined = await self.client.accept_call(self.call_id)
        assert [(one["userId"], one["polite"]) for one in joined["peers"]] == [(self.other, True)]
        self._prepare(joined["iceServers"], relay=relay)

    async def offer(self) -> None:
        """Begin to connect, now that the other has answered."""
        assert (await self.hear("call.joined"))["userId"] == self.other
        await self._tell(await self._peer.createOffer())

    async def sees(self) -> list[int]:
        """Return how bright the pictures are that come from the other."""
        return await asyncio.wait_for(pictures(await self.coming), TIMEOUT)

    async def received(self) -> int:
        """Return how many packets of media have come."""
        report = await self._peer.getStats()
        return sum(one.packetsReceived for one in report.values() if one.type == "inbound-rtp")

    def cut(self) -> None:
        """Cut the socket, as a network does that is left."""
        connection: Any = self.client._socket.connection
        connection._socket.transport.abort()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self.peer:
            await self.peer.close()
        await self.client.close()

    @property
    def _peer(self) -> RTCPeerConnection:
        assert self.peer
        return self.peer

    def _prepare(self, servers: list[Any], *, relay: bool) -> None:
        policy = RTCIceTransportPolicy.RELAY if relay else RTCIceTransportPolicy.ALL
        configuration = RTCConfiguration(
            iceServers=[RTCIceServer(**one) for one in servers] if relay else [], iceTransportPolicy=policy
        )
        self.peer = RTCPeerConnection(configuration)
        self.peer.addTrack(Grey())
        self.peer.on("track", self.coming.set_result)
        self._tasks.append(asyncio.create_task(self._negotiate()))

    async def _listen(self) -> None:
        async for frame in self.client.events():
            self._heard[frame["type"]].put_nowait(frame)

    async def _negotiate(self) -> None:
        while True:
            frame = await self._heard["call.signal"].get()
            assert (frame["callId"], frame["fromUserId"]) == (self.call_id, self.other)
            signal = frame["signal"]
            self.told |= signal.keys()
            if description := signal.get("description"):
                await self._peer.setRemoteDescription(RTCSessionDescription(**description))
                if description["type"] == "offer":
                    await self._tell(await self._peer.createAnswer())
            elif "candidate" in signal:
                await self._peer.addIceCandidate(_candidate(signal["candidate"]))

    async def _tell(self, description: RTCSessionDescription) -> None:
        await self._peer.setLocalDescription(description)
        whole = self._peer.localDescription
        candidates = list(dict.fromkeys(CANDIDATE.findall(whole.sdp)))
        self.ways = {found[1] for one in candidates if (found := re.search(r" typ (\w+)", one))}
        bare = re.sub(r"^a=end-of-candidates\r?\n", "", CANDIDATE.sub("", whole.sdp), flags=re.MULTILINE)
        await self._send({"description": {"type": whole.type, "sdp": bare}})
        for one in candidates:
            await self._send({"candidate": {"candidate": one, "sdpMid": "0", "sdpMLineIndex": 0}})
        await self._send({"candidate": None})

    async def _send(self, signal: Any) -> None:
        await self.client.send_signal(self.call_id, self.other, signal)


def _candidate(told: dict[str, Any] | None) -> Any:
    """Read a candidate; None says that there are no more."""
    if told is None:
        return None
    candidate = candidate_from_sdp(told["candidate"].removeprefix("candidate:"))
    candidate.sdpMid, candidate.sdpMLineIndex = told["sdpMid"], told["sdpMLineIndex"]
    return candidate
