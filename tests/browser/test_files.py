"""Files on the page: attached, dropped and pasted, sent, seen and fetched by others, and what goes wrong with them."""

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, expect

from local.stack import Stack
from tests.browser.window import Window
from tests.e2e.functions import await_scan, tell_of_scan
from tests.e2e.people import Person
from tests.pictures import png

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
    attach(window, (JAPANESE, "text/plain", content), ("red.png", "image/png", png(600, 300)))
    expect(chips(window, "done")).to_have_count(2)
    # A preview of what is chosen, before anybody else sees it.
    expect(chips(window, "done").locator("img")).to_have_js_property("naturalWidth", 600)
    window.say("look")
    for each in (window, other):
        each.hears("look")
        expect(each.page.get_by_test_id("file")).to_have_count(2)
        has_thumbnail(each.page.locator(".file-picture img"))
    expect(window.page.get_by_test_id("attachment")).to_have_count(0)

    with other.page.expect_download() as download:
        other.download(JAPANESE).click()
    assert download.value.suggested_filename == JAPANESE
    assert download.value.path().read_bytes() == content

    other.button("Open red.png").click()
    expect(other.page.locator(".viewer img")).to_have_js_property("naturalWidth", 600)
    other.page.keyboard.press("Escape")
    expect(other.page.locator(".viewer")).to_have_count(0)


def has_thumbnail(picture: Locator) -> None:
    """It takes the place of the picture itself as soon as it is made."""
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("naturalWidth", 320)


def test_an_upload_that_failed_is_tried_again(open_window: Open, ann: Person, bob: Person) -> None:
    window, _ = talk(open_window, ann, bob)
    refusal = {"status": 413, "json": {"code": "too_large"}, "headers": {"access-control-allow-origin": "*"}}
    refused = re.compile(r"/files$")
    window.page.route(refused, lambda route: route.fulfill(**refusal))
    attach(window, ("a.pdf", "application/pdf", b"x"))
    expect(chips(window, "failed")).to_contain_text("There is no room left for your files.")
    window.page.unroute(refused)
    window.button("Try again").click()
    expect(chips(window, "done")).to_have_count(1)
    assert window.refusals == [413]
    window.refusals.clear()


def test_a_file_that_is_scanned_comes_after_its_message(
    open_window: Open, ann: Person, bob: Person, stack: Stack
) -> None:
    content = b"to be looked into"
    file_id = ann.http.post("/files", content=content, headers=ann.authorization).raise_for_status().json()["fileId"]
    await_scan(stack, file_id)
    ann.post(f"/chats/{ann.start_chat(bob)}/messages", {"text": "hello", "fileIds": [file_id]}).raise_for_status()
    window, other = open_window().welcome(ann), open_window().welcome(bob)
    window.open_chat(bob.username)
    other.open_chat(ann.username)
    expect(window.page.get_by_test_id("file")).to_contain_text("Being checked; others see it after that")
    expect(other.page.get_by_test_id("file")).to_have_text("This file is not available.")
    tell_of_scan(stack, file_id, "NO_THREATS_FOUND", hashlib.md5(content).hexdigest())
    for each in (window, other):
        expect(each.download("file")).to_be_visible()
    expect(window.page.get_by_text("Being checked")).to_have_count(0)
    assert other.refusals == [404]
    other.refusals.clear()


def test_ones_own_files_are_listed_and_deleted(open_window: Open, ann: Person, bob: Person) -> None:
    window, other = talk(open_window, ann, bob)
    attach(window, ("a.txt", "text/plain", b"x"), ("red.png", "image/png", png(40, 20)))
    expect(chips(window, "done")).to_have_count(2)
    window.button("Send").click()
    expect(other.download("a.txt")).to_be_visible()
    window.page.get_by_test_id("me").click()
    window.button("Your files").click()
    expect(window.page.get_by_test_id("own-file")).to_have_count(2)
    window.button("Delete a.txt").click()
    window.page.get_by_text("a.txt will be gone for everybody it was sent to.").wait_for()
    window.page.locator("dialog").last.get_by_role("button", name="Delete", exact=True).click()
    expect(window.page.get_by_test_id("own-file")).to_have_count(1)
    # Behind the dialog the message has changed as well.
    expect(window.page.get_by_test_id("file").filter(has_text="This file is not available.")).to_have_count(1)
    assert [file["name"] for file in ann.get("/files").json()["files"]] == ["red.png"]
    assert window.refusals == [404]
    window.refusals.clear()


def test_what_is_infected_is_gone_and_named(open_window: Open, ann: Person, bob: Person, stack: Stack) -> None:
    """GuardDuty, which is not on a laptop, tells the function of one that was sent and of one that was not."""
    window, other = talk(open_window, ann, bob)
    attach(window, ("sent.txt", "text/plain", b"x"))
    expect(chips(window, "done")).to_have_count(1)
    window.button("Send").click()
    expect(other.download("sent.txt")).to_be_visible()
    attach(window, ("kept.txt", "text/plain", b"x"))
    expect(chips(window, "done")).to_have_count(1)
    for file in ann.get("/files").json()["files"]:
        tell_of_scan(stack, file["fileId"], "THREATS_FOUND")
    window.says("kept.txt held malware and was removed.")
    expect(window.page.get_by_test_id("attachment")).to_have_count(0)
    expect(window.page.get_by_test_id("file")).to_have_text("This file held malware and was removed.")
    expect(other.page.get_by_test_id("file")).to_have_text("This file is not available.")
    assert {*window.refusals, *other.refusals} == {404}
    window.refusals.clear()
    other.refusals.clear()


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


NOTE_REQUESTS = """() => {
    window.requested = [];
    const open = XMLHttpRequest.prototype.open;
    XMLHttpRequest.prototype.open = function (method, url, ...rest) {
        window.requested.push(url);
        return open.call(this, method, url, ...rest);
    };
}"""


def test_a_file_in_parts_goes_on_where_it_was_cut_off(
    open_window: Open, ann: Person, bob: Person, tmp_path: Path
) -> None:
    content = os.urandom(1024**2) * 100
    path = tmp_path / "huge.bin"
    path.write_bytes(content)
    window, _ = talk(open_window, ann, bob)
    # The page itself is asked what it sends: Playwright may tell late of requests with so much in them.
    window.page.evaluate(NOTE_REQUESTS)
    third = re.compile(r"partNumber=3&")
    window.page.route(third, lambda route: route.abort("internetdisconnected"), times=1)
    window.page.locator(".composer input[type=file]").set_input_files(path)
    expect(chips(window, "done")).to_have_count(1)
    # What had arrived by then was not sent again.
    sent = re.findall(r"partNumber=(\d)", " ".join(window.page.evaluate("window.requested")))
    assert sorted(sent) == ["1", "2", "3", "3", "4", "5", "6", "7"]
    (file,) = ann.get("/files").json()["files"]
    assert (file["name"], file["sha256"]) == ("huge.bin", hashlib.sha256(content).hexdigest())


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
