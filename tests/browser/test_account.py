"""What people do with their accounts: prove whose they are, forget passwords, keep others away, and leave."""

import re
from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from local import mails
from local.stack import Stack
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

NEW = "Battery-Staple-7"


def code_to(stack: Stack, person: Person) -> str:
    """Return the code in the latest mail to somebody."""
    text = next(mail["text"] for mail in mails.read(stack.aws_endpoint) if mail["to"] == person.email)
    found = re.search(r"\b\d{6}\b", text)
    assert found
    return found[0]


def enter_code(window: Window, code: str, action: str) -> None:
    window.page.get_by_label("Code").fill(code)
    window.button(action).click()


def test_a_code_in_a_mail_logs_in(open_window: Open, stack: Stack, ann: Person) -> None:
    window = open_window()
    window.page.get_by_label("Email").fill(ann.email)
    window.button("Log in by mail").click()
    window.button("Mail me a code").click()
    expect(window.heading("Check your mail")).to_be_visible()
    code = code_to(stack, ann)
    enter_code(window, f"{(int(code) + 1) % 1_000_000:06d}", "Log in")
    expect(window.page.get_by_role("alert").first).to_be_visible()
    assert window.refusals == [401]
    window.refusals.clear()
    enter_code(window, code, "Log in")
    window.is_connected()


def test_who_must_confirm_does_so_on_the_way_in(open_window: Open, stack: Stack, ann: Person) -> None:
    """The stage of the tests confirms everybody at once, so ann is made one who was not."""
    stack.client("dynamodb").update_item(
        TableName="kaiwa-local-users",
        Key={"userId": {"S": ann.user_id}},
        UpdateExpression="SET awaitsConfirmation = :yes",
        ExpressionAttributeValues={":yes": {"BOOL": True}},
    )
    window = open_window()
    window.log_in(ann.email, ann.password)
    window.says("Please confirm your account with the mail we sent you first.")
    assert window.refusals == [403]
    window.refusals.clear()
    window.button("Send another code").click()
    expect(window.page.get_by_text("Another code is on its way.")).to_be_visible()
    enter_code(window, code_to(stack, ann), "Confirm")
    window.is_connected()


def test_a_forgotten_password_is_set_anew(open_window: Open, stack: Stack, ann: Person) -> None:
    window = open_window()
    window.page.get_by_label("Email").fill(ann.email)
    window.button("Forgot your password?").click()
    window.button("Mail me a code").click()
    expect(window.page.get_by_label("Code")).to_be_visible()
    window.page.get_by_label("New password", exact=True).fill(NEW)
    enter_code(window, code_to(stack, ann), "Set password")
    expect(window.page.get_by_text("Your password is set. You can log in with it now.")).to_be_visible()
    assert ann.log_in().status_code == 401
    window.log_in(ann.email, NEW)
    window.is_connected()


def test_somebody_is_blocked_and_let_in_again(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    window = open_window().welcome(ann)
    window.open_chat(bob.username)
    window.button("Chat menu").click()
    window.page.get_by_role("menuitem", name=f"Block {bob.username}").click()
    window.button(f"Block {bob.username}").click()
    expect(window.page.get_by_text(f"You have blocked {bob.username}.").first).to_be_visible()
    assert bob.post(f"/chats/{chat_id}/messages", {"text": "hi"}).status_code == 404

    window.page.get_by_test_id("me").click()
    window.button("Blocked people").click()
    window.button(f"Unblock {bob.username}").click()
    expect(window.page.get_by_text("You have not blocked anyone.")).to_be_visible()
    bob.say(chat_id, "I am back")
    window.button("Close").click()
    window.hears("I am back")


def test_signing_out_everywhere_ends_every_window(open_window: Open, ann: Person) -> None:
    window, other = open_window().welcome(ann), open_window().welcome(ann)
    window.page.get_by_test_id("me").click()
    window.button("Sign out everywhere").click()
    window.page.get_by_role("dialog").last.get_by_role("button", name="Sign out everywhere").click()
    expect(window.page.get_by_text("You are signed out everywhere.")).to_be_visible()
    other.says("Your session has ended. Please log in again.")
    assert ann.post("/tickets", {}).status_code == 401
    assert set(other.refusals) == {401}
    other.refusals.clear()


def test_an_account_is_deleted_by_typing_its_name(
    open_window: Open, http: httpx.Client, ann: Person, bob: Person
) -> None:
    window = open_window().welcome(ann)
    window.page.get_by_test_id("me").click()
    window.button("Delete account").click()
    confirmation = window.page.get_by_label(f"Type {ann.username} to confirm")
    confirmation.fill("somebody")
    window.button("Delete account").click()
    expect(window.page.get_by_text("That is not your username.")).to_be_visible()
    assert bob.get(f"/users/{ann.user_id}").status_code == 200
    confirmation.fill(ann.username)
    window.button("Delete account").click()
    expect(window.page.get_by_text("Your account is deleted.")).to_be_visible()
    assert ann.log_in().status_code == 401
    assert bob.get(f"/users/{ann.user_id}").status_code == 404
