"""Whatever happens to a call in whatever order, it has one end, and every device knows how it ended there.

The orders are not picked: every two and every three of the moves that people, time and lost lines can make are tried,
in calls of two and of three people.
"""

from collections.abc import Iterator
from itertools import chain, product

import pytest

from core.errors import Conflict, NotFound
from domain import call_states
from domain.call_states import Accept, Call, Leave, Lose, Move, Participant, Pass, Push, Recipient, Reject, Return

BEGIN = 1_800_000_000_000
RING = 45_000
ANN = "ann-1"
DEVICES = {"ann": {ANN}, "bob": {"bob-1", "bob-2"}, "eve": {"eve-1", "eve-2"}}

# What may happen, each with the time that it takes.
MOVES: dict[str, tuple[Move, int]] = {
    "bob accepts on the first": (Accept("bob", "bob-1"), 1),
    "bob accepts on the second": (Accept("bob", "bob-2"), 1),
    "bob rejects": (Reject("bob"), 1),
    "bob hangs up": (Leave("bob"), 1),
    "ann hangs up": (Leave("ann"), 1),
    "the ringing is over": (Pass(), RING),
    "ann is lost": (Lose("ann", ANN, 0, 0), 1),
    "bob is lost": (Lose("bob", "bob-1", 0, 0), 1),
    "ann is back": (Return("ann", ANN, 0, 0), 1),
    "twenty seconds pass": (Pass(), call_states.AWAY_MILLISECONDS),
}
EVE: dict[str, tuple[Move, int]] = {
    "eve accepts": (Accept("eve", "eve-1"), 1),
    "eve rejects": (Reject("eve"), 1),
    "eve hangs up": (Leave("eve"), 1),
}


class Table:
    """A call, and what each device was told of it."""

    def __init__(self, *callees: str, busy: tuple[str, ...] = ()) -> None:
        self.now = BEGIN
        self.revision = 1
        self.told: dict[str, list[str]] = {device: [] for user in ("ann", *callees, *busy) for device in DEVICES[user]}
        self.joined: dict[str, set[str]] = {user: set() for user in ("ann", *callees, *busy)}
        caller = Participant("ann", call_states.JOINED, ANN, place=1, seen_at=BEGIN)
        others = (Participant(user, call_states.BUSY, rang=False) for user in busy)
        participants = (caller, *(Participant(user) for user in callees), *others)
        call = Call("call", "video", None, "ann", participants, BEGIN, BEGIN + RING)
        self.call, pushes = call_states.begin(call)
        self._tell(pushes)

    def make(self, move: Move, takes: int) -> None:
        """Let time pass, then make a move; and make it again, which must change nothing."""
        self.now += takes
        if isinstance(move, Lose | Return):
            self.revision += 1
            move = type(move)(move.user_id, move.device_id, self.now, self.revision)
        self._apply(Pass())
        self._apply(move)
        before = self.call
        assert self._apply(move) == []
        assert self.call == before
        self._holds()

    def _apply(self, move: Move) -> list[Push]:
        try:
            self.call, pushes = call_states.apply(self.call, move, self.now)
        except Conflict:
            assert isinstance(move, Accept)
            return []
        if isinstance(move, Accept) and self.call.find(move.user_id).device_id == move.device_id:
            self.joined[move.user_id].add(move.device_id)
        self._tell(pushes)
        return pushes

    def _tell(self, pushes: list[Push]) -> None:
        for push in pushes:
            devices = [device for one in push.to for device in devices_of(one)]
            assert len(devices) == len(set(devices)), "somebody is told twice"
            for device in devices:
                self.told[device].append(push.event)

    def _holds(self) -> None:
        assert len(self.call.joined) == len({one.user_id for one in self.call.joined})
        over = self.call.state == call_states.ENDED
        assert over == (self.call.ended_at is not None) == (self.call.end_reason is not None)
        if over:
            assert not any(one.is_live for one in self.call.participants)
            assert self.call.due_at() is None
        else:
            assert len(self.call.joined) > 1 or (self.call.joined and self.call.is_ringing)
            assert (self.call.due_at() or 0) > self.now


def devices_of(recipient: Recipient) -> set[str]:
    """Return the devices that a push reaches."""
    if recipient.only:
        return {recipient.only}
    return DEVICES[recipient.user_id] - {recipient.but}


