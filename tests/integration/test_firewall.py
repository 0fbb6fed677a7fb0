"""The optional firewall before the HTTP API: around it nobody gets in, through it everybody keeps their own address."""

import pytest

from core.settings import settings
from tests.calls import Calls
from tests.gateway import Gateway
from tests.people import PASSWORD, Person

SECRET = "f" * 64
THROUGH = {"x-edge-secret": SECRET, "x-forwarded-for": "198.51.100.9, 192.0.2.44, 130.176.0.1"}
"""The first one is the client's own invention, the last one CloudFront's."""

ACCOUNT = {"username": "dan", "email": "dan@example.com", "password": PASSWORD}


@pytest.fixture
def firewall(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SECRET", SECRET)
    settings.cache_clear()


@pytest.mark.usefixtures("firewall")
@pytest.mark.parametrize(
    "headers",
    [{}, {"x-edge-secret": ""}, {"x-edge-secret": SECRET[1:]}, {"x-edge-secret": "é"}, {"x-edge-secret": "*"}],
)
def test_who_comes_around_it_is_refused_and_costs_nothing(
    headers: dict[str, str], gateway: Gateway, calls: Calls
) -> None:
    answer = gateway.http("POST", "/users", body=ACCOUNT, headers={"x-forwarded-for": "203.0.113.7", **headers})
    assert (answer.status, answer.code) == (403, "forbidden")
    assert calls.made == []


def test_a_token_does_not_help_around_it(ann: Person, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_SECRET", SECRET)
    settings.cache_clear()
    assert gateway.http("GET", "/users/me", claims=ann.claims).status == 403
    assert gateway.http("GET", "/users/me", claims=ann.claims, headers=THROUGH).status == 200


def register(gateway: Gateway, name: str, forwarded_for: str) -> int:
    account = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
    headers = {"x-edge-secret": SECRET, "x-forwarded-for": forwarded_for}
    return gateway.http("POST", "/users", body=account, headers=headers).status


@pytest.fixture
def one_registration_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMITS", '{"registrationsPerAddress": 1}')
    settings.cache_clear()


@pytest.mark.usefixtures("firewall", "one_registration_an_address")
def test_who_comes_through_is_counted_by_the_address_that_cloudfront_saw(gateway: Gateway) -> None:
    assert register(gateway, "dan", "192.0.2.44, 130.176.0.1") == 201
    # Neither an invented address nor another server of CloudFront's makes somebody else of them.
    assert register(gateway, "eli", "198.51.100.9, 192.0.2.44, 130.176.0.2") == 429
    assert register(gateway, "fay", "192.0.2.45, 130.176.0.1") == 201


@pytest.mark.usefixtures("gateway", "one_registration_an_address")
def test_without_a_firewall_nobody_s_word_is_taken_for_an_address(gateway: Gateway) -> None:
    assert register(gateway, "dan", "192.0.2.44, 130.176.0.1") == 201
    assert register(gateway, "eli", "192.0.2.45, 130.176.0.1") == 429
