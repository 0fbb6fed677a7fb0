"""Every action, with frames made up from its document: no defect, and no reply or push that is not in it.

The gateway itself holds every reply and push against the document.
"""

from typing import Any

import hypothesis
import pytest
from schemathesis import Case, GenerationMode

from tests import requests_at_random
from tests.people import Person
from tests.requests_at_random import cases, some, text_of, ways

ACTIONS = requests_at_random.actions()
ACTIONS.pop("ping")  # API Gateway answers it itself.


@pytest.fixture
def known(ann: Person, bob: Person, eve: Person) -> dict[str, list[Any]]:
    group = ann.start_chat(bob, eve)
    message = bob.say(group, "hi")["messageId"]
    mine = ann.say(group, "hello")["messageId"]
    return {
        "chatId": [group, ann.start_chat(bob)],
        "messageId": [mine, message],
        "replyTo": [message],
        "userId": [bob.user_id, ann.user_id],
        "toUserId": [bob.user_id],
        "callId": [bob.ask("startCall", chatId=group, kind="audio").data["callId"]],
        "fileId": [ann.upload().data["fileId"]],
        "emoji": ["👍"],
    }


@pytest.mark.parametrize(("action", "mode"), ways(ACTIONS))
def test_every_reply_is_documented(action: str, mode: GenerationMode, known: dict[str, list[Any]], ann: Person) -> None:
    socket = ann.standing_socket

    @some(20)
    @hypothesis.given(cases(ACTIONS[action], mode, known))
    def ask(case: Case) -> None:
        status = socket.send(text_of(case.body)).status
        assert status < 500
        if mode is GenerationMode.NEGATIVE:
            assert status >= 400

    ask()
