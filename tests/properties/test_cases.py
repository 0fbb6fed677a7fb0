"""Short sequences that go wrong where a part of the rule is missing."""

import pytest

from tests.properties.fates import WELL, Fate
from tests.properties.test_log import Conversation

LATE = Fate(is_late=True)
UNHEARD = Fate(is_heard=False)
PHONE, LAPTOP, TABLET = range(3)
NOBODY: set[int] = set()
EVERYBODY = {PHONE, LAPTOP, TABLET}


@pytest.fixture
def conversation(world: None) -> Conversation:
    return Conversation()


@pytest.mark.parametrize("seconds", [1, 10, 28])
def test_a_write_that_lands_late_is_found(conversation: Conversation, seconds: int) -> None:
    """Found with gaps that were final after 28 s, and with gaps that were final at the first read."""
    conversation.say(PHONE, 1, LATE, NOBODY)
    conversation.say(LAPTOP, 1, WELL, NOBODY)
    conversation.wait(seconds, NOBODY)
    conversation.teardown()


def test_a_message_whose_reply_was_lost_stands_once(conversation: Conversation) -> None:
    """Found with a new id for each attempt."""
    conversation.say(PHONE, 1, UNHEARD, NOBODY)
    conversation.say(PHONE, 0, WELL, NOBODY)
    conversation.teardown()


def test_a_message_that_was_sent_again_before_its_first_write_landed_stands_once(conversation: Conversation) -> None:
    conversation.say(PHONE, 1, LATE, NOBODY)
    conversation.say(PHONE, 1, WELL, NOBODY)
    conversation.land(0)
    conversation.teardown()


def test_a_push_of_an_earlier_change_changes_nothing_back(conversation: Conversation) -> None:
    """Found where what came last was shown."""
    conversation.say(PHONE, 1, WELL, NOBODY)
    conversation.change(PHONE, 0, ("editMessage", {"text": "better"}), WELL, EVERYBODY)
    conversation.change(PHONE, 0, ("editMessage", {"text": "best"}), WELL, NOBODY)
    conversation.teardown()


def test_a_change_that_lands_after_another_is_none(conversation: Conversation) -> None:
    conversation.say(PHONE, 1, WELL, NOBODY)
    conversation.change(PHONE, 0, ("editMessage", {"text": "better"}), LATE, NOBODY)
    conversation.change(LAPTOP, 0, ("addReaction", {"emoji": "👋"}), WELL, NOBODY)
    conversation.land(0)
    conversation.teardown()


def test_what_comes_after_a_page_is_not_settled_by_it(conversation: Conversation) -> None:
    """Found where a page was taken for the whole log."""
    conversation.line(TABLET, "cut")
    conversation.say(PHONE, 2, WELL, NOBODY)
    conversation.say(PHONE, 1, WELL, NOBODY)
    tablet = conversation.devices[TABLET]
    tablet.log.hear_of(2, tablet.now)
    conversation.wait(31, NOBODY)
    conversation.page(TABLET, "ask", 0)
    conversation.page(TABLET, "read", 0)
    conversation.teardown()


def test_a_gap_before_a_page_is_not_settled_by_it(conversation: Conversation) -> None:
    """Found where any late page settled what was missing."""
    conversation.line(TABLET, "cut")
    conversation.say(PHONE, 1, WELL, NOBODY)
    conversation.say(PHONE, 1, WELL, NOBODY)
    tablet = conversation.devices[TABLET]
    tablet.log.hear_of(2, tablet.now)
    conversation.wait(31, NOBODY)
    conversation.page(TABLET, "ask further", 0)
    conversation.page(TABLET, "read", 0)
    conversation.teardown()
