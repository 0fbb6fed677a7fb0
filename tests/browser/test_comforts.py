"""What makes writing and finding pleasant: marks, emoji, drafts, search, notifications, and the page's language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_page import HOSTILE
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

# A chat that somebody looks away from.
HIDE = """() => {
    Object.defineProperty(document, "visibilityState", { get: () => globalThis.isAway ? "hidden" : "visible" });
    globalThis.isAway = true;
    globalThis.told = [];
    globalThis.Notification = class extends EventTarget {
        static permission = "default";
        static async requestPermission() { return (Notification.permission = globalThis.answer); }
        constructor(title, { body, tag, icon }) { super(); told.push({ title, body, tag, icon }); }
        close() { told.push("closed"); }
    };
}"""


def test_marks_become_formatting_and_markup_stays_text(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    bob.say(chat_id, "*bold* _italic_ ~gone~ `code` https://example.com\n> quoted\n```\nblock\n```")
    text = window.page.get_by_test_id("message-text").first
    for tag, words in {"strong": "bold", "em": "italic", "s": "gone", "blockquote": "quoted", "pre": "block"}.items():
        expect(text.locator(tag)).to_have_text(words)
    expect(text.locator("code").first).to_have_text("code")
    expect(text.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(window.chat(bob.username)).to_contain_text("bold italic gone code")

    for number, hostile in enumerate(HOSTILE):
        bob.say(chat_id, ("*{}*", "_{}_", "> {}", "```{}```", "`{}`", "*`{}`*")[number].format(hostile))
    bob.say(chat_id, '*[x](javascript:alert(1))* *https://example.com/"onclick=alert(1)*')
    expect(window.page.get_by_text("[x](javascript:alert(1))").first).to_be_visible()
    assert (
        window.page.locator("main .text :is(script, img, svg, [onerror], [onclick], a[href^=javascript])").count() == 0
    )

    # What is selected gets a mark by keyboard, and loses it again.
    window.composer.fill("all of it")
    for expected in ("*all of it*", "all of it"):
        window.composer.press("ControlOrMeta+a") if expected.startswith("*") else None
        window.composer.press("ControlOrMeta+b")
        expect(window.composer).to_have_value(expected)


def test_any_emoji_is_found_by_its_name_and_by_keyboard(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    message = bob.say(chat_id, "We won!")
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    window.button("Emoji").click()
    search = window.page.get_by_label("Search emoji")
    search.fill("trophy")
    search.press("Enter")
    expect(window.composer).to_have_value("🏆")
    expect(window.composer).to_be_focused()

    window.page.locator(f"[data-message='{message['messageId']}'] [data-actions]").press("Enter")
    window.page.get_by_role("menuitem", name="More emoji").click()
    # What was chosen last comes first.
    latest = window.page.locator("[data-emoji='🏆']").first
    expect(latest).to_be_visible()
    search.press("ArrowDown")
    expect(latest).to_be_focused()
    window.page.keyboard.press("ArrowRight")
    window.page.keyboard.press("ArrowLeft")
    window.page.keyboard.press("Enter")
    expect(window.page.get_by_test_id("reaction")).to_contain_text("🏆")
    assert bob.history(chat_id)[0]["reactions"] == {"🏆": [ann.user_id]}


def test_drafts_wait_in_their_chats_until_one_logs_out(
    open_window: Open, ann: Person, bob: Person, eve: Person
) -> None:
    ann.start_chat(bob)
    ann.start_chat(eve)
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    window.composer.fill("dear *bob*")
    window.open_chat(eve.username)
    expect(window.composer).to_have_value("")
    expect(window.chat(bob.username)).to_contain_text("Draft: dear bob")

    # Another window of the same browser finds it too.
    other = window.context.new_page()
    other.goto(window.web_url)
    other.get_by_role("link", name=bob.username).click()
    expect(other.get_by_label("Message", exact=True)).to_have_value("dear *bob*")
    other.close()

    window.open_chat(bob.username)
    window.composer.press("Enter")
    window.has_sent("dear bob")
    window.open_chat(eve.username)
    expect(window.chat(bob.username)).not_to_contain_text("Draft")
    window.composer.fill("a secret")
    window.button("Log out").click()
    expect(window.heading("Welcome back")).to_be_visible()
    assert "secret" not in window.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_search_goes_through_what_is_loaded_and_further_back(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    bob.say(chat_id, "the first LANTERN")
    for number in range(60):
        (ann, bob)[number % 2].say(chat_id, f"message {number}")
    bob.say(chat_id, "a lantern. Another lantern?")
    ann.say(chat_id, "no (lan.ern) here")
    window = open_window(viewport={"width": 1280, "height": 500}).welcome(ann)
    window.open_chat(bob.username)
    window.hears("no (lan.ern) here")
    window.composer.press("ControlOrMeta+f")
    field = window.page.get_by_label("Search loaded messages")
    count = window.page.get_by_test_id("search-count")
    expect(field).to_be_focused()
    field.fill("lantern")
    expect(count).to_have_text("1 of 1")
    expect(window.page.locator("mark")).to_have_text(["lantern", "lantern"])
    window.button("Search further back").click()
    expect(count).to_have_text("1 of 2")
    expect(window.message("the first LANTERN")).to_be_in_viewport()
    field.press("ArrowDown")
    expect(count).to_have_text("2 of 2")
    expect(window.message("a lantern. Another lantern?")).to_be_in_viewport()
    # What is typed is words, not a pattern.
    field.fill("(lan.ern)")
    expect(count).to_have_text("1 of 1")
    field.press("Escape")
    expect(field).to_be_hidden()
    expect(window.page.locator("mark")).to_have_count(0)
    expect(window.composer).to_be_focused()


@pytest.mark.parametrize("answer", ["granted", "denied"])
def test_notifications_are_asked_for_and_hold_no_words_unless_wanted(
    open_window: Open, ann: Person, bob: Person, answer: str
) -> None:
    chat_id = ann.start_chat(bob)
    window = open_window()
    window.context.add_init_script(f"({HIDE})(); globalThis.answer = '{answer}'; globalThis.isAway = false;")
    window.page.reload()
    window.welcome(ann)
    window.open_chat(bob.username)
    window.page.get_by_test_id("me").click()
    window.button("Settings").click()
    notify = window.page.get_by_role("switch", name="Notifications", exact=True)
    words = window.page.get_by_role("switch", name="Words in notifications")
    expect(notify).not_to_be_checked()
    expect(words).to_be_disabled()
    notify.click()
    if answer == "denied":
        window.says("The browser does not permit notifications of this page.")
        expect(notify).not_to_be_checked()
        return

    expect(notify).to_be_checked()
    bob.say(chat_id, "one is looking")
    window.hears("one is looking")
    look_away(window.page)
    bob.say(chat_id, "*a secret*")
    window.page.wait_for_function("() => told.length === 1")
    words.click()
    bob.say(chat_id, "*no* secret")
    window.page.wait_for_function("() => told.length === 2")
    # Whoever looks again has seen them.
    window.page.evaluate("isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
    window.page.wait_for_function("() => told.length === 3")
    icon = "images/icon-192.png"
    assert window.page.evaluate("told") == [
        {"title": bob.username, "body": "New message", "tag": chat_id, "icon": icon},
        {"title": bob.username, "body": "no secret", "tag": chat_id, "icon": icon},
        "closed",
    ]

    # Nor is anything told while one looks at another page of the same browser.
    other = window.context.new_page()
    other.goto(window.web_url)
    expect(other.get_by_test_id("connection")).to_have_text("Connected")
    look_away(window.page)
    bob.say(chat_id, "one looks elsewhere")
    window.hears("one looks elsewhere")
    look_away(other)
    bob.say(chat_id, "nobody looks")
    window.page.wait_for_function("() => told.length > 3")
    assert window.page.evaluate("told.slice(3).map(({ body }) => body)") == ["nobody looks"]
    other.close()


def look_away(page: Page) -> None:
    page.evaluate("isAway = true; document.dispatchEvent(new Event('visibilitychange'))")


def test_the_language_is_the_browsers_until_another_is_chosen(open_window: Open, ann: Person) -> None:
    window = open_window(locale="ja-JP")
    expect(window.heading("おかえりなさい")).to_be_visible()
    expect(window.page.locator("html")).to_have_attribute("lang", "ja")
    window.page.get_by_label("言語 (Language)").select_option("English")
    expect(window.heading("Welcome back")).to_be_visible()
    window.welcome(ann)
    window.page.reload()
    window.is_connected()
    expect(window.page.locator("html")).to_have_attribute("lang", "en")
    window.page.get_by_test_id("me").click()
    window.button("Settings").click()
    window.page.get_by_label("Language").select_option("日本語")
    window.is_connected("接続済み")
