"""adapters.parameters against a real HTTP server that answers as Parameter Store does."""

import json

import pytest

from adapters import parameters
from core.settings import settings
from tests.endpoint import Endpoint, Told


@pytest.fixture(autouse=True)
def _parameter_store(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARAMETERS_URL", endpoint.url)
    settings.cache_clear()


def test_a_secret_is_asked_for_decrypted(endpoint: Endpoint) -> None:
    endpoint.answer(Told(200, b'{"Parameter": {"Name": "/a", "Value": "b"}}'))
    assert parameters.secret("/a") == "b"
    (post,) = endpoint.posts
    assert post.headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert json.loads(post.body) == {"Name": "/a", "WithDecryption": True}


@pytest.mark.parametrize("status", [400, 403, 500])
def test_what_cannot_be_read_is_told_by_its_status_alone(endpoint: Endpoint, status: int) -> None:
    endpoint.answer(Told(status, b'{"message": "a secret"}'))
    with pytest.raises(parameters.ParameterError, match=rf"^Parameter Store answered {status}\.$"):
        parameters.secret("/a")
