"""What a laptop's stack remembers over its end, in order or by a crash."""

from collections.abc import Iterator

import httpx
import pytest

from local import ports
from local.stack import Stack
from tests.e2e.people import TIMEOUT, Person, wait_until
from tests.pictures import png


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack that only these tests know, as they end it again and again."""
    with Stack(tmp_path_factory.mktemp("mortal"), ports.free(), []) as stack:
        yield stack


@pytest.fixture
def visitors(mortal: Stack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=mortal.endpoints.api_url, timeout=TIMEOUT) as client:
        yield client


def deployed_at(stack: Stack) -> object:
    [described] = stack.client("cloudformation").describe_stacks(StackName="kaiwa-local")["Stacks"]
    return described.get("LastUpdatedTime") or described["CreationTime"]


def restart(stack: Stack) -> None:
    stack.start()
    before = deployed_at(stack)
    stack.deploy()
    assert deployed_at(stack) == before, "what was deployed already was deployed again"


def check_everything_is_there(ann: Person, bob: Person, chat_id: str, said: list[dict]) -> None:
    assert ann.log_in().json()["userId"] == ann.user_id
    assert bob.get("/users", username=ann.username).json()["users"][0]["userId"] == ann.user_id
    assert [chat["chatId"] for chat in bob.get("/chats").json()["chats"]] == [chat_id]
    assert bob.history(chat_id) == said
    refreshed = ann.http.post("/sessions/refresh", json={"refreshToken": ann.session["refreshToken"]})
    assert refreshed.status_code == 200

    # And the conversation goes on where it was.
    listening = bob.open_socket()
    message = ann.say(chat_id, "where were we?")
    assert message["seq"] > said[-1]["seq"]
    assert listening.hears() == ["where were we?"]
    # What S3 tells still leads to the function that hears of it.
    own = ann.open_socket()
    headers = {**ann.authorization, "Content-Type": "image/png"}
    picture = ann.http.post("/files", content=png(40, 20), headers=headers).raise_for_status().json()
    assert own.awaits("file.updated")["fileId"] == picture["fileId"]
    ann.leave()
    bob.leave()


def test_a_stop_loses_nothing(mortal: Stack, visitors: httpx.Client) -> None:
    ann, bob = Person(visitors, "ann"), Person(visitors, "bob")
    chat_id = ann.start_chat(bob)
    ann.open_socket()
    said = [ann.say(chat_id, "first"), bob.say(chat_id, "二番目")]

    mortal.stop()
    restart(mortal)
    assert ann.get("/users/me").json()["online"] is False
    check_everything_is_there(ann, bob, chat_id, said)


def test_a_crash_loses_the_last_seconds_at_most(mortal: Stack, visitors: httpx.Client) -> None:
    ann, bob = Person(visitors, "ann"), Person(visitors, "bob")
    chat_id = ann.start_chat(bob)
    ann.open_socket()
    said = [ann.say(chat_id, "first"), bob.say(chat_id, "二番目")]
    words = {"dynamodb.json": said[-1]["messageId"], "cognito.json": bob.email}
    wait_until(lambda: all(word in (mortal.directory / "state" / name).read_text() for name, word in words.items()), 5)

    mortal.kill()
    restart(mortal)
    check_everything_is_there(ann, bob, chat_id, said)
