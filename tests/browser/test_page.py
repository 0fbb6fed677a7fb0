"""How the page looks, what it says when something is wrong, and what it makes of hostile words."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</span><b>bold</b>",
    "javascript:alert(1)",
    "&lt;not&gt; &amp; entities",
    '"><svg onload=alert(1)>',
]


def test_a_wrong_password_is_named(open_window: Open, ann: Person) -> None:
    window = open_window()
    for email, password in ((ann.email, "Wrong-Horse-9"), ("nobody@example.com", ann.password)):
        window.log_in(email, password)
        window.says("The email or the password is wrong.")
        expect(window.button("Log in")).to_be_enabled()
    assert window.refusals == [401, 401]
    window.refusals.clear()
    window.welcome(ann)


def test_what_is_wrong_with_a_registration_stands_at_its_field(open_window: Open, ann: Person) -> None:
    window = open_window()
    window.register("", "no mail address", "")
    for label in ("Username", "Email"):
        expect(window.page.get_by_label(label)).to_have_attribute("aria-invalid", "true")
    expect(window.password).to_have_attribute("aria-invalid", "true")
    assert window.refusals == []

    window.register("new-" + ann.username, "new-" + ann.email, "password")
    expect(window.password).to_have_attribute("aria-invalid", "true")
    expect(window.password).to_be_focused()
    expect(window.page.get_by_label("Email")).not_to_have_attribute("aria-invalid", "true")

    window.register(ann.username, "new-" + ann.email, ann.password)
    window.says("That username or email is already taken.")
    assert window.refusals == [400, 409]
    window.refusals.clear()


def test_a_tab_that_was_duplicated_is_a_device_of_its_own(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    first = device_of(window.page)
    # With all that is kept in it, as browsers duplicate a tab.
    with window.page.expect_popup() as opening:
        window.page.evaluate("() => { open(location.href); }")
    expect(opening.value.get_by_test_id("connection")).to_have_text("Connected")
    assert device_of(opening.value) != first
    window.page.reload()
    window.is_connected()
    assert device_of(window.page) == first
    opening.value.close()


def device_of(page: Page) -> str:
    device: str = page.evaluate("JSON.parse(sessionStorage.getItem('kaiwa.device'))")
    return device


def change_session(window: Window, **changes: object) -> None:
    """Change what the browser keeps of a session, and load the page anew with it."""
    window.page.evaluate(
        """changes => {
            const session = JSON.parse(localStorage.getItem("kaiwa.session"));
            localStorage.setItem("kaiwa.session", JSON.stringify({ ...session, ...changes }));
        }""",
        changes,
    )
    window.page.reload()


def test_a_session_goes_on_by_itself_and_ends_with_a_word(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    change_session(window, expiresAt=0, accessToken="late")
    window.is_connected()
    assert window.refusals == []

    change_session(window, expiresAt=0, refreshToken="late")
    window.says("Your session has ended. Please log in again.")
    assert set(window.refusals) == {401}
    window.refusals.clear()


def test_a_session_that_the_server_no_longer_knows_ends_with_a_word(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    change_session(window, accessToken="unknown")
    window.is_connected()
    change_session(window, accessToken="unknown", refreshToken="unknown")
    window.says("Your session has ended. Please log in again.")
    # The gateway refuses an unknown token by itself and in words that no page of another origin may read.
    for complaint in window.complaints:
        assert "blocked by CORS policy" in complaint or "net::ERR_FAILED" in complaint
    window.complaints.clear()
    assert set(window.refusals) == {401}
    window.refusals.clear()


def test_hostile_words_are_shown_as_words(open_window: Open, ann: Person, bob: Person) -> None:
    direct = ann.start_chat(bob)
    group = ann.post("/chats", {"kind": "group", "name": HOSTILE[0], "memberIds": [bob.user_id]}).json()["chatId"]
    window = open_window().welcome(bob)
    window.open_chat(ann.username)
    for text in HOSTILE:
        ann.say(direct, text)
        window.hears(text)
    window.shows(HOSTILE)
    ann.say(group, HOSTILE[1])
    window.open_chat(HOSTILE[0])
    window.hears(HOSTILE[1])
    expect(window.page.get_by_role("heading", name=HOSTILE[0])).to_be_visible()
    assert window.page.locator("main :is(script, b, svg[onload], [onerror], a[href^=javascript])").count() == 0
    # window.complaints holds any dialog and any error of the page.


def test_links_lead_away_from_the_page_safely(open_window: Open, ann: Person, bob: Person) -> None:
    window = open_window().welcome(bob)
    ann.say(ann.start_chat(bob), "see https://example.com/a?b=1, please")
    window.open_chat(ann.username)
    link = window.messages_pane.get_by_role("link", name="https://example.com/a?b=1")
    expect(link).to_have_attribute("href", "https://example.com/a?b=1")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")


def test_an_unfinished_japanese_word_is_not_sent(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    window.composer.focus()
    keyboard = window.context.new_cdp_session(window.page)
    keyboard.send("Input.imeSetComposition", {"text": "おはよう", "selectionStart": 4, "selectionEnd": 4})
    expect(window.composer).to_have_value("おはよう")
    # The Enter that ends the word belongs to the input method: browsers report it with key code 229.
    for kind in ("rawKeyDown", "keyUp"):
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "key": "Enter", "windowsVirtualKeyCode": 229})
    keyboard.send("Input.insertText", {"text": "お早う"})
    expect(window.composer).to_have_value("お早う")
    assert window.texts == []
    window.composer.press("Shift+Enter")
    window.page.keyboard.insert_text("元気？")
    window.composer.press("Enter")
    window.has_sent("お早う\n元気？")
    assert [message["text"] for message in bob.history(chat_id)] == ["お早う\n元気？"]


def test_a_phone_shows_one_pane_at_a_time(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "W" * 300)
    window = open_window(**PHONE).welcome(bob)
    check_fits(window.page)
    expect(window.composer).to_have_count(0)

    window.page.get_by_role("link", name=ann.username).tap()
    window.hears("W" * 300)
    expect(window.chat(ann.username)).to_be_hidden()
    check_fits(window.page)
    window.composer.fill("from the\ntrain")
    window.button("Send").tap()
    window.has_sent("from the\ntrain")
    expect(window.composer).to_be_in_viewport()
    expect(window.message("from the\ntrain")).to_be_in_viewport()

    window.button("Back to chats").tap()
    expect(window.chat(ann.username)).to_be_visible()
    expect(window.composer).to_have_count(0)


def test_a_wide_window_shows_both_panes(open_window: Open, ann: Person, bob: Person) -> None:
    ann.say(ann.start_chat(bob), "hello")
    window = open_window().welcome(bob)
    window.open_chat(ann.username)
    expect(window.chat(ann.username)).to_be_in_viewport()
    expect(window.composer).to_be_in_viewport()
    expect(window.chat(ann.username)).to_have_attribute("aria-current", "page")
    check_fits(window.page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_devices_scheme_and_the_persons_choice(
    open_window: Open, ann: Person, scheme: str
) -> None:
    window = open_window(color_scheme=scheme).welcome(ann)
    other = {"light": "dark", "dark": "light"}[scheme]
    assert brightness(window) == scheme
    window.button("Theme: as the device").click()
    if scheme == "light":
        window.button("Theme: light").click()
    expect(window.button(f"Theme: {other}")).to_be_visible()
    assert brightness(window) == other
    window.page.reload()
    expect(window.button(f"Theme: {other}")).to_be_visible()
    assert brightness(window) == other


def test_a_chat_that_is_not_ones_own_says_so(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    window.page.goto(f"{window.web_url}/#/chats/invented")
    window.says("This chat does not exist, or you are not in it.")
    assert set(window.refusals) == {404}
    window.refusals.clear()


def brightness(window: Window) -> str:
    """Say what the page is painted on: light or dark."""
    red, green, blue = (int(part) for part in window.style("body", "background-color")[4:-1].split(",")[:3])
    return "light" if red + green + blue > 384 else "dark"


def check_fits(page: Page) -> None:
    """Nothing of the page stands beyond the window's width."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth")