def orders(moves: dict[str, tuple[Move, int]]) -> Iterator[tuple[str, ...]]:
    """Give every two and every three of them, in every order, with repeats."""
    return chain(product(moves, repeat=2), product(moves, repeat=3))


@pytest.mark.parametrize("first", MOVES)
def test_two_people_end_as_one(first: str) -> None:
    for rest in orders(MOVES):
        ends_well(Table("bob"), [MOVES[name] for name in (first, *rest)])


@pytest.mark.parametrize("first", [*MOVES, *EVE])
def test_three_people_end_as_one(first: str) -> None:
    moves = MOVES | EVE
    for rest in product(moves, repeat=2):
        ends_well(Table("bob", "eve"), [moves[name] for name in (first, *rest)])


def ends_well(table: Table, moves: list[tuple[Move, int]]) -> None:
    """Make the moves, then hang up wherever somebody is left; and see that each device knows."""
    for move, takes in moves:
        table.make(move, takes)
    for user in table.joined:
        table.make(Leave(user), 1)
    assert table.call.state == call_states.ENDED
    ended = table.call
    for move, takes in (*MOVES.values(),):
        table.make(move, takes)
    assert table.call == ended, "what has ended stays as it ended"
    for user, joined in table.joined.items():
        for device in DEVICES[user] if user != "ann" else ():
            knows(table, device, has_joined=device in joined)


def knows(table: Table, device: str, *, has_joined: bool) -> None:
    """See that a device at which it rang was told once how that ended: it joined, or another one did, or it is over."""
    told = table.told[device]
    assert told.count("ringing") == 1
    assert told.count("ended") <= 1
    if len(table.joined) == 2:  # In a larger call people leave and come back, on this device or another.
        assert has_joined + told.count("answeredElsewhere") + (not has_joined) * told.count("ended") == 1, told
        assert not has_joined or told.count("ended") == 1
    assert has_joined or "answeredElsewhere" in told or "ended" in told, told


def test_strangers_and_those_whom_the_call_does_not_reach_have_no_part_in_it() -> None:
    table = Table("bob")
    participants = tuple(
        Participant("bob", is_reached=False) if one.user_id == "bob" else one for one in table.call.participants
    )
    unreached = Call("call", "audio", None, "ann", participants, BEGIN, BEGIN + RING)
    _, (ringing,) = call_states.begin(unreached)
    assert ringing.to == ()
    for move in (Accept("eve", "eve-1"), Reject("eve"), Leave("eve"), Accept("bob", "bob-1"), Reject("bob")):
        with pytest.raises(NotFound):
            call_states.apply(unreached, move, BEGIN)
    missed, (ended,) = call_states.apply(unreached, Pass(), BEGIN + RING)
    assert missed.end_reason == call_states.MISSED
    assert ended.to == (Recipient("ann", only=ANN),)


@pytest.mark.parametrize(
    ("moves", "reason"),
    [
        (["bob rejects"], "rejected"),
        (["ann hangs up"], "cancelled"),
        (["the ringing is over"], "missed"),
        (["bob accepts on the first", "bob hangs up"], "hangup"),
        (["bob accepts on the first", "ann hangs up"], "hangup"),
        (["bob accepts on the first", "bob is lost", "twenty seconds pass"], "connection_lost"),
        (["bob accepts on the first", "ann is lost", "twenty seconds pass"], "connection_lost"),
        (["ann is lost", "twenty seconds pass"], "connection_lost"),
    ],
)
def test_a_call_says_why_it_ended(moves: list[str], reason: str) -> None:
    table = Table("bob")
    for name in moves:
        assert table.call.state != call_states.ENDED
        table.make(*MOVES[name])
    assert table.call.end_reason == reason


def test_who_comes_back_in_time_goes_on() -> None:
    table = Table("bob")
    for name in ("bob accepts on the first", "ann is lost"):
        table.make(*MOVES[name])
    table.now += call_states.AWAY_MILLISECONDS - 10
    table.make(*MOVES["ann is back"])
    table.make(*MOVES["twenty seconds pass"])
    assert table.call.state == call_states.ACTIVE


