"""Two people, each in a window of their own."""

import json
import re
import secrets
from collections.abc import Callable
from contextlib import suppress

import boto3
import httpx
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from local.stack import CREDENTIALS, Stack
from tests.browser.window import Window
from tests.e2e.people import Person, created

Open = Callable[..., Window]

PASSWORD = "Correct-Horse-9"


def test_two_strangers_register_find_each_other_and_talk(open_window: Open) -> None:
    ann, bob = open_window(), open_window()
    names = {}
    for nickname, window in (("ann", ann), ("bob", bob)):
        names[nickname] = f"{nickname}-{secrets.token_hex(4)}"
        window.register(names[nickname], f"{names[nickname]}@example.com", PASSWORD)
        window.is_connected()

    ann.find(names["bob"])
    ann.say("Hello Bob, is this thing on?")
    ann.has_sent("Hello Bob, is this thing on?")

    # It reached bob, who has not opened the chat, as unread.
    expect(bob.page.get_by_test_id("unread")).to_contain_text("1")
    expect(bob.page).to_have_title("(1) Kaiwa")
    bob.open_chat(names["ann"])
    bob.hears("Hello Bob, is this thing on?")
    expect(bob.page.get_by_test_id("unread")).to_have_count(0)
    expect(bob.page).to_have_title("Kaiwa")

    bob.say("It is! おはよう 👋")
    ann.hears("It is! おはよう 👋")
    ann.say("That was quick.")
    bob.hears("That was quick.")

    words = ["Hello Bob, is this thing on?", "It is! おはよう 👋", "That was quick."]
    for window in (ann, bob):
        window.page.reload()
        window.shows(words)
        window.is_connected()
    expect(ann.message(words[0])).to_have_attribute("data-own", "true")
    expect(bob.message(words[0])).to_have_attribute("data-own", "false")

    # Nothing of ann's stays in the browser once she has left.
    ann.button("Log out").click()
    expect(ann.heading("Welcome back")).to_be_visible()
    kept = ann.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "oken" not in kept
    assert "quick" not in kept
    ann.page.reload()
    ann.log_in(f"{names['ann']}@example.com", PASSWORD)
    ann.open_chat(names["bob"])
    ann.shows(words)


def test_unread_messages_are_counted_until_they_are_seen(open_window: Open, ann: Person, bob: Person) -> None:
    window = open_window().welcome(bob)
    chat_id = ann.start_chat(bob)
    for number in range(3):
        ann.say(chat_id, f"unread {number}")
    expect(window.page.get_by_test_id("unread")).to_contain_text("3")
    window.page.reload()
    expect(window.page.get_by_test_id("unread")).to_contain_text("3")
    window.open_chat(ann.username)
    window.hears("unread 2")
    expect(window.page.get_by_test_id("unread")).to_have_count(0)
    # What comes while the chat is open is read at once.
    ann.say(chat_id, "seen")
    window.hears("seen")
    expect(window.page.get_by_test_id("unread")).to_have_count(0)


def test_scrolling_back_loads_the_whole_history_in_order(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    said = [f"message {number}" for number in range(120)]
    for number, text in enumerate(said):
        (ann, bob)[number % 2].say(chat_id, text)

    window = open_window().welcome(bob)
    window.open_chat(ann.username)
    window.hears(said[-1])
    first_page = window.texts
    assert first_page == said[-len(first_page) :]
    assert len(first_page) < len(said)

    beginning = window.page.get_by_text("This is the beginning of your conversation.")
    window.messages_pane.hover()
    while not beginning.is_visible():
        before = len(window.texts)
        window.page.mouse.wheel(0, -4_000)
        # Each page that comes in leaves more above; the last one brings the beginning.
        window.page.wait_for_function(
            """before => document.querySelectorAll('[data-testid=message]').length > before
               || document.querySelector('[role=log]').scrollTop === 0""",
            arg=before,
        )
        texts = window.texts
        assert texts == said[-len(texts) :]
    assert window.texts == said

    # What comes in now is announced below, and does not move what is being read.
    top = window.messages_pane.evaluate("node => node.scrollTop")
    ann.say(chat_id, "down here")
    window.button("1 new message").wait_for()
    assert window.messages_pane.evaluate("node => node.scrollTop") == top
    window.button("1 new message").click()
    expect(window.message("down here")).to_be_in_viewport()


def test_what_was_written_offline_is_sent_once_and_what_was_missed_appears(
    open_window: Open, stack: Stack, ann: Person, bob: Person
) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "before")
    away, there = open_window().welcome(bob), open_window().welcome(ann)
    away.open_chat(ann.username)
    there.open_chat(bob.username)
    away.hears("before")

    cut_off(away, stack, bob)
    expect(away.banner).to_contain_text("You are offline")
    for text in ("written in a tunnel", "and another"):
        away.say(text)
        away.is_sending(text)
    for text in ("missed 1", "missed 2"):
        there.say(text)
        there.has_sent(text)
    assert [message["text"] for message in ann.history(chat_id)] == ["before", "missed 1", "missed 2"]

    away.context.set_offline(False)
    away.is_connected()
    expect(away.banner).to_be_hidden()
    said = ["before", "missed 1", "missed 2", "written in a tunnel", "and another"]
    for window in (away, there):
        window.shows(said)
    away.has_sent("and another")
    assert [message["text"] for message in ann.history(chat_id)] == said


