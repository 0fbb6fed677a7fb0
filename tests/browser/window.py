"""One person's browser window, and what they do in it."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.e2e.people import Person

# Chromium reports every refused request by itself; which refusals are meant is each test's to say.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
UNREACHED = "net::ERR_INTERNET_DISCONNECTED"
NOT_KEPT = "Service Worker registration blocked by Playwright"


class Window:
    """A window of a browser that nobody else uses; it notes every request and every complaint of the page."""

    def __init__(self, context: BrowserContext, web_url: str) -> None:
        self.context = context
        self.web_url = web_url
        self.page: Page = context.new_page()
        self.hosts: set[str] = set()
        self.refusals: list[int] = []
        self.complaints: list[str] = []
        self.page.on("request", self._note_request)
        self.page.on("websocket", lambda socket: self.hosts.add(urlsplit(socket.url).netloc))
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))
        self.page.goto(web_url)

    def _note_request(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in {"data", "blob"}:
            self.hosts.add(url.netloc)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type not in {"error", "warning"} or any(usual in message.text for usual in (UNREACHED, NOT_KEPT)):
            return
        if refused := REFUSED.match(message.text):
            self.refusals.append(int(refused[1]))
        else:
            self.complaints.append(message.text)

    # The entrance

    def register(self, username: str, email: str, password: str) -> None:
        # Which of its two forms the page shows can be seen once it shows one.
        self.page.get_by_label("Email").wait_for()
        if self.heading("Welcome back").is_visible():
            self.button("Create account").click()
        self.page.get_by_label("Username").fill(username)
        self._enter(email, password, "Create account")

    def log_in(self, email: str, password: str) -> None:
        self._enter(email, password, "Log in")

    def _enter(self, email: str, password: str, action: str) -> None:
        self.page.get_by_label("Email").fill(email)
        self.password.fill(password)
        self.button(action).click()

    def welcome(self, person: Person) -> "Window":
        """Log a person in and wait until they are connected."""
        self.log_in(person.email, person.password)
        self.is_connected()
        return self

    @property
    def password(self) -> Locator:
        return self.page.get_by_label("Password", exact=True)

    # The chats

    def find(self, name: str) -> None:
        """Look for somebody by name and open the conversation with them."""
        self.page.get_by_label("Search chats and people").fill(name)
        self.page.get_by_role("button", name=name).click()

    def open_chat(self, name: str) -> None:
        self.chat(name).click()
        expect(self.messages_pane).to_be_visible()

    def chat(self, name: str) -> Locator:
        """A chat in the list."""
        return self.page.get_by_role("link", name=name)

    # The conversation

    def say(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def hears(self, text: str, times: int = 1) -> None:
        """Wait until a message with exactly this text stands in the conversation."""
        expect(self.message(text)).to_have_count(times)

    def has_sent(self, text: str) -> None:
        """Wait until a message is stored, whether or not somebody has read it already."""
        expect(self.message(text)).to_have_attribute("data-state", re.compile("^(sent|read)$"))

    def is_sending(self, text: str) -> None:
        expect(self.message(text)).to_have_attribute("data-state", "sending")

    def message(self, text: str) -> Locator:
        exactly = self.page.get_by_test_id("message-text").filter(has_text=re.compile(f"^{re.escape(text)}$"))
        return self.page.get_by_test_id("message").filter(has=exactly)

    def shows(self, texts: list[str]) -> None:
        """Wait until the conversation says exactly this, from top to bottom."""
        expect(self.page.get_by_test_id("message-text")).to_have_text(texts)

    @property
    def texts(self) -> list[str]:
        """What the conversation says at this moment, from top to bottom."""
        return self.page.get_by_test_id("message-text").all_inner_texts()

    @property
    def composer(self) -> Locator:
        return self.page.get_by_label("Message", exact=True)

    @property
    def messages_pane(self) -> Locator:
        return self.page.get_by_role("log")

    # The line

    def is_connected(self, word: str = "Connected") -> None:
        expect(self.page.get_by_test_id("connection")).to_have_text(word)

    @property
    def banner(self) -> Locator:
        return self.page.get_by_test_id("banner")

    def download(self, name: str) -> Locator:
        """What fetches a file, and says how large it is."""
        return self.page.get_by_role("button", name=f"Download {name}")

    # Anything

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        return self.page.get_by_role("heading", name=name)

    def says(self, words: str) -> None:
        """Wait until an alert says something."""
        expect(self.page.get_by_role("alert").filter(has_text=words)).to_be_visible()

    def style(self, selector: str, name: str) -> str:
        return self.page.eval_on_selector(selector, f"node => getComputedStyle(node).getPropertyValue('{name}')")