def test_what_is_due_happens_in_its_order_however_late_somebody_looks() -> None:
    table = Table("bob")
    # Nobody answers, and while it rings the caller's line is cut: it rang out before she was taken for gone.
    table.make(Lose("ann", ANN, 0, 0), RING - 10_000)
    table.make(Pass(), 60 * 60 * 1000)
    assert (table.call.end_reason, table.call.ended_at) == ("missed", BEGIN + RING)
    # Eve does not answer, and later bob is gone: looked at long after both, it is as if somebody had looked at each.
    table = Table("bob", "eve")
    table.make(*MOVES["bob accepts on the first"])
    table.make(Lose("bob", "bob-1", 0, 0), RING - 10_000)
    call, pushes = call_states.apply(table.call, Pass(), table.now + 60 * 60 * 1000)
    assert (call.end_reason, call.ended_at) == ("connection_lost", table.now + call_states.AWAY_MILLISECONDS)
    assert [one.state for one in call.participants] == ["left", "left", "missed"]
    assert [push.event for push in pushes] == ["left", "ended"]


def test_what_is_told_in_another_order_than_it_happened_is_put_right() -> None:
    table = Table("bob")
    late, back = Lose("ann", ANN, BEGIN + 1, 2), Return("ann", ANN, BEGIN + 2, 3)
    table._apply(back)
    table._apply(late)
    assert table.call.find("ann").lost_at is None
    table._apply(Lose("ann", ANN, BEGIN + 3, 4))
    assert table.call.find("ann").lost_at == BEGIN + 3
    # A clock that is behind does not matter: the number says what was later.
    table._apply(Return("ann", ANN, BEGIN, 5))
    assert table.call.find("ann").lost_at is None


def test_a_loss_counts_from_when_it_was_noticed_first() -> None:
    table = Table("bob")
    table._apply(Lose("ann", ANN, BEGIN + 19, 2))
    table._apply(Lose("ann", ANN, BEGIN + 1, 2))
    assert table.call.find("ann").lost_at == BEGIN + 1
    table._apply(Return("ann", ANN, BEGIN + 20, 3))
    table._apply(Lose("ann", ANN, BEGIN + 1, 2))
    assert table.call.find("ann").lost_at is None


def test_who_was_busy_is_told_nothing_unless_they_come() -> None:
    table = Table("bob", busy=("eve",))
    table.make(*MOVES["bob accepts on the first"])
    table.make(*MOVES["bob hangs up"])
    assert table.call.find("eve").state == call_states.BUSY
    assert table.told["eve-1"] == table.told["eve-2"] == []
    table = Table("bob", busy=("eve",))
    for move in (MOVES["bob accepts on the first"], EVE["eve accepts"], MOVES["bob hangs up"], MOVES["ann hangs up"]):
        table.make(*move)
    assert table.told["eve-1"] == ["joined", "left", "ended"]


def test_a_device_can_say_that_its_owner_is_busy() -> None:
    table = Table("bob")
    table.make(Leave("bob", call_states.BUSY), 1)
    assert (table.call.end_reason, table.call.find("bob").state) == ("busy", "busy")
    assert table.told["bob-1"] == table.told["bob-2"] == ["ringing", "rejected", "ended"]


def test_who_is_never_seen_again_is_gone_though_nobody_said_so() -> None:
    table = Table("bob")
    table.make(*MOVES["bob accepts on the first"])
    table.make(Pass(), call_states.UNSEEN_MILLISECONDS)
    assert table.call.state == call_states.ENDED


def test_a_second_device_is_told_that_the_first_has_answered() -> None:
    table = Table("bob")
    table.make(*MOVES["bob accepts on the first"])
    with pytest.raises(Conflict) as refusal:
        call_states.apply(table.call, Accept("bob", "bob-2"), table.now)
    assert refusal.value.code == "conflict"
    assert table.told == {ANN: ["joined"], "bob-1": ["ringing", "joined"], "bob-2": ["ringing", "answeredElsewhere"]}


def test_a_call_goes_on_while_somebody_may_still_answer() -> None:
    table = Table("bob", "eve")
    table.make(*EVE["eve rejects"])
    assert table.call.state == call_states.RINGING
    table.make(*MOVES["bob accepts on the first"])
    assert table.call.state == call_states.ACTIVE
    table.make(*EVE["eve accepts"])
    assert [one.user_id for one in table.call.joined] == ["ann", "bob", "eve"]
    table.make(*MOVES["ann hangs up"])
    assert table.call.state == call_states.ACTIVE
    table.make(*MOVES["bob hangs up"])
    assert (table.call.state, table.call.end_reason) == (call_states.ENDED, "hangup")