def test_what_was_written_offline_outlives_the_page_and_goes_when_it_is_opened_again(
    open_window: Open, stack: Stack, ann: Person, bob: Person
) -> None:
    chat_id = ann.start_chat(bob)
    bob.say(chat_id, "before")
    window = open_window().welcome(ann)
    beside = window.context.new_page()
    beside.goto(f"{window.web_url}/#/chats/{chat_id}")
    window.open_chat(bob.username)
    window.hears("before")
    cut_off(window, stack, ann)
    window.say("written in a tunnel")
    window.is_sending("written in a tunnel")
    window.page.close()

    # The page that was open all along has none of it: the next one to be opened has.
    window.context.set_offline(False)
    window.page = window.context.new_page()
    window.page.goto(f"{window.web_url}/#/chats/{chat_id}")
    window.has_sent("written in a tunnel")
    assert [message["text"] for message in bob.history(chat_id)] == ["before", "written in a tunnel"]
    beside.close()


def test_what_was_not_sent_is_forgotten_by_who_logs_out_on_another_page(
    open_window: Open, stack: Stack, ann: Person, bob: Person
) -> None:
    bob.say(ann.start_chat(bob), "before")
    window = open_window().welcome(ann)
    beside = window.context.new_page()
    beside.goto(window.web_url)
    expect(beside.get_by_test_id("connection")).to_have_text("Connected")
    window.open_chat(bob.username)
    window.hears("before")
    cut_off(window, stack, ann)
    window.say("a secret")
    window.is_sending("a secret")
    beside.get_by_role("button", name="Log out").click()
    for page in (beside, window.page):
        expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
        assert "secret" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_a_message_whose_reply_was_lost_is_sent_again_and_stored_once(
    open_window: Open, ann: Person, bob: Person
) -> None:
    chat_id = ann.start_chat(bob)
    window, other = open_window(), open_window().welcome(bob)
    lost = lose_first_reply(window.page, "sendMessage")
    window.page.reload()
    window.welcome(ann)
    window.open_chat(bob.username)
    other.open_chat(ann.username)
    window.say("just once")
    window.has_sent("just once")
    assert len(lost) == 1
    assert lost[0]["status"] == 201
    window.say("and on")
    other.shows(["just once", "and on"])
    assert [message["text"] for message in bob.history(chat_id)] == ["just once", "and on"]
    window.page.reload()
    window.shows(["just once", "and on"])


def test_three_people_talk_in_a_group_made_on_the_page(
    open_window: Open, ann: Person, bob: Person, http: httpx.Client
) -> None:
    carol = Person(http, "carol")
    window, other = open_window().welcome(ann), open_window().welcome(bob)
    window.button("New chat").first.click()
    dialog = window.page.get_by_role("dialog")
    dialog.get_by_role("button", name="New group").click()
    dialog.get_by_label("Group name").fill("夏祭り 🎆")
    for person in (bob, carol):
        dialog.get_by_label("Search people").fill(person.username)
        dialog.get_by_role("checkbox", name=person.username).check()
    dialog.get_by_role("button", name="Create group").click()
    expect(window.heading("夏祭り 🎆")).to_be_visible()
    window.say("Who brings the lanterns?")
    window.has_sent("Who brings the lanterns?")

    expect(other.chat("夏祭り 🎆")).to_contain_text(f"{ann.username}: Who brings the lanterns?")
    other.open_chat("夏祭り 🎆")
    other.hears("Who brings the lanterns?")
    carol.say(carol.get("/chats").json()["chats"][0]["chatId"], "I do.")
    for one in (window, other):
        one.hears("I do.")
        expect(one.message("I do.")).to_contain_text(carol.username)


