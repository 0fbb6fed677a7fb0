"""The page as an app on the device: without a line, and when a newer version comes."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy import site
from local import ports, web
from tests.browser.conftest import USUAL
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

KEPT = """async () => {
    const names = (await caches.keys()).filter((name) => name.startsWith("kaiwa-shell-"));
    return Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).length));
}"""
CONTROLLED = "() => navigator.serviceWorker.controller !== null"
READY = "() => navigator.serviceWorker.ready.then((registration) => registration.active.state)"
# Wait until a log that is remembered has some words in it, or until nothing is remembered.
UNTIL_KEPT = """async (words) => {
    const records = () => new Promise((done) => {
        const opening = indexedDB.open("kaiwa", 1);
        opening.onsuccess = () => {
            const asking = opening.result.transaction("known").objectStore("known").getAll();
            asking.onsuccess = () => { opening.result.close(); done(asking.result); };
        };
    });
    const inLogs = (all) => JSON.stringify(all.map(({ logs }) => logs));
    const isSo = (all) => (words === null ? all.length === 0 : inLogs(all).includes(words));
    while (!isSo(await records())) await new Promise(requestAnimationFrame);
}"""
UPDATE = """async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    const worker = registration.installing ?? registration.waiting;
    if (worker?.state === "installing")
        await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
    return worker?.state;
}"""


def install(page: Page) -> None:
    """Wait until the page is kept, and load it from there."""
    page.evaluate(READY)
    page.reload()
    page.wait_for_function(CONTROLLED)


def test_without_a_line_what_is_known_is_shown_and_what_is_written_goes_later(
    open_window: Open, ann: Person, bob: Person
) -> None:
    chat_id = ann.start_chat(bob)
    bob.say(chat_id, "before the tunnel")
    window = open_window(service_workers="allow").welcome(ann)
    window.open_chat(bob.username)
    window.hears("before the tunnel")
    install(window.page)
    window.hears("before the tunnel")
    window.is_connected()
    window.page.evaluate(UNTIL_KEPT, "before the tunnel")

    window.context.set_offline(True)
    window.page.reload()
    window.hears("before the tunnel")
    expect(window.banner).to_contain_text("You are offline")
    expect(window.chat(bob.username)).to_contain_text("before the tunnel")
    window.say("written in the tunnel")
    window.is_sending("written in the tunnel")
    bob.say(chat_id, "meanwhile")

    window.context.set_offline(False)
    window.shows(["before the tunnel", "meanwhile", "written in the tunnel"])
    window.has_sent("written in the tunnel")

    # Nothing of it stays in the browser once she has left.
    window.button("Log out").click()
    expect(window.heading("Welcome back")).to_be_visible()
    window.page.evaluate(UNTIL_KEPT, None)


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page that a test may change."""
    shutil.copytree(site.PAGES, tmp_path / "web")
    monkeypatch.setattr(site, "PAGES", tmp_path / "web")
    return tmp_path / "web"


@pytest.fixture
def entrance(browser: Browser, pages: Path) -> Iterator[Page]:
    """The page before anyone is logged in, kept on the device."""
    port = ports.free()
    server = web.serve(port, "https://server.invalid", "wss://server.invalid")
    context = browser.new_context(**{**USUAL, "service_workers": "allow"})
    page = context.new_page()
    page.goto(f"http://{ports.HOST}:{port}")
    install(page)
    yield page
    context.close()
    server.shutdown()
    server.server_close()


def change(pages: Path, name: str, old: str, new: str) -> None:
    path = pages / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_newer_version_waits_until_it_is_wanted_and_comes_whole(entrance: Page, pages: Path) -> None:
    (files,) = entrance.evaluate(KEPT)
    assert files == len(site.files()) - 1
    change(pages, "strings/en.js", "Welcome back", "Welcome again")
    change(pages, "style/theme.css", "--surface: #ffffff", "--surface: #fffffe")

    # The window keeps the version it was opened with, whatever it loads anew.
    assert entrance.evaluate(UPDATE) == "installed"
    expect(entrance.get_by_text("There is a newer version of this page.")).to_be_visible()
    entrance.reload()
    expect(entrance.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert surface(entrance) == "#ffffff"

    entrance.get_by_role("button", name="Load it").click()
    expect(entrance.get_by_role("heading", name="Welcome again")).to_be_visible()
    assert surface(entrance) == "#fffffe"
    assert entrance.evaluate(KEPT) == [files]


def test_a_version_that_is_only_half_there_is_not_taken(
    entrance: Page, pages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = entrance.evaluate(KEPT)
    change(pages, "strings/en.js", "Welcome back", "Welcome again")
    # One file is still that of another version: what the list says of it is not what comes.
    digest = site.digest
    monkeypatch.setattr(
        site, "digest", lambda content: digest(content + b"other") if b"--surface" in content else digest(content)
    )

    assert entrance.evaluate(UPDATE) == "redundant"
    entrance.reload()
    expect(entrance.get_by_role("heading", name="Welcome back")).to_be_visible()
    expect(entrance.get_by_text("There is a newer version of this page.")).to_have_count(0)
    assert entrance.evaluate(KEPT) == kept


def surface(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--surface')")


def test_it_can_be_installed(entrance: Page) -> None:
    page = entrance.context.new_cdp_session(entrance)
    manifest = page.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    errors = page.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Every context of a test is a private window.
    assert [error["errorId"] for error in errors] == ["in-incognito"]
