"""The pictures of people: chosen, seen by others, and taken away."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.window import Window
from tests.e2e.people import Person
from tests.pictures import png

Open = Callable[..., Window]

PICTURES = ".avatar img"
COLOUR = """image => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 3;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0, 3, 3);
    return [...context.getImageData(1, 1, 1, 1).data, image.naturalWidth, image.naturalHeight];
}"""


def choose(window: Window, name: str, content: bytes) -> None:
    window.page.get_by_test_id("picture").set_input_files([{"name": name, "mimeType": "image/png", "buffer": content}])


def is_red(picture: Locator, side: int) -> None:
    """The middle was cut out: none of the blue at its sides is left."""
    expect(picture).to_be_visible()
    red, green, blue, alpha, *size = picture.evaluate(COLOUR)
    assert red > 240
    assert max(green, blue) < 15
    assert alpha == 255
    assert size == [side, side]


def test_a_picture_is_chosen_seen_by_others_and_taken_away(open_window: Open, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "Do you see me?")
    window = open_window().welcome(ann)
    window.page.get_by_test_id("me").click()
    choose(window, "me.png", png(1200, 600))
    is_red(window.page.locator(".profile img"), 512)
    is_red(window.page.get_by_test_id("me").locator("img"), 512)
    file_id = ann.get("/users/me").json()["avatarFileId"]

    other = open_window().welcome(bob)
    is_red(other.chat(ann.username).locator("img"), 512)
    other.open_chat(ann.username)
    is_red(other.page.locator(".conversation-heading img"), 512)

    window.button("Remove picture").click()
    expect(window.button("Choose a picture")).to_be_visible()
    expect(window.page.locator(PICTURES)).to_have_count(0)
    assert "avatarFileId" not in ann.get("/users/me").json()
    other.page.reload()
    expect(other.chat(ann.username)).to_be_visible()
    expect(other.page.locator(PICTURES)).to_have_count(0)
    assert ann.get("/files").json()["files"] == []
    assert bob.get(f"/files/{file_id}").status_code == 404


def test_another_picture_takes_the_place_of_the_first(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    window.page.get_by_test_id("me").click()
    choose(window, "small.png", png(40, 20))
    is_red(window.page.locator(".profile img"), 20)
    choose(window, "large.png", png(900, 700))
    expect(window.page.locator(".profile img")).to_have_js_property("naturalWidth", 512)
    assert [file["fileId"] for file in ann.get("/files").json()["files"]] == [
        ann.get("/users/me").json()["avatarFileId"]
    ]


def test_what_is_no_picture_is_named_as_such(open_window: Open, ann: Person) -> None:
    window = open_window().welcome(ann)
    window.page.get_by_test_id("me").click()
    choose(window, "notes.png", b"no picture at all")
    window.says("This file is not a picture that the browser can show.")
    expect(window.button("Choose a picture")).to_be_enabled()
    assert ann.get("/files").json()["files"] == []
