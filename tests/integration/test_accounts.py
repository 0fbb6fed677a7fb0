"""Registering, logging in, and looking at people."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters import identity
from core import clock as core_clock
from core.pages import encode_cursor
from core.settings import settings
from domain import accounts, codes
from domain.codes import Purpose
from models.accounts import CLAIM_SECONDS, User, Username
from tests.calls import Calls, Crash, Death, Meeting, Refusal, refusal
from tests.cognito import refusal as refusal_like_cognitos
from tests.conftest import Clock
from tests.gateway import Answer, Gateway
from tests.integration.threads import at_once
from tests.people import PASSWORD, Person, claims, visit

DAN = {"username": "dan", "email": "dan@example.com", "password": PASSWORD}


def register(gateway: Gateway, **changes: str) -> Answer:
    return visit(gateway, "registerUser", **{**DAN, **changes})


def log_in(gateway: Gateway, email: str = DAN["email"], password: str = PASSWORD) -> Answer:
    return visit(gateway, "logIn", email=email, password=password)


def without_request_id(answer: Answer) -> tuple[int, dict[str, Any], str]:
    """Return all of an answer, byte for byte, but its request id."""
    body = answer.raw["body"].replace(json.loads(answer.raw["body"])["requestId"], "")
    return answer.status, answer.raw["headers"], body


# Registering


def test_a_stranger_registers_and_can_log_in_at_once(gateway: Gateway) -> None:
    account = register(gateway)
    assert account.status == 201
    user_id = account.data["userId"]
    assert account.data == {"userId": user_id, "username": "dan", "email": "dan@example.com", "confirmed": True}
    session = log_in(gateway)
    assert session.status == 200
    assert session.data.keys() == {"userId", "accessToken", "idToken", "refreshToken", "expiresIn", "tokenType"}
    assert (session.data["userId"], session.data["tokenType"]) == (user_id, "Bearer")
    assert session.data["expiresIn"] == 3600
    assert claims(session.data["accessToken"])["sub"] == user_id


def test_where_mail_is_confirmed_a_new_user_must_wait(gateway: Gateway, confirm_mail: Callable[[bool], None]) -> None:
    confirm_mail(True)
    assert register(gateway).data["confirmed"] is False
    answer = log_in(gateway)
    assert (answer.status, answer.code) == (403, "unconfirmed")


@pytest.mark.parametrize(
    "taken",
    [
        {"email": "other@example.com"},
        {"email": "other@example.com", "username": "DAN"},
        {"username": "other"},
        {"username": "other", "email": "DAN@Example.Com"},
        {},
    ],
)
def test_a_name_and_a_mail_address_are_taken_once(taken: dict[str, str], gateway: Gateway) -> None:
    register(gateway)
    answer = register(gateway, **taken)
    assert (answer.status, answer.code) == (409, "user_exists")
    assert log_in(gateway).status == 200


def test_which_of_the_two_is_taken_is_not_told(gateway: Gateway) -> None:
    register(gateway)
    answers = [register(gateway, username="other"), register(gateway, email="other@example.com")]
    assert without_request_id(answers[0]) == without_request_id(answers[1])


def test_a_mail_address_that_is_taken_leaves_the_name_free(gateway: Gateway) -> None:
    register(gateway)
    assert register(gateway, username="free").status == 409
    assert register(gateway, username="free", email="free@example.com").status == 201


@pytest.mark.parametrize("password", ["short", "onlylowercase", "NoNumbersHere", "a"])
def test_a_weak_password_is_refused_and_leaves_the_name_free(password: str, gateway: Gateway) -> None:
    answer = register(gateway, password=password)
    assert (answer.status, answer.code, answer.fields) == (400, "invalid_request", ["password"])
    assert register(gateway, email="free@example.com").status == 201


@pytest.mark.parametrize("letters", [15, 64])
def test_a_name_of_letters_that_stand_for_many_is_refused(letters: int, gateway: Gateway, calls: Calls) -> None:
    """DynamoDB ends keys at 2,048 bytes, an index's at 1,024, and says so too late: here one letter has 33."""
    answer = register(gateway, username="\ufdfa" * letters)
    assert (answer.status, answer.code, answer.fields) == (400, "invalid_request", ["username"])
    assert calls.words() == []


def test_a_name_of_letters_that_stand_for_many_is_not_searched_for(ann: Person, calls: Calls) -> None:
    calls.clear()
    answer = ann.ask("findUsers", username="\ufdfa" * 15)
    assert (answer.status, answer.fields) == (400, ["username"])
    assert calls.words() == []


@pytest.mark.parametrize("letter", ["a", "花", "é", "한", "क", "\U00020000"])
def test_a_name_of_64_letters_is_taken_in_any_script(letter: str, gateway: Gateway) -> None:
    assert register(gateway, username=letter * 64).status == 201


