"""A real TURN server, and the credentials that getIceServers gives: who is let in, and that media flows through it."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from aioice import stun, turn
from aiortc import (
    RTCConfiguration,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
)

from core import clock
from domain.ice_servers import credential
from local import ports
from local.turn import Turn
from tests.contract.test_turn import CONFIGURATION
from tests.e2e.peers import FRAMES, LUMINANCE, Grey, pictures
from tests.e2e.people import TIMEOUT, Person

UNAUTHORIZED = 401
FORBIDDEN = 403


def run(act: Awaitable[Any]) -> Any:
    return asyncio.run(asyncio.wait_for(act, TIMEOUT))


def turn_of(person: Person) -> dict[str, Any]:
    (server,) = person.get("/ice-servers").raise_for_status().json()["iceServers"]
    return server


def lets_in(url: str, name: str, password: str) -> bool:
    """Say whether the server relays for whoever has these credentials."""
    host, port, transport = re.fullmatch(r"turn:([\d.]+):(\d+)\?transport=(\w+)", url).groups()

    async def allocate() -> bool:
        try:
            relaying, _ = await turn.create_turn_endpoint(
                asyncio.DatagramProtocol, (host, int(port)), name, password, transport=transport
            )
        except stun.TransactionFailed as refusal:
            if refusal.response.attributes["ERROR-CODE"][0] != UNAUTHORIZED:
                raise
            return False
        relaying.close()
        return True

    return run(allocate())


def signed(secret: str, seconds: int) -> tuple[str, str]:
    """Return credentials that end this many seconds from now."""
    name = f"{clock.seconds() + seconds}:ann"
    return name, credential(secret, name)


def test_ann_is_let_in_over_udp_and_tcp(relay: Turn, ann: Person) -> None:
    server = turn_of(ann)
    assert server["urls"] == relay.urls
    assert [lets_in(url, server["username"], server["credential"]) for url in relay.urls] == [True, True]


def test_credentials_end(relay: Turn) -> None:
    (secret,) = relay.secrets
    assert lets_in(relay.urls[0], *signed(secret, 60))
    assert not lets_in(relay.urls[0], *signed(secret, -60))


def test_nobody_else_can_make_them(relay: Turn, ann: Person, bob: Person) -> None:
    own, other = turn_of(ann), turn_of(bob)
    later = own["username"].replace(own["username"][:10], str(int(own["username"][:10]) + 1))
    assert not lets_in(relay.urls[0], *signed("another secret", 60))
    assert not lets_in(relay.urls[0], later, own["credential"])
    assert not lets_in(relay.urls[0], other["username"], own["credential"])
    assert not lets_in(relay.urls[0], own["username"], own["username"])


def test_while_secrets_rotate_both_open(tmp_path: Path) -> None:
    with Turn(tmp_path, ports.free(), ["the-new-one", "the-old-one"]) as rotating:
        assert lets_in(rotating.urls[0], *signed("the-new-one", 60))
        assert lets_in(rotating.urls[0], *signed("the-old-one", 60))
        assert not lets_in(rotating.urls[0], *signed("the-one-before", 60))


def peer(server: dict[str, Any]) -> RTCPeerConnection:
    """Return a peer that goes through the TURN server or not at all."""
    return RTCPeerConnection(
        RTCConfiguration(iceServers=[RTCIceServer(**server)], iceTransportPolicy=RTCIceTransportPolicy.RELAY)
    )


def ways(one: RTCPeerConnection) -> set[str]:
    """Return the kinds of candidates that a peer has found."""
    return set(re.findall(r"^a=candidate:.* typ (\w+)", one.localDescription.sdp, re.MULTILINE))


async def talk(ours: dict[str, Any], theirs: dict[str, Any]) -> list[list[int]]:
    """Let two peers see each other."""
    peers = [peer(ours), peer(theirs)]
    seen = [asyncio.get_running_loop().create_future() for _ in peers]
    for one, coming in zip(peers, seen, strict=True):
        one.addTrack(Grey())
        one.on("track", coming.set_result)
    caller, callee = peers
    try:
        await caller.setLocalDescription(await caller.createOffer())
        await callee.setRemoteDescription(caller.localDescription)
        await callee.setLocalDescription(await callee.createAnswer())
        await caller.setRemoteDescription(callee.localDescription)
        assert [ways(one) for one in peers] == [{"relay"}, {"relay"}]
        return list(await asyncio.gather(*[pictures(await coming) for coming in seen]))
    finally:
        await asyncio.gather(*[one.close() for one in peers])


def test_media_flows_both_ways_through_the_relay(ann: Person, bob: Person) -> None:
    for brightness in run(talk(turn_of(ann), turn_of(bob))):
        assert len(brightness) == FRAMES
        assert all(abs(one - LUMINANCE) < 10 for one in brightness), brightness


@pytest.mark.parametrize(("seconds", "expected"), [(60, {"relay"}), (-60, set())])
def test_a_peer_finds_a_way_until_its_credentials_end(seconds: int, expected: set[str], relay: Turn) -> None:
    name, password = signed(relay.secrets[0], seconds)

    async def gather() -> set[str]:
        alone = peer({"urls": relay.urls, "username": name, "credential": password})
        alone.addTrack(Grey())
        await alone.setLocalDescription(await alone.createOffer())
        found = ways(alone)
        await alone.close()
        return found

    assert run(gather()) == expected


class Instance(Turn):
    """A coturn as an instance of the fleet configures it (deploy/turn.yml), but for addresses and places."""

    def _lines(self) -> list[str]:
        table = self._directory / "turndb"
        with sqlite3.connect(table) as database:
            database.execute("CREATE TABLE turn_secret (realm TEXT, value TEXT, PRIMARY KEY (realm, value))")
            database.executemany("INSERT INTO turn_secret VALUES ('kaiwa', ?)", [(one,) for one in self.secrets])
        said = {"$private": ports.HOST, "=3478": f"={self._port}", "/var/lib/turn/turndb": str(table)}
        lines = [line for line in CONFIGURATION if line != "syslog" and not line.startswith("external-ip")]
        for name, value in said.items():
            lines = [line.replace(name, value) for line in lines]
        return [*lines, "log-file=stdout", "allow-loopback-peers", f"pidfile={self._directory / 'pid'}"]


INSIDE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "127.0.0.2"]


async def reached(url: str, name: str, password: str) -> set[str]:
    """Return which peers the server is willing to relay to."""
    host, port, _ = re.fullmatch(r"turn:([\d.]+):(\d+)\?transport=(\w+)", url).groups()
    _, client = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: turn.TurnClientUdpProtocol((host, int(port)), name, password, 600, 500), remote_addr=(host, int(port))
    )
    await client.connect()
    willing = set()
    for channel, peer_host in enumerate([ports.HOST, "8.8.8.8", *INSIDE], start=0x4000):
        try:
            await client.channel_bind(channel, (peer_host, 5000))
            willing.add(peer_host)
        except stun.TransactionFailed as refusal:
            if refusal.response.attributes["ERROR-CODE"][0] != FORBIDDEN:
                raise
    await client.delete()
    return willing


def test_the_fleet_lets_media_out_and_nobody_in(tmp_path: Path) -> None:
    with Instance(tmp_path, ports.free(), ["the-new-one", "the-old-one"]) as instance:
        assert lets_in(instance.urls[0], *signed("the-old-one", 60))
        assert not lets_in(instance.urls[0], *signed("the-one-before", 60))
        assert run(reached(instance.urls[0], *signed("the-new-one", 60))) == {ports.HOST, "8.8.8.8"}
        # Instances write a new secret beside what runs.
        with sqlite3.connect(tmp_path / "turndb") as database:
            database.execute("DELETE FROM turn_secret WHERE value = 'the-old-one'")
            database.execute("INSERT INTO turn_secret VALUES ('kaiwa', 'the-next-one')")
        assert lets_in(instance.urls[0], *signed("the-next-one", 60))
        assert not lets_in(instance.urls[0], *signed("the-old-one", 60))
