"""Every screen of the page, one after another, in any language."""

import secrets
from collections.abc import Iterator
from typing import Any

import httpx
from playwright.sync_api import Locator, expect

from tests.browser.test_pictures import png
from tests.browser.window import Window
from tests.e2e.people import Person

PASSWORD = "Correct-Horse-9"
LINES = [
    "*Rain* at six, says the _forecast_. ~At five~ At `16:00`?",
    "> At four?\nFour it is: https://example.com/river",
    "```\nconst lanterns = 40;\n```",
    "🎆",
]


class Tour:
    """One window, led through the page by what its buttons say, whatever the language."""

    def __init__(self, window: Window, http: httpx.Client, suffix: str) -> None:
        self.window = window
        self.page = window.page
        self.suffix = suffix
        self.ann, self.bob, self.eve = (
            Person(http, name, username=f"{name}-{suffix}-{secrets.token_hex(2)}") for name in ("ann", "bob", "eve")
        )
        self.known = {person.username for person in (self.ann, self.bob, self.eve)}

    def word(self, path: str, *arguments: Any) -> str:
        """Return what the page says there, in its language."""
        word: str = self.page.evaluate(
            """async ([path, values]) => {
                const { strings } = await import("./language.js");
                const found = path.split(".").reduce((part, key) => part[key], strings);
                return typeof found === "function" ? found(...values) : found;
            }""",
            [path, list(arguments)],
        )
        return word

    def button(self, path: str, *arguments: Any) -> Locator:
        """Return the buttons that say this."""
        return self.page.get_by_role("button", name=self.word(path, *arguments), exact=True)

    def press(self, path: str, *arguments: Any) -> None:
        self.button(path, *arguments).last.click()

    def shows(self, path: str, *arguments: Any) -> None:
        expect(self.page.get_by_text(self.word(path, *arguments), exact=True).last).to_be_visible()

    def close(self) -> None:
        """Leave whatever is open above the page."""
        self.page.keyboard.press("Escape")
        expect(self.page.locator("dialog, .menu")).to_have_count(0)

    def screens(self) -> Iterator[str]:
        """Show one screen after another, and say which it is."""
        yield from self.entrance()
        yield from self.workspace()
        yield from self.conversation()
        yield from self.beside()
        yield from self.chats()
        yield from self.group()
        yield from self.calls()
        yield from self.account()

    def entrance(self) -> Iterator[str]:
        self.shows("entrance.welcomeBack")
        yield "log in"
        self.press("entrance.logIn")
        self.shows("problems.required")
        yield "log in, with what is missing"
        self.press("entrance.forgot")
        self.shows("entrance.forgotHint")
        yield "forgotten password"
        self.page.locator("input[name=email]").fill(self.ann.email)
        self.press("entrance.mailCode")
        self.shows("entrance.passwordHint")
        yield "new password"
        self.press("entrance.back")
        self.press("entrance.byMail")
        self.shows("entrance.byMailHint")
        yield "log in by mail"
        self.page.locator("input[name=email]").fill(self.ann.email)
        self.press("entrance.mailCode")
        self.shows("entrance.codeHint")
        yield "code from a mail"
        self.press("entrance.back")
        self.press("entrance.register")
        self.shows("entrance.usernameHint")
        yield "create an account"
        self.press("mails.title")
        self.page.get_by_test_id("mail").first.wait_for()
        yield "mails of this machine"
        self.close()

    def workspace(self) -> Iterator[str]:
        newcomer = f"new-{self.suffix}-{secrets.token_hex(2)}"
        self.known.add(newcomer)
        for name, value in {"username": newcomer, "email": f"{newcomer}@example.com", "password": PASSWORD}.items():
            self.page.locator(f"input[name={name}]").fill(value)
        self.press("entrance.register")
        self.window.is_connected(self.word("connection.online"))
        self.shows("chats.none")
        yield "no conversations yet"
        self.press("account.logOut")
        self.page.locator("input[name=email]").fill(self.ann.email)
        self.page.locator("input[name=password]").fill(self.ann.password)
        self.press("entrance.logIn")
        self.window.is_connected(self.word("connection.online"))

    def conversation(self) -> Iterator[str]:
        chat_id = self.ann.start_chat(self.bob)
        for number, text in enumerate(LINES):
            (self.bob, self.ann)[number % 2].say(chat_id, text)
        first = self.bob.say(chat_id, "Shall we?")
        self.ann.post(f"/chats/{chat_id}/messages", {"text": "Yes!", "replyTo": first["messageId"]}).raise_for_status()
        react = f"/chats/{chat_id}/messages/{first['messageId']}/reactions/🎉"
        self.ann.http.put(react, headers=self.ann.authorization).raise_for_status()
        gone = self.bob.say(chat_id, "never mind")
        gone_at = f"/chats/{chat_id}/messages/{gone['messageId']}"
        self.bob.http.delete(gone_at, headers=self.bob.authorization).raise_for_status()
        self.page.get_by_test_id("chat").locator("a").click()
        self.shows("conversation.deleted")
        expect(self.page.get_by_text("Yes!").last).to_be_visible()
        yield "conversation"
        message = self.page.get_by_test_id("message").filter(has_text="Shall we?").first
        message.locator("[data-actions]").focus()
        self.page.keyboard.press("Enter")
        self.page.get_by_role("menu").wait_for()
        yield "what can be done with a message"
        self.page.get_by_role("menuitem", name=self.word("conversation.reply")).click()
        yield "an answer"
        self.press("conversation.cancel")
        self.page.locator("textarea").fill("Not yet")
        self.page.locator("input[type=file][multiple]").set_input_files(
            [{"name": "plan.png", "mimeType": "image/png", "buffer": png(8, 8)}]
        )
        expect(self.page.locator("[data-testid=attachment][data-state=done]")).to_have_count(1)
        yield "a message with a file, before it is sent"
        self.press("conversation.send")
        self.page.locator("button.file-picture img[src]").wait_for()
        yield "a picture in the conversation"
        self.page.locator("button.file-picture").click()
        self.page.get_by_role("dialog").wait_for()
        yield "a picture, opened"
        self.close()

    def beside(self) -> Iterator[str]:
        """What opens beside a conversation."""
        self.press("emoji.open")
        self.page.locator("[data-emoji='🎆']").first.wait_for()
        yield "emoji"
        self.page.get_by_label(self.word("emoji.search")).fill("qqq")
        self.shows("emoji.none", "qqq")
        yield "emoji, none found"
        self.page.get_by_label(self.word("emoji.search")).fill("")
        self.close()
        self.press("search.open")
        self.page.get_by_label(self.word("search.field")).fill("shall")
        expect(self.page.get_by_test_id("search-count")).to_have_text(self.word("search.count", 1, 1))
        yield "search in a conversation"
        self.press("search.close")
        self.press("conversation.menu")
        self.page.get_by_role("menu").wait_for()
        yield "what can be done with a chat"
        self.page.get_by_role("menuitem", name=self.word("blocks.block", self.bob.username)).click()
        self.shows("blocks.hint")
        yield "a question before it is done"
        self.press("blocks.block", self.bob.username)
        self.shows("blocks.notice", self.bob.username)

    def chats(self) -> Iterator[str]:
        search = self.page.get_by_label(self.word("chats.search"))
        search.fill(self.eve.username)
        self.page.locator(".found button").wait_for()
        yield "people found"
        search.fill("zz-nobody")
        self.shows("chats.nothingFound")
        yield "nothing found"
        search.fill("")
        self.press("chats.newChat")
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label(self.word("people.search")).fill(self.eve.username)
        dialog.get_by_role("button", name=self.eve.username).wait_for()
        yield "new chat"
        dialog.get_by_role("button", name=self.word("newChat.startGroup")).click()
        dialog.get_by_label(self.word("newChat.groupName")).fill("夏祭り 🎆")
        for person in (self.eve, self.bob):
            dialog.get_by_label(self.word("people.search")).fill(person.username)
            dialog.get_by_role("checkbox", name=person.username).check()
        yield "new group"
        self.press("newChat.create")
        expect(self.page.get_by_role("heading", name="夏祭り 🎆", level=1)).to_be_visible()

    def group(self) -> Iterator[str]:
        yield "an empty group"
        self.press("conversation.menu")
        self.page.get_by_role("menuitem", name=self.word("group.members")).click()
        expect(self.page.get_by_test_id("member")).to_have_count(3)
        yield "members of a group"
        self.press("group.actionsFor", self.eve.username)
        self.page.get_by_role("menu").wait_for()
        yield "what can be done with a member"
        self.page.get_by_role("menuitem", name=self.word("group.makeAdmin")).click()
        expect(self.page.locator(".tag")).to_have_count(2)
        self.page.get_by_role("button", name=self.word("group.add")).click()
        self.shows("people.searchHint")
        yield "more people for a group"
        self.press("dialog.back")
        self.page.get_by_role("button", name=self.word("group.leave")).click()
        self.shows("group.leaveHint")
        self.close()
        self.eve.say(self.group_id(), "I bring the lanterns.")
        expect(self.page.get_by_text("I bring the lanterns.").last).to_be_visible()
        yield "a group that talks"

    def group_id(self) -> str:
        return self.page.evaluate("decodeURIComponent(location.hash.split('/').at(-1))")

    def calls(self) -> Iterator[str]:
        self.press("call.history")
        self.shows("call.historyNone")
        yield "no calls yet"
        self.close()
        chat_id = self.ann.start_chat(self.eve)
        rings = {"calleeIds": [self.ann.user_id], "kind": "video"}
        self.eve.post("/calls", rings).raise_for_status()
        self.page.get_by_test_id("ring").wait_for()
        yield "somebody calls"
        self.press("call.decline")
        expect(self.page.get_by_test_id("ring")).to_have_count(0)
        self.page.evaluate("chatId => { location.hash = `#/chats/${chatId}` }", chat_id)
        self.page.get_by_test_id("call-entry").wait_for()
        yield "a call in the conversation"
        self.press("call.start.video")
        self.page.get_by_test_id("call").wait_for()
        self.shows("call.ringing")
        yield "calling somebody"
        self.press("call.devices")
        self.shows("call.microphone")
        yield "devices for calls"
        self.press("call.done")
        self.press("call.toChat")
        self.page.get_by_test_id("call-bar").wait_for()
        yield "a call beside the conversation"
        self.page.get_by_test_id("call-bar").get_by_role("button", name=self.word("call.hangUp")).click()
        expect(self.page.get_by_test_id("call-bar")).to_be_hidden()
        self.press("call.history")
        expect(self.page.get_by_test_id("past-call")).to_have_count(2)
        yield "past calls"
        self.close()

    def account(self) -> Iterator[str]:
        self.page.get_by_test_id("me").click()
        self.page.get_by_text(self.ann.email).wait_for()
        yield "account"
        self.press("settings.title")
        self.shows("settings.notifyHint")
        yield "settings"
        self.press("dialog.back")
        self.press("ownFiles.title")
        self.page.get_by_test_id("own-file").wait_for()
        yield "one's own files"
        self.press("dialog.back")
        self.press("blocks.title")
        self.page.get_by_role("dialog").locator(".member").wait_for()
        yield "blocked people"
        self.press("dialog.back")
        self.press("account.remove")
        self.shows("account.removeHint")
        yield "deleting one's account"
        self.close()