def test_a_mail_address_that_cognito_refuses_is_named(gateway: Gateway, calls: Calls) -> None:
    with calls.intercepted(Refusal("AdminCreateUser", refusal_of_cognito("InvalidParameterException"))):
        answer = register(gateway)
    assert (answer.status, answer.fields) == (400, ["email"])
    assert register(gateway, email="free@example.com").status == 201


def refusal_of_cognito(code: str) -> Exception:
    return refusal_like_cognitos(identity._client(), code, "AdminCreateUser")


def test_of_two_who_want_a_name_at_once_one_gets_it(gateway: Gateway, calls: Calls) -> None:
    meeting = Meeting("PutItem usernames", "PutItem usernames")
    with calls.intercepted(meeting):
        answers = at_once(
            lambda: register(gateway, email="one@example.com"), lambda: register(gateway, email="two@example.com")
        )
    assert meeting.was_held
    assert sorted(answer.status for answer in answers) == [201, 409]
    winner = next(answer.data for answer in answers if answer.status == 201)
    assert {log_in(gateway, mail).status for mail in ("one@example.com", "two@example.com")} == {200, 401}
    assert log_in(gateway, winner["email"]).data["userId"] == winner["userId"]


def test_one_who_registers_twice_at_once_gets_one_account(gateway: Gateway, calls: Calls) -> None:
    meeting = Meeting("AdminCreateUser", "AdminCreateUser")
    with calls.intercepted(meeting):
        answers = at_once(lambda: register(gateway), lambda: register(gateway))
    assert meeting.was_held
    # The later one finishes what the other began, or comes when that is under way.
    made = [answer for answer in answers if answer.status == 201]
    assert sorted(answer.status for answer in answers) in ([201, 201], [201, 409])
    assert all(answer.data == made[0].data for answer in made)
    assert log_in(gateway).data["userId"] == made[0].data["userId"]
    assert register(gateway, email="other@example.com").status == 409


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("by", ["logging in", "registering", "registering late"])
@pytest.mark.parametrize("at", range(1, 7))
def test_a_registration_that_was_cut_off_can_be_finished(
    at: int, by: str, after: bool, gateway: Gateway, calls: Calls, clock: Clock
) -> None:
    """By registering again as long as there is no user, and by logging in as soon as Cognito knows of it."""
    death = Death(at, after=after)
    with calls.intercepted(death), pytest.raises(Crash):
        register(gateway)
    assert death.happened
    is_whole = (at, after) == (6, True)
    if by == "registering late":
        clock.advance(CLAIM_SECONDS + 1)
    if by != "logging in" or (at, after) < (3, True):
        assert register(gateway).status == (409 if is_whole else 201)
    session = log_in(gateway)
    assert session.status == 200
    dan = gateway.http("GET", "/users/me", claims=claims(session.data["accessToken"]))
    assert (dan.status, dan.data["username"], dan.data["email"]) == (200, "dan", "dan@example.com")
    assert register(gateway, email="other@example.com").status == 409
    assert Username.get("dan").claimant == session.data["userId"]
    assert Username.get("dan").expires_at is None


@pytest.mark.parametrize("operation", ["logIn", "confirmUser", "resetPassword"])
def test_who_was_cut_off_for_so_long_that_the_name_is_anothers_is_told_so(operation: str, gateway: Gateway) -> None:
    identity.sign_up(DAN["email"], PASSWORD, DAN["username"])
    accounts.admit(DAN["email"], PASSWORD)
    assert register(gateway, email="other@example.com").status == 201
    fields = {"password": PASSWORD}
    if operation != "logIn":
        purpose = Purpose.CONFIRMATION if operation == "confirmUser" else Purpose.PASSWORD
        fields |= {"code": codes.issue(purpose, DAN["email"])}
    if operation == "confirmUser":
        del fields["password"]
    answer = visit(gateway, operation, email=DAN["email"], **fields)
    assert (answer.status, answer.code) == (409, "user_exists")
    assert "under another name" in answer.problem["detail"]
    again = register(gateway, username="daniel")
    assert (again.status, again.data["username"]) == (201, "daniel")
    session = log_in(gateway)
    assert session.status == 200
    daniel = gateway.http("GET", "/users/me", claims=claims(session.data["accessToken"]))
    assert (daniel.data["username"], daniel.data["email"]) == ("daniel", DAN["email"])
    assert Username.get("dan").claimant != session.data["userId"]


def cut_off(gateway: Gateway, calls: Calls, at: int = 5) -> None:
    """Leave an account at Cognito without a user."""
    with calls.intercepted(Death(at, after=True)), pytest.raises(Crash):
        register(gateway)


