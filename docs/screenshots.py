"""`make screenshots`: take the README's pictures of the page, on a stack that lives as long as it takes."""

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from local import ports, progress, web
from local.errors import LocalError
from local.stack import Stack
from tests.browser import chromium
from tests.browser.window import Window
from tests.e2e.people import TIMEOUT, Person

IMAGES = Path(__file__).resolve().parent / "images"

# A reader of the README loads all of them.
LARGEST_BYTES = 300_000

# What the clocks in the pictures show, so that nobody seems to work at night.
HOUR = 14

FESTIVAL = "夏祭り 🎆 Summer festival"

PLANS = [
    ("Yuki", "みなさん、おはようございます！ The lanterns have arrived 🏮"),
    ("Bob", "Already? That was quick."),
    ("Yuki", "四十個です。 All forty of them, and a spare."),
    ("Ann", "Wonderful. I'll bring the ladder and two long cables."),
    ("Bob", "Then I take the grill. Who asks the neighbours about the table?"),
    ("Marta", "Done! They lend us two, and they are coming too 🙌"),
    ("Marta", "Recipe for the okonomiyaki: https://example.com/okonomiyaki"),
    ("Ann", "お好み焼き！ You are the best."),
    ("Yuki", "🎉🎆🍧"),
    ("Bob", "Rain at six, says the forecast. Shall we start at four?"),
    ("Ann", "Four it is. 四時に川のそばで会いましょう。"),
]

LETTERS = [
    ("Ann", "ゆきさん、明日の待ち合わせはどこがいい？"),
    ("Yuki", "駅の北口はどう？ 本屋の前で。"),
    ("Ann", "いいね！ 十時でだいじょうぶ？"),
    ("Yuki", "だいじょうぶ。 I'll bring the tickets 🎫"),
    ("Yuki", "あと、おにぎりも🍙"),
]

QUESTIONS = [
    ("Bob", "Did the new build go out?"),
    ("Ann", "This morning, all green ✅"),
]

GREETINGS = [("Marta", "The photos from Kyoto are ready, I'll send them tonight 📷")]


class Scene:
    """Four people, what they have said to each other, and Ann's windows on it."""

    def __init__(self, stack: Stack, http: httpx.Client) -> None:
        self._stack = stack
        self.people = {name: Person(http, name, username=name) for name in ("Ann", "Bob", "Yuki", "Marta")}
        self.ann = self.people["Ann"]
        self._now = datetime.now(UTC)
        self._talk(self.ann.start_chat(self.people["Marta"]), GREETINGS, minutes_ago=95)
        self._talk(self.ann.start_chat(self.people["Bob"]), QUESTIONS, minutes_ago=64)
        self._talk(self.ann.start_chat(self.people["Yuki"]), LETTERS, minutes_ago=31)
        others = [self.people[name].user_id for name in ("Bob", "Yuki", "Marta")]
        answer = self.ann.post("/chats", {"kind": "group", "name": FESTIVAL, "memberIds": others})
        self._talk(answer.raise_for_status().json()["chatId"], PLANS, minutes_ago=3)

    def _talk(self, chat_id: str, lines: list[tuple[str, str]], minutes_ago: int) -> None:
        """Say these lines, the last of them some minutes ago: nobody types as fast as a script."""
        for number, (name, text) in enumerate(lines):
            message = self.people[name].say(chat_id, text)
            at = self._now - timedelta(minutes=minutes_ago + 2 * (len(lines) - 1 - number))
            self._stack.client("dynamodb").update_item(
                TableName="kaiwa-local-messages",
                Key={"chatId": {"S": chat_id}, "messageId": {"S": message["messageId"]}},
                UpdateExpression="SET sentAt = :at",
                ExpressionAttributeValues={":at": {"S": at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}},
            )

    @property
    def timezone(self) -> str:
        """The zone in which it is HOUR o'clock now; zones of this kind count westwards."""
        return f"Etc/GMT{self._now.hour - HOUR:+d}"


def take(browser: Browser, scene: Scene, web_url: str) -> None:
    """Take every picture."""
    wide = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 1.5}
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    pictures = {
        "page-wide-light": {**wide, "color_scheme": "light"},
        "page-wide-dark": {**wide, "color_scheme": "dark"},
        "page-phone": {**phone, "color_scheme": "light"},
    }
    for name, options in pictures.items():
        with progress.step(f"docs/images/{name}.png"):
            context = browser.new_context(**options, locale="en-GB", timezone_id=scene.timezone)
            window = Window(context, web_url).welcome(scene.ann)
            read(window)
            path = IMAGES / f"{name}.png"
            # A caret that blinks would make every picture another.
            window.page.screenshot(path=path, animations="disabled", caret="hide")
            context.close()
            if path.stat().st_size > LARGEST_BYTES:
                raise LocalError(f"{path.name} has {path.stat().st_size} bytes; the limit is {LARGEST_BYTES}.")


def read(window: Window) -> None:
    """Have everything read but for the last greeting, and the festival's chat open."""
    for chat, lines in (("Bob", QUESTIONS), ("Yuki", LETTERS), (FESTIVAL, PLANS)):
        window.page.evaluate("location.hash = '#/'")
        window.open_chat(chat)
        window.hears(lines[-1][1])
        window.messages_pane.evaluate("node => node.scrollTo({ top: node.scrollHeight })")
        expect(window.page.get_by_test_id("chat").filter(has_text=chat).get_by_test_id("unread")).to_have_count(0)
    window.page.reload()
    window.is_connected()
    expect(window.message(PLANS[-1][1])).to_be_in_viewport()
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
            take(browser, Scene(stack, http), f"http://{ports.HOST}:{web_port}")
            browser.close()
    except LocalError as error:
        raise SystemExit(f"kaiwa: {error}") from None


if __name__ == "__main__":
    main()
