"""Files on the page: attached, dropped and pasted, sent, seen and fetched by others, and what goes wrong with them."""

import os
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.test_pictures import png
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

# A drop and a paste carry files that only the page itself can make.
GIVE = """(node, {kind, files}) => {
    const data = new DataTransfer();
    for (const {name, type, bytes} of files) data.items.add(new File([new Uint8Array(bytes)], name, {type}));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})
        : new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true});
    node.dispatchEvent(event);
}"""
JAPANESE = "会話の記録 (最終).txt"


def attach(window: Window, *files: tuple[str, str, bytes]) -> None:
    window.page.locator(".composer input[type=file]").set_input_files(
        [{"name": name, "mimeType": kind, "buffer": content} for name, kind, content in files]
    )


def give(node: Locator, kind: str, *files: tuple[str, str, bytes]) -> None:
    given = [{"name": name, "type": type_, "bytes": list(content)} for name, type_, content in files]
    node.evaluate(GIVE, {"kind": kind, "files": given})


def chips(window: Window, state: str) -> Locator:
    return window.page.locator(f'[data-testid=attachment][data-state="{state}"]')


def talk(open_window: Open, ann: Person, bob: Person) -> tuple[Window, Window]:
    ann.say(ann.start_chat(bob), "hello")
    windows = open_window().welcome(ann), open_window().welcome(bob)
    for window, other in zip(windows, (bob, ann), strict=True):
        window.open_chat(other.username)
        window.hears("hello")
    return windows


def test_several_files_go_with_one_message_and_come_back_bit_for_bit(
    open_window: Open, ann: Person, bob: Person
) -> None:
    window, other = talk(open_window, ann, bob)
    content = os.urandom(70_000)
    attach(window, (JAPANESE, "application/octet-stream", content), ("red.png", "image/png", png(600, 300)))
    expect(chips(window, "done")).to_have_count(2)
    window.say("look")
    for each in (window, other):
        each.hears("look")
        expect(each.page.get_by_test_id("file")).to_have_count(2)
        is_red_middle(each.page.locator(".file-picture img"))
    expect(window.page.get_by_test_id("attachment")).to_have_count(0)

    with other.page.expect_download() as download:
        other.download(JAPANESE).click()
    assert download.value.suggested_filename == JAPANESE
    assert download.value.path().read_bytes() == content

    other.button("Open red.png").click()
    expect(other.page.locator(".viewer img")).to_have_js_property("naturalWidth", 600)
    other.page.keyboard.press("Escape")
    expect(other.page.locator(".viewer")).to_have_count(0)


def is_red_middle(picture: Locator) -> None:
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 600)


def test_a_file_goes_without_words_dropped_or_pasted(open_window: Open, ann: Person, bob: Person) -> None:
    window, other = talk(open_window, ann, bob)
    conversation = window.page.locator(".conversation")
    give(conversation, "dragover", ("a.txt", "text/plain", b"a"))
    expect(conversation).to_have_attribute("data-drop", "Drop files to attach them")
    give(conversation, "drop", ("a.txt", "text/plain", b"dropped"))
    give(window.composer, "paste", ("b.txt", "text/plain", b"pasted"))
    expect(chips(window, "done")).to_have_count(2)
    window.button("Remove a.txt").click()
    expect(window.page.get_by_test_id("attachment")).to_have_count(1)
    window.button("Send").click()
    expect(other.page.get_by_test_id("file")).to_have_count(1)
    expect(other.download("b.txt")).to_be_visible()
    other.page.reload()
    expect(other.download("b.txt")).to_be_visible()
    assert [file["name"] for file in ann.get("/files").json()["files"]] == ["b.txt"]


def test_a_large_file_goes_on_when_the_line_is_back(open_window: Open, ann: Person, bob: Person) -> None:
    window, other = talk(open_window, ann, bob)
    window.context.set_offline(True)
    # Above 4 MiB it goes to the store itself.
    attach(window, ("large.bin", "application/octet-stream", bytes(range(256)) * 20_000))
    expect(chips(window, "waiting")).to_have_count(1)
    expect(window.button("Send")).to_be_disabled()
    window.context.set_offline(False)
    expect(chips(window, "done")).to_have_count(1)
    window.button("Send").click()
    with other.page.expect_download() as download:
        other.download("large.bin").click()
    assert download.value.path().read_bytes() == bytes(range(256)) * 20_000


def test_what_is_refused_is_named_and_can_be_removed(open_window: Open, ann: Person, bob: Person) -> None:
    window, _ = talk(open_window, ann, bob)
    attach(window, ("no.png", "image/png", b"no picture at all"))
    expect(chips(window, "failed")).to_contain_text("This kind of file cannot be used here.")
    expect(window.button("Send")).to_be_disabled()
    assert window.refusals == [415]
    window.refusals.clear()
    window.button("Remove no.png").click()
    window.say("never mind")
    window.has_sent("never mind")

    attach(window, *((f"{number}.txt", "text/plain", b"x") for number in range(11)))
    window.says("A message can hold 10 files.")
    expect(chips(window, "done")).to_have_count(10)


def test_a_name_cannot_mislead_or_break_out(open_window: Open, ann: Person, bob: Person) -> None:
    window, other = talk(open_window, ann, bob)
    attach(window, ("<img src=x onerror=alert(1)>.txt", "text/plain", b"x"))
    expect(chips(window, "done")).to_have_count(1)
    window.button("Send").click()
    expect(other.page.locator(".file-name")).to_have_text("<img src=x onerror=alert(1)>.txt")
    assert other.page.locator("main [onerror]").count() == 0


def test_a_deleted_message_shows_its_files_no_more(open_window: Open, ann: Person, bob: Person) -> None:
    window, other = talk(open_window, ann, bob)
    attach(window, ("a.txt", "text/plain", b"x"))
    expect(chips(window, "done")).to_have_count(1)
    window.say("with a file")
    expect(other.page.get_by_test_id("file")).to_have_count(1)
    (message,) = [each for each in ann.history(ann.start_chat(bob)) if each["text"] == "with a file"]
    ann.http.delete(
        f"/chats/{message['chatId']}/messages/{message['messageId']}", headers=ann.authorization
    ).raise_for_status()
    for each in (window, other):
        expect(each.page.get_by_test_id("file")).to_have_count(0)
    assert bob.get(f"/files/{message['fileIds'][0]}").status_code == 404