def test_a_group_without_a_name_is_called_by_its_members(
    open_window: Open, ann: Person, bob: Person, eve: Person
) -> None:
    window = open_window().welcome(ann)
    group = created(ann.post("/chats", {"kind": "group", "memberIds": [bob.user_id, eve.user_id]}))
    eve.say(group["chatId"], "What shall we call it?")
    name = " and ".join(one.username for one in sorted((bob, eve), key=lambda one: one.user_id))
    window.open_chat(name)
    window.hears("What shall we call it?")
    window.page.reload()
    window.hears("What shall we call it?")
    window.heading(name).click()
    dialog = window.page.get_by_role("dialog")
    expect(dialog.get_by_label("Group name")).to_have_value("")
    dialog.get_by_label("Group name").fill("Trip")
    dialog.get_by_role("button", name="Rename").click()
    expect(window.chat("Trip")).to_be_visible()


def test_what_came_while_the_line_was_lost_is_new_and_unread_until_it_is_there(
    open_window: Open, stack: Stack, ann: Person, bob: Person, eve: Person
) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "before")
    eve.say(eve.start_chat(bob), "another chat")
    window = open_window().welcome(bob)
    window.open_chat(ann.username)
    window.hears("before")
    window.open_chat(eve.username)
    window.hears("another chat")

    cut_off(window, stack, bob)
    for number in range(3):
        ann.say(chat_id, f"missed {number}")
    window.context.set_offline(False)
    unread = window.chat(ann.username).get_by_test_id("unread")
    expect(unread).to_contain_text("3")

    # What the page holds of the chat is out of date until the log has come.
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    log = f"**/chats/{chat_id}/events?*"
    window.page.route(log, hold)
    with window.page.expect_request(log):
        window.open_chat(ann.username)
    window.shows(["before"])
    expect(unread).to_contain_text("3")
    assert bob.listed(chat_id)["unreadCount"] == 3
    while held:
        held.pop().continue_()
    window.page.unroute(log, hold)
    window.shows(["before", "missed 0", "missed 1", "missed 2"])
    expect(window.page.locator(".divider.new + *")).to_contain_text("missed 0")
    expect(unread).to_have_count(0)


def test_what_was_read_while_the_line_was_lost_is_shown_as_read(
    open_window: Open, stack: Stack, ann: Person, bob: Person
) -> None:
    chat_id = ann.start_chat(bob)
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    window.say("Have you seen this?")
    expect(window.message("Have you seen this?")).to_have_attribute("data-state", "sent")

    cut_off(window, stack, ann)
    seq = ann.listed(chat_id)["lastSeq"]
    bob.http.put(f"/chats/{chat_id}/read", json={"seq": seq}, headers=bob.authorization).raise_for_status()
    window.context.set_offline(False)
    expect(window.message("Have you seen this?")).to_have_attribute("data-state", "read")


def cut_off(window: Window, stack: Stack, person: Person) -> None:
    """Take a person's line away, and wait until the window knows."""
    window.context.set_offline(True)
    close_sockets(stack, person)
    window.is_connected("Reconnecting…")


def close_sockets(stack: Stack, person: Person) -> None:
    """Cut a person off at the server, as a network that is gone does sooner or later."""
    item = stack.client("dynamodb").get_item(
        TableName="kaiwa-local-connections", Key={"userId": {"S": person.user_id}}, ConsistentRead=True
    )["Item"]
    management = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=stack.endpoints.socket_url.replace("ws", "http", 1),
        region_name=stack.endpoints.region,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    for element in item["sockets"]["SS"]:
        # A page that finds its line dead closes its socket by itself, and may have been first.
        with suppress(management.exceptions.GoneException):
            management.delete_connection(ConnectionId=element.split("#")[1])


def lose_first_reply(page: Page, action: str) -> list[dict]:
    """Cut the page's socket in place of the first reply to an action. Returns what was lost, once it was."""
    lost: list[dict] = []

    def relay(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame.get("action") == action and not lost:
                lost.append(frame)
                server.close()
                socket.close()
            else:
                socket.send(text)

        server.on_message(pass_on)

    page.route_web_socket(re.compile("ticket="), relay)
    return lost
