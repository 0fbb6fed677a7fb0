import json
from collections.abc import Iterator

import httpx
import pytest

from deploy import site as deploy_site
from local import ports, web

API_URL = "http://127.0.0.1:4599/_aws/execute-api/ca11ab1e"
SOCKET_URL = "ws://127.0.0.1:4599/_aws/execute-api/cab1e5e7/local"


@pytest.fixture(scope="module")
def site() -> Iterator[httpx.Client]:
    port = ports.free()
    server = web.serve(port, API_URL, SOCKET_URL)
    with httpx.Client(base_url=f"http://{ports.HOST}:{port}") as client:
        yield client
    server.shutdown()
    server.server_close()


def test_the_page_is_served_and_always_asked_for_anew(site: httpx.Client) -> None:
    response = site.get("/")

    assert response.status_code == 200
    assert response.content == deploy_site.contents({}, [API_URL, SOCKET_URL])["index.html"]
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"


def test_the_library_is_served_as_javascript(site: httpx.Client) -> None:
    response = site.get("/clients/js/index.js")

    assert response.text == (deploy_site.LIBRARY / "index.js").read_text()
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_settings_name_the_api(site: httpx.Client) -> None:
    response = site.get("/config.json")

    assert json.loads(response.content) == {"apiUrl": API_URL}
    assert response.headers["Content-Type"] == "application/json"


def test_the_page_may_talk_to_the_api_alone(site: httpx.Client) -> None:
    response = site.get("/")

    assert "default-src 'self'" in response.text
    assert "connect-src 'self' http://127.0.0.1:4599 ws://127.0.0.1:4599;" in response.text
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_the_service_worker_names_what_is_served(site: httpx.Client) -> None:
    response = site.get("/service_worker.js")

    shell = json.loads(response.text.partition("const SHELL = ")[2].partition(";\n")[0])
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    for address, digest in shell["files"].items():
        assert deploy_site.digest(site.get(f"/{address}").content) == digest, address


def test_the_page_alone_may_ask_for_a_camera_and_a_microphone(site: httpx.Client) -> None:
    permissions = site.get("/").headers["Permissions-Policy"].split(", ")

    assert {"camera=(self)", "microphone=(self)", "display-capture=(self)"} <= set(permissions)


@pytest.mark.parametrize(
    "path",
    [
        "/missing.html",
        "/clients/",
        "/clients/js/",
        "/clients/js/%2e%2e/%2e%2e/Makefile",
        "/%2e%2e/Makefile",
        "/Makefile",
    ],
)
def test_nothing_else_is_served(site: httpx.Client, path: str) -> None:
    assert site.get(path).status_code == 404
