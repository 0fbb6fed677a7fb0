"""`make screenshots`: take the pictures of the page for each README, on a stack that lives as long as it takes."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from docs.scenes import STORIES, Chat, Story
from local import ports, progress, web
from local.errors import LocalError
from local.stack import Stack
from tests.browser import chromium
from tests.browser.conftest import PATIENCE
from tests.browser.window import Window
from tests.e2e.people import TIMEOUT, Person

IMAGES = Path(__file__).resolve().parent / "images"

# A reader of the README loads all of them.
LARGEST_BYTES = 300_000

# What the clocks in the pictures show, so that nobody seems to work at night.
HOUR = 14


class Scene:
    """People, what they have said to each other, and the reader's windows on it."""

    def __init__(self, stack: Stack, http: httpx.Client, story: Story) -> None:
        self._stack = stack
        self.story = story
        self.people = {username: Person(http, username, username=username) for username in story.names}
        for username, name in story.names.items():
            self._call(username, name)
        self.reader = next(iter(self.people.values()))
        self._now = datetime.now(UTC)
        for chat in story.chats:
            messages = self._talk(self._open(chat), chat)
        for number, username, emoji in story.reactions:
            self._react(messages[number], username, emoji)

    def _call(self, username: str, name: str) -> None:
        person = self.people[username]
        change = {"displayName": name}
        person.http.patch("/users/me", headers=person.authorization, json=change).raise_for_status()

    def _open(self, chat: Chat) -> str:
        if not chat.members:
            return self.reader.start_chat(self.people[chat.name])
        others = [self.people[username].user_id for username in chat.members]
        answer = self.reader.post("/chats", {"kind": "group", "name": chat.name, "memberIds": others})
        chat_id: str = answer.raise_for_status().json()["chatId"]
        return chat_id

    def _talk(self, chat_id: str, chat: Chat) -> list[dict[str, Any]]:
        """Say the lines of a chat, the last of them some minutes ago: nobody types as fast as a script."""
        messages = []
        for number, (name, text) in enumerate(chat.lines):
            message = self.people[name].say(chat_id, text)
            at = self._now - timedelta(minutes=chat.minutes_ago + 2 * (len(chat.lines) - 1 - number))
            self._stack.client("dynamodb").update_item(
                TableName="kaiwa-local-messages",
                Key={"chatId": {"S": chat_id}, "messageId": {"S": message["messageId"]}},
                UpdateExpression="SET sentAt = :at",
                ExpressionAttributeValues={":at": {"S": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}},
            )
            messages.append(message)
        return messages

    def _react(self, message: dict[str, Any], username: str, emoji: str) -> None:
        person = self.people[username]
        address = f"/chats/{message['chatId']}/messages/{message['messageId']}/reactions/{emoji}"
        person.http.put(address, headers=person.authorization).raise_for_status()

    @property
    def timezone(self) -> str:
        """The zone in which it is HOUR o'clock now; zones of this kind count westwards."""
        return f"Etc/GMT{self._now.hour - HOUR:+d}"


def take(browser: Browser, scene: Scene, web_url: str, ending: str) -> None:
    """Take every picture of a story."""
    wide = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    pictures = {
        "page-wide-light": {**wide, "color_scheme": "light"},
        "page-wide-dark": {**wide, "color_scheme": "dark"},
        "page-phone": {**phone, "color_scheme": "light"},
    }
    for name, options in pictures.items():
        path = IMAGES / f"{name}{ending}.png"
        with progress.step(f"docs/images/{path.name}"):
            context = browser.new_context(
                **options, locale=scene.story.locale, timezone_id=scene.timezone, service_workers="block"
            )
            window = Window(context, web_url)
            enter(window, scene.reader)
            read(window, scene.story)
            # A caret that blinks would make every picture another.
            window.page.screenshot(path=path, animations="disabled", caret="hide")
            context.close()
            if path.stat().st_size > LARGEST_BYTES:
                raise LocalError(f"{path.name} has {path.stat().st_size} bytes; the limit is {LARGEST_BYTES}.")


def enter(window: Window, reader: Person) -> None:
    """Log in, whatever the language."""
    window.page.locator("input[name=email]").fill(reader.email)
    window.page.locator("input[name=password]").fill(reader.password)
    window.page.locator("form button[type=submit]").click()
    window.page.locator("[data-testid=connection][data-state=online]").wait_for(state="attached")


def read(window: Window, story: Story) -> None:
    """Have every chat read but for the first, and the last one open."""
    for chat in story.chats[1:]:
        name = story.names.get(chat.name, chat.name)
        window.page.evaluate("location.hash = '#/'")
        window.open_chat(name)
        expect(window.page.get_by_test_id("message")).to_have_count(len(chat.lines))
        window.messages_pane.evaluate("node => node.scrollTo({ top: node.scrollHeight })")
        expect(window.page.get_by_test_id("chat").filter(has_text=name).get_by_test_id("unread")).to_have_count(0)
    window.page.reload()
    window.page.locator("[data-testid=connection][data-state=online]").wait_for(state="attached")
    expect(window.page.get_by_test_id("message").last).to_be_in_viewport()
    expect(window.page.get_by_test_id("chat").filter(has_text=name).locator(".avatar")).to_be_attached()
    window.page.evaluate("document.activeElement.blur()")


def main() -> None:
    """Take the pictures."""
    IMAGES.mkdir(exist_ok=True)
    web_port = ports.free()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kaiwa-screenshots-") as directory,
            Stack(Path(directory), ports.free(), [f"http://{ports.HOST}:{web_port}"], progress.step) as stack,
            httpx.Client(base_url=stack.endpoints.api_url, timeout=TIMEOUT) as http,
            sync_playwright() as playwright,
        ):
            web.serve(web_port, stack.endpoints.api_url, stack.endpoints.socket_url)
            path = chromium.find(playwright.chromium)
            browser = playwright.chromium.launch(executable_path=path, args=list(chromium.QUIET))
            expect.set_options(timeout=PATIENCE)
            for ending, story in STORIES.items():
                take(browser, Scene(stack, http, story), f"http://{ports.HOST}:{web_port}", ending)
            browser.close()
    except LocalError as error:
        raise SystemExit(f"kaiwa: {error}") from None


if __name__ == "__main__":
    main()