@pytest.mark.parametrize("at", [3, 5], ids=["before it was admitted", "after"])
def test_a_registration_that_was_cut_off_is_taken_up_by_its_password_alone(
    at: int, gateway: Gateway, calls: Calls, clock: Clock
) -> None:
    cut_off(gateway, calls, at)
    answer = register(gateway, username="eve", password="Wrong-Horse-9")
    taken = register(gateway, username="dan", email="other@example.com")
    assert without_request_id(answer) == without_request_id(taken)
    assert log_in(gateway, password="Wrong-Horse-9").status == 401
    # What was claimed for the try is free again.
    assert register(gateway, username="eve", email="eve@example.com").status == 201


def test_passwords_are_not_tried_by_registering_beyond_the_limit(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(gateway, calls)
    monkeypatch.setenv("LIMITS", '{"triesPerMail": 2}')
    settings.cache_clear()
    statuses = [register(gateway, username=name, password="Wrong-Horse-9").status for name in ("a", "b", "c", "c")]
    assert statuses == [409, 409, 429, 429]
    assert register(gateway, username="c", email="other@example.com").status == 201


def test_a_name_of_a_registration_that_is_taken_up_under_another_comes_free(
    gateway: Gateway, calls: Calls, clock: Clock
) -> None:
    cut_off(gateway, calls)
    assert register(gateway, username="daniel").status == 201
    clock.advance(CLAIM_SECONDS + 1)
    assert register(gateway, email="other@example.com").status == 201


def test_of_two_names_that_one_registers_at_once_one_is_theirs(gateway: Gateway, calls: Calls, clock: Clock) -> None:
    meeting = Meeting("TransactWriteItems usernames users", "TransactWriteItems usernames users")
    with calls.intercepted(meeting):
        answers = at_once(lambda: register(gateway), lambda: register(gateway, username="daniel"))
    assert meeting.was_held
    assert sorted(answer.status for answer in answers) == [201, 409]
    [name] = [answer.data["username"] for answer in answers if answer.status == 201]
    session = log_in(gateway).data
    assert gateway.http("GET", "/users/me", claims=claims(session["accessToken"])).data["username"] == name
    clock.advance(CLAIM_SECONDS + 1)
    [other] = {"dan", "daniel"} - {name}
    assert register(gateway, username=other, email="other@example.com").status == 201


def test_a_session_does_not_go_on_before_the_mail_address_is_confirmed(gateway: Gateway, ann: Person) -> None:
    token = ann.session["refreshToken"]
    User(ann.user_id).update([User.awaits_confirmation.set(True)])
    answer = visit(gateway, "refreshSession", refreshToken=token)
    assert (answer.status, answer.code) == (403, "unconfirmed")


def test_a_registration_makes_six_calls(gateway: Gateway, calls: Calls) -> None:
    register(gateway)
    assert calls.words() == [
        "UpdateItem limits",
        "PutItem usernames",
        "AdminCreateUser",
        "AdminSetUserPassword",
        "AdminUpdateUserAttributes",
        "TransactWriteItems usernames users",
    ]


def test_a_name_that_was_only_claimed_comes_free_again(gateway: Gateway, calls: Calls, clock: Clock) -> None:
    with calls.intercepted(Death(2, after=True)), pytest.raises(Crash):
        register(gateway)
    assert register(gateway, email="other@example.com").status == 409
    clock.advance(CLAIM_SECONDS + 1)
    assert register(gateway, email="other@example.com").status == 201


def test_a_name_that_is_kept_never_comes_free(gateway: Gateway, clock: Clock) -> None:
    register(gateway)
    clock.advance(CLAIM_SECONDS * 100)
    assert register(gateway, email="other@example.com").status == 409


# Logging in


def test_a_wrong_password_and_an_unknown_mail_cannot_be_told_apart(gateway: Gateway, ann: Person) -> None:
    wrong = log_in(gateway, ann.email, "Wrong-Horse-9")
    unknown = log_in(gateway, "nobody@example.com", "Wrong-Horse-9")
    assert (wrong.status, wrong.code) == (401, "wrong_credentials")
    assert without_request_id(wrong) == without_request_id(unknown)


def test_a_wrong_password_of_an_unconfirmed_account_tells_nothing(
    gateway: Gateway, confirm_mail: Callable[[bool], None]
) -> None:
    confirm_mail(True)
    register(gateway)
    wrong, unknown = log_in(gateway, password="Wrong-Horse-9"), log_in(gateway, "nobody@example.com")
    assert without_request_id(wrong) == without_request_id(unknown)


def test_mail_is_the_same_in_any_case(gateway: Gateway, ann: Person) -> None:
    assert log_in(gateway, "ANN@Example.COM").data["userId"] == ann.user_id


def test_a_session_goes_on(gateway: Gateway, ann: Person) -> None:
    answer = visit(gateway, "refreshSession", refreshToken=ann.session["refreshToken"])
    assert answer.status == 200
    assert answer.data["userId"] == ann.user_id
    assert answer.data["refreshToken"] == ann.session["refreshToken"]
    assert claims(answer.data["accessToken"])["token_use"] == "access"


@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "\u0000"])
def test_a_refresh_token_that_is_none_opens_nothing(token: str, gateway: Gateway, ann: Person) -> None:
    answer = visit(gateway, "refreshSession", refreshToken=token)
    assert (answer.status, answer.code) == (401, "wrong_credentials")


