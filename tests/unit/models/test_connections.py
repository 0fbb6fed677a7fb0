import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock
from models.connections import LIFE_MILLISECONDS, Connections, Socket

NOW = 1_795_449_764_930

device_ids = st.text("abcXYZ019_-", min_size=1, max_size=64)
connection_ids = st.text("abcXYZ019_-=+/", min_size=1, max_size=20)


@given(device_ids, connection_ids, st.integers(0, 2**42))
def test_a_socket_comes_back_from_its_element(device_id: str, connection_id: str, at: int) -> None:
    socket = Socket("ann", device_id, connection_id, at)
    assert Connections("ann", elements={socket.element})._listed == [socket]


@pytest.mark.parametrize(("age", "live"), [(0, True), (LIFE_MILLISECONDS - 1, True), (LIFE_MILLISECONDS, False)])
def test_a_socket_is_dead_when_api_gateway_must_have_ended_it(
    age: int, live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "milliseconds", lambda: NOW)
    connections = Connections("ann", elements={Socket("ann", "d", "c", NOW - age).element})
    assert [len(connections.sockets), len(connections.dead_sockets)] == [live, not live]


def test_the_life_is_longer_than_api_gateways() -> None:
    assert 2 * 60 * 60 * 1000 < LIFE_MILLISECONDS <= 2.25 * 60 * 60 * 1000


def test_who_never_connected_has_no_sockets() -> None:
    assert Connections("ann").sockets == Connections("ann").dead_sockets == []
