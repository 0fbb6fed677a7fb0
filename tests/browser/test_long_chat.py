"""A chat of 10,000 messages: the page stays light, and what is read stays where it is."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local import ports, web
from tests.browser.conftest import WIDE

LONG_CHAT = Path(__file__).with_name("long_chat.js")
MESSAGES = 10_000

# What web/message_window.js allows, with a line for each day and for what is new.
MOST_ROWS = 160 + 10
MOST_NODES = 3_500

COUNT = "() => [document.querySelectorAll('.messages > *').length, document.querySelectorAll('*').length]"
# The message in the middle of the pane, and where it stands in the window.
LOOK = """() => {
    const pane = document.querySelector('[role=log]').getBoundingClientRect();
    const middle = pane.top + pane.height / 2;
    const row = [...document.querySelectorAll('[data-testid=message]')]
        .find((each) => each.getBoundingClientRect().bottom > middle);
    return [row.dataset.message, row.getBoundingClientRect().top];
}"""
TOP_OF = """id => document.querySelector(`[data-message="${id}"]`)?.getBoundingClientRect().top"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = ports.free()
    site = web.serve(port, "https://server.invalid", "wss://server.invalid")
    yield f"http://{ports.HOST}:{port}"
    site.shutdown()
    site.server_close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=WIDE, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    script = LONG_CHAT.read_text()
    page.route("**/app.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    yield page
    context.close()
    assert complaints == []


def show(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text(f"message {MESSAGES}").last).to_be_visible()
    check_light(page)


def check_light(page: Page) -> None:
    rows, nodes = page.evaluate(COUNT)
    assert rows <= MOST_ROWS
    assert nodes <= MOST_NODES


def seen(page: Page) -> tuple[str, float]:
    message_id, top = page.evaluate(LOOK)
    return message_id, top


def scroll(page: Page, distance: int) -> None:
    """Scroll by some pixels, and see that exactly this has moved what stood in the middle."""
    message_id, before = seen(page)
    page.evaluate("distance => { document.querySelector('[role=log]').scrollBy(0, distance) }", distance)
    # Two frames: one for the event, one for what it brings in; and the turn in which the server answers.
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )
    assert page.evaluate(TOP_OF, message_id) == pytest.approx(before - distance, abs=2)
    check_light(page)


def test_scrolling_up_through_history_keeps_the_place_and_the_page_light(page: Page, address: str) -> None:
    show(page, f"{address}/#/chats/chat")
    first, _ = seen(page)
    for _ in range(40):
        scroll(page, -300)
    middle, _ = seen(page)
    assert int(middle[1:]) < int(first[1:]) - 100

    # What comes in now is counted below, and moves nothing.
    before = seen(page)
    page.evaluate("server.store({ senderId: 'bob', text: 'down here' })")
    expect(page.get_by_role("button", name="1 new message")).to_be_visible()
    assert seen(page) == before
    check_light(page)

    for _ in range(10):
        scroll(page, 300)
    page.get_by_role("button", name="1 new message").click()
    expect(page.get_by_text("down here").last).to_be_in_viewport()
    check_light(page)


def test_with_all_of_it_held_the_page_is_as_light(page: Page, address: str) -> None:
    show(page, f"{address}/?held#/chats/chat")
    pane = page.get_by_role("log")
    pane.press("Home")
    expect(page.get_by_text("This is the beginning of your conversation.")).to_be_in_viewport()
    assert page.get_by_test_id("message-text").first.inner_text() == "message 1\nand more"
    check_light(page)
    for _ in range(10):
        scroll(page, 700)

    # A message that comes in is one row more, and leaves the others alone.
    pane.press("End")
    expect(page.get_by_text(f"message {MESSAGES}").last).to_be_in_viewport()
    page.evaluate("""() => {
        globalThis.built = 0;
        new MutationObserver((changes) => {
            for (const { addedNodes } of changes) built += addedNodes.length;
        }).observe(document.querySelector('.messages'), { childList: true });
    }""")
    page.evaluate("server.store({ senderId: 'bob', text: 'and one more' })")
    expect(page.get_by_text("and one more").last).to_be_in_viewport()
    # The row itself, and the one before it, which is no longer the last of its group.
    assert page.evaluate("built") <= 2
    check_light(page)