def test_an_access_token_is_no_refresh_token(gateway: Gateway, ann: Person) -> None:
    assert visit(gateway, "refreshSession", refreshToken=ann.session["accessToken"]).status == 401


# People


def test_oneself_is_seen_with_the_mail_address(ann: Person) -> None:
    me = ann.ask("getUser", userId="me")
    assert me.data == {
        "userId": ann.user_id,
        "username": "ann",
        "displayName": "ann",
        "createdAt": me.data["createdAt"],
        "online": False,
        "email": "ann@example.com",
    }
    assert ann.ask("getUser", userId=ann.user_id).data == me.data


def test_others_are_seen_without_it(ann: Person, bob: Person) -> None:
    assert ann.ask("getUser", userId=bob.user_id).data.keys() == {
        "userId",
        "username",
        "displayName",
        "createdAt",
        "online",
    }


def test_who_has_a_socket_is_online(ann: Person, bob: Person) -> None:
    before = core_clock.now()
    socket = bob.open_socket()
    seen = ann.ask("getUser", userId=bob.user_id).data
    assert seen["online"] is True
    assert before <= seen["lastSeenAt"] <= core_clock.now()
    socket.close()
    seen = ann.ask("getUser", userId=bob.user_id).data
    assert seen["online"] is False
    assert before < seen["lastSeenAt"]


@pytest.mark.parametrize("user_id", ["nobody", "..", "a/b", "Me", "é", "#", "%", "1 OR 1=1"])
def test_nobody_is_not_found(user_id: str, ann: Person) -> None:
    answer = ann.ask("getUser", userId=user_id)
    assert (answer.status, answer.code) == (404, "user_not_found")


def people(*names: str) -> None:
    for name in names:
        User.create(f"id-{name}", name)


def names(answer: Answer) -> list[str]:
    assert answer.status == 200, answer
    return [user["username"] for user in answer.data["users"]]


def test_people_are_found_by_the_first_letters_of_their_names(ann: Person) -> None:
    people("Bea", "bo", "Bob", "bobby", "BORIS", "carl", "花子")
    assert names(ann.ask("findUsers", username="bo")) == ["bo", "Bob", "bobby", "BORIS"]
    assert names(ann.ask("findUsers", username="BOB")) == ["Bob", "bobby"]
    assert names(ann.ask("findUsers", username="花")) == ["花子"]
    assert names(ann.ask("findUsers", username="zoe")) == []


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 7, 8, 100])
def test_pages_hold_everybody_once(limit: int, ann: Person) -> None:
    everybody = ["b", "ba", "bb", "bb1", "bc", "bd", "bz"]
    people(*everybody, "a", "c")
    found: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while True:
        answer = ann.ask("findUsers", username="b", limit=limit, **cursor)
        assert len(names(answer)) <= limit
        found += names(answer)
        pages += 1
        if "nextCursor" not in answer.data:
            break
        cursor = {"cursor": answer.data["nextCursor"]}
    assert found == everybody
    assert pages == -(-len(everybody) // limit)


@pytest.mark.parametrize(
    "key",
    [("ca", "id"), ("", "id"), ("b", ""), ("a", "id-a"), ("\x00", "x")],
    ids=["other", "no", "id", "before", "nul"],
)
def test_a_cursor_of_another_list_is_refused(key: tuple[str, str], ann: Person, calls: Calls) -> None:
    """DynamoDB has only a ValidationException for a start outside the query's bounds; its double in memory has none."""
    people("ba", "bb")
    calls.clear()
    answer = ann.ask("findUsers", username="b", cursor=encode_cursor(key))
    assert (answer.status, answer.fields) == (400, ["cursor"])
    assert calls.words() == []


def test_a_page_of_people_costs_two_reads(ann: Person, calls: Calls) -> None:
    people("ba", "bb")
    calls.clear()
    ann.ask("findUsers", username="b")
    assert calls.words() == ["Query users", "BatchGetItem connections"]


def test_cognito_that_does_not_answer_is_told_as_such(gateway: Gateway, ann: Person, calls: Calls) -> None:
    with calls.intercepted(Refusal("AdminInitiateAuth", refusal("TooManyRequestsException"))):
        answer = log_in(gateway, ann.email)
    assert (answer.status, answer.code) == (503, "unavailable")
