"""Calls between windows: who hears and sees whom, and what everybody is told."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Locator, expect

from domain.ice_servers import credential
from local.stack import Stack
from local.turn import Turn
from tests.browser.conftest import PHONE
from tests.browser.test_conversation import close_sockets
from tests.browser.window import Window
from tests.e2e.people import Person

Open = Callable[..., Window]

SMALL = {"width": 640, "height": 480}

# The page's own connections, to be looked into; and what they are made with, to be changed.
WATCH = """
window.lines = [];
window.lineErrors = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
        super({ ...configuration, ...CHANGES(configuration) });
        window.lines.push(this);
        this.addEventListener("icecandidateerror", ({ errorCode }) => window.lineErrors.push(errorCode));
    }
};
// Small pictures: what they show is tested, not how fast this machine compresses them.
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = ({ audio, video }) => ask({
    ...(audio && { audio }), ...(video && { video: { ...video, width: 320, height: 240, frameRate: 10 } }),
});
"""

# What has come in on all lines that are open: bytes of sound, bytes and pictures of video, and by which kind of way.
RECEIVED = """async () => {
    const received = { audio: 0, video: 0, frames: 0, ways: [] };
    for (const line of window.lines.filter(({ signalingState }) => signalingState !== "closed")) {
        const report = await line.getStats();
        for (const each of report.values()) {
            if (each.type === "inbound-rtp") received[each.kind] += each.bytesReceived;
            if (each.type === "inbound-rtp" && each.kind === "video") received.frames += each.framesDecoded;
            if (each.type === "transport" && each.selectedCandidatePairId) {
                const pair = report.get(each.selectedCandidatePairId);
                received.ways.push(report.get(pair.localCandidateId).candidateType);
            }
        }
    }
    return received;
}"""

GROWS = f"""async ({{ before, kinds }}) => {{
    const now = await ({RECEIVED})();
    return kinds.every((kind) => now[kind] > before[kind]);
}}"""

# What a video shows, as red, green and blue, once it shows something; a busy machine takes its time.
COLOUR = """async userId => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const deadline = performance.now() + 20_000;
    for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        // Another element may have taken the place of the one before.
        const video = document.querySelector(`[data-user="${userId}"] video`);
        if (video) context.drawImage(video, 0, 0, 8, 8);
        const colour = [...context.getImageData(1, 1, 1, 1).data.slice(0, 3)];
        if (Math.max(...colour) > 60 || performance.now() > deadline) return colour;
    }
}"""


def caller(open_window: Open, person: Person, changes: str = "{}", **options: Any) -> Window:
    """Open a window whose lines are watched."""
    window = open_window(**{"viewport": SMALL, **options})
    window.context.add_init_script(WATCH.replace("CHANGES(configuration)", f"({changes})"))
    window.page.reload()
    return window.welcome(person)


def ring(window: Window) -> Locator:
    return window.page.get_by_test_id("ring")


def screen(window: Window) -> Locator:
    return window.page.get_by_test_id("call")


def status(window: Window) -> Locator:
    return window.page.get_by_test_id("call-status")


def tile(window: Window, person: Person) -> Locator:
    return window.page.locator(f'[data-user="{person.user_id}"]')


def sees(window: Window, *people: Person) -> None:
    """Wait until there is a line to each of these, and their picture is there and not black."""
    for person in people:
        expect(tile(window, person)).to_have_attribute("data-state", "live")
        expect(tile(window, person)).to_have_attribute("data-picture", "camera")
    flows(window, "frames")
    for person in people:
        red, green, blue = window.page.evaluate(COLOUR, person.user_id)
        # The camera of a Chromium under test is green.
        assert green > 60
        assert green > red + 20
        assert green > blue + 20


def flows(window: Window, *kinds: str) -> None:
    """Wait until more has come in than has by now."""
    before = window.page.evaluate(RECEIVED)
    window.page.wait_for_function(GROWS, arg={"before": before, "kinds": kinds})


def ways(window: Window) -> set[str]:
    return set(window.page.evaluate(RECEIVED)["ways"])


def has_logged(window: Window, words: str) -> None:
    expect(window.page.get_by_test_id("call-entry").last).to_contain_text(words)


def test_two_call_each_other_and_the_call_outlives_a_socket(
    open_window: Open, stack: Stack, ann: Person, bob: Person
) -> None:
    ann.start_chat(bob)
    one, other = caller(open_window, ann), caller(open_window, bob)
    signals = signals_of(one)
    one.open_chat(bob.username)
    one.button("Start an audio call").click()
    expect(status(one)).to_have_text("Ringing…")
    expect(ring(other)).to_contain_text(f"{ann.username} is calling")
    expect(other.page).to_have_title(f"{ann.username} is calling")
    other.button("Accept").click()
    for window in (one, other):
        expect(status(window)).to_have_text(re.compile(r"^\d:\d\d$"))
        flows(window, "audio")
    assert has_trickled(signals)

    # A microphone that is muted says so on the other side.
    one.button("Mute").click()
    expect(tile(other, ann).get_by_role("img", name=f"{ann.username} is muted")).to_be_visible()
    one.button("Unmute").click()
    expect(tile(other, ann).get_by_role("img", name=f"{ann.username} is muted")).to_have_count(0)

    # In a tunnel: who is there hears on, and who comes out of it is in the same call.
    lines = other.page.evaluate("window.lines.length")
    other.context.set_offline(True)
    close_sockets(stack, bob)
    expect(status(other)).to_have_text("Reconnecting…")
    flows(one, "audio")
    flows(other, "audio")
    other.context.set_offline(False)
    expect(status(other)).to_have_text(re.compile(r"^\d:\d\d$"))
    assert other.page.evaluate("window.lines.length") == lines
    # Signals go on: a camera is news that the server has to carry.
    for window in (one, other):
        window.button("Turn camera on").click()
    sees(one, bob)
    sees(other, ann)

    # What is shown in the place of the camera is said to be a screen.
    one.button("Share screen").click()
    expect(tile(other, ann)).to_have_attribute("data-picture", "screen")
    one.button("Stop sharing").click()
    expect(tile(other, ann)).to_have_attribute("data-picture", "camera")

    other.button("Hang up").click()
    expect(screen(other)).to_have_count(0)
    expect(status(one)).to_have_text("The call has ended")
    expect(screen(one)).to_have_count(0)
    has_logged(one, "Audio call")
    assert [line["state"] for line in ann.get("/calls").json()["calls"]] == ["ended"]


def test_a_call_goes_through_the_relay_where_nothing_else_is_let_through(
    open_window: Open, ann: Person, bob: Person
) -> None:
    ann.start_chat(bob)
    relayed = '{ iceTransportPolicy: "relay" }'
    one, other = caller(open_window, ann, relayed), caller(open_window, bob, relayed)
    one.open_chat(bob.username)
    one.button("Start a video call").click()
    other.button("Accept with video").click()
    sees(one, bob)
    sees(other, ann)
    flows(one, "audio")
    flows(other, "audio")
    assert ways(one) == ways(other) == {"relay"}


def test_with_credentials_that_have_ended_the_relay_lets_nobody_through(
    open_window: Open, relay: Turn, ann: Person, bob: Person
) -> None:
    ann.start_chat(bob)
    name = f"{int(time.time()) - 60}:{ann.user_id}"
    late = {"urls": relay.urls, "username": name, "credential": credential(relay.secrets[0], name)}
    changes = json.dumps({"iceTransportPolicy": "relay", "iceServers": [late]})
    one, other = caller(open_window, ann, changes), caller(open_window, bob, changes)
    one.open_chat(bob.username)
    one.button("Start an audio call").click()
    other.button("Accept").click()
    one.page.wait_for_function("() => window.lineErrors.includes(401)")
    expect(tile(one, bob)).to_have_attribute("data-state", "connecting")
    assert one.page.evaluate("window.lines.map(({ connectionState }) => connectionState)")[0] != "connected"


def test_three_talk_in_a_group_and_one_leaves_and_comes_back(
    open_window: Open, http: httpx.Client, ann: Person, bob: Person
) -> None:
    eve = Person(http, "eve")
    ann.start_chat(bob, eve)
    one, other = caller(open_window, ann), caller(open_window, bob, **PHONE)
    third = caller(open_window, eve)
    for window in (one, other, third):
        window.open_chat("Friends")
    one.button("Start a video call").click()
    for window in (other, third):
        expect(ring(window)).to_contain_text("in Friends")
        window.button("Accept with video").click()
    sees(one, bob, eve)
    sees(other, ann, eve)
    sees(third, ann, bob)

    # One looks at the chat meanwhile.
    third.button("Back to the chats").click()
    expect(third.page.get_by_test_id("call-bar")).to_contain_text("Friends")
    third.say("Can you hear me?")
    one.page.keyboard.press("Escape")
    one.hears("Can you hear me?")
    expect(one.button("Start a video call")).to_have_count(0)

    other.button("Hang up").click()
    expect(tile(third, bob)).to_have_count(0)
    other.button("Join the call").click()
    sees(other, ann, eve)
    third.page.get_by_test_id("call-bar").get_by_role("button", name="Back to the call").click()
    sees(third, ann, bob)


def test_whoever_does_not_answer_and_whoever_gives_up_is_told_apart(
    open_window: Open, ann: Person, bob: Person
) -> None:
    ann.start_chat(bob)
    one, other = caller(open_window, ann), caller(open_window, bob)
    second = caller(open_window, bob)
    for window in (other, second):
        window.open_chat(ann.username)
    one.open_chat(bob.username)

    # Rejected on one device it is quiet on the other; whoever was writing neither answers nor loses a word by it.
    other.composer.fill("Half a sen")
    one.button("Start an audio call").click()
    expect(ring(second)).to_be_visible()
    expect(ring(other)).to_be_focused()
    other.page.keyboard.press("Enter")
    other.page.keyboard.press("Space")
    expect(status(one)).to_have_text("Ringing…")
    other.button("Decline").click()
    expect(other.composer).to_be_focused()
    expect(other.composer).to_have_value("Half a sen")
    expect(status(one)).to_have_text("Declined")
    for window in (other, second):
        expect(ring(window)).to_have_count(0)
    expect(screen(one)).to_have_count(0)
    has_logged(one, "Call without an answer")

    # Given up, it was missed.
    one.button("Start a video call").click()
    for window in (other, second):
        expect(ring(window)).to_be_visible()
    one.button("Hang up").click()
    for window in (other, second):
        expect(ring(window)).to_have_count(0)
        has_logged(window, f"Missed video call from {ann.username}")

    # Answered on one device it is quiet on the other, which may not disturb it.
    other.page.get_by_test_id("call-entry").last.get_by_role("button", name="Call back").click()
    expect(ring(one)).to_be_visible()
    one.button("Accept").click()
    expect(status(one)).to_have_text(re.compile(r"^\d:\d\d$"))
    one.button("Hang up").click()
    expect(screen(other)).to_have_count(0)
    one.button("Start an audio call").click()
    for window in (other, second):
        expect(ring(window)).to_be_visible()
    second.button("Accept").click()
    expect(ring(other)).to_have_count(0)
    expect(screen(other)).to_have_count(0)
    expect(status(second)).to_have_text(re.compile(r"^\d:\d\d$"))
    flows(one, "audio")
    second.button("Hang up").click()

    other.button("Back to chats").click()
    other.button("Calls, with missed ones").click()
    past = other.page.get_by_test_id("past-call")
    expect(past).to_have_count(4)
    expect(past.nth(2)).to_contain_text("Missed")
    other.page.keyboard.press("Escape")
    expect(other.button("Calls")).to_be_visible()


def test_what_the_browser_keeps_from_the_page_is_explained(open_window: Open, ann: Person, bob: Person) -> None:
    ann.start_chat(bob)
    one, other = caller(open_window, ann), caller(open_window, bob)
    one.page.evaluate(
        """() => {
            navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); };
        }"""
    )
    one.open_chat(bob.username)
    one.button("Start a video call").click()
    one.says("The browser keeps the microphone from this page, so nobody hears you.")
    one.says("The browser keeps the camera from this page.")
    # One hears and sees the other all the same.
    other.button("Accept with video").click()
    sees(one, bob)
    expect(tile(other, ann)).to_have_attribute("data-picture", "none")
    expect(one.button("Unmute")).to_be_visible()
    one.page.keyboard.press("Escape")
    one.page.get_by_test_id("call-bar").get_by_role("button", name="Hang up").click()
    expect(one.page.get_by_test_id("call-bar")).to_be_hidden()


def signals_of(window: Window) -> list[dict[str, Any]]:
    """Return what a window tells others from its next socket on, as it comes to be told."""
    signals: list[dict[str, Any]] = []

    def note(text: str | bytes) -> None:
        frame = json.loads(text)
        if frame["action"] == "sendSignal":
            signals.append(frame["signal"])

    window.page.on("websocket", lambda socket: socket.on("framesent", note))
    window.page.reload()
    window.is_connected()
    return signals


def has_trickled(signals: list[dict[str, Any]]) -> bool:
    """Say whether candidates went on their own, after a description without any."""
    descriptions = [signal["description"] for signal in signals if "description" in signal]
    candidates = [each for signal in signals for each in signal.get("candidates", [])]
    return bool(candidates) and "a=candidate" not in descriptions[0]["sdp"]
