"""Codes, challenges, passwords that were forgotten, and sessions that end."""

import json
import re
from collections.abc import Callable
from io import StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters import identity
from adapters.sockets import Outcome
from core import clock as core_clock
from core.settings import settings
from domain import accounts, admission, codes, limits
from domain.codes import Purpose
from models.accounts import User
from models.codes import Code
from tests.calls import Call, Calls, Crash, Death, Meeting, Proceed, Refusal, refusal
from tests.cognito import refusal as refusal_like_cognitos
from tests.conftest import Clock
from tests.gateway import Answer, Gateway
from tests.integration.test_accounts import without_request_id
from tests.integration.test_failures import operations
from tests.integration.threads import at_once
from tests.people import PASSWORD, Person, claims, visit

NEW = "Battery-Staple-7"


def limit(monkeypatch: pytest.MonkeyPatch, **numbers: int) -> None:
    monkeypatch.setenv("LIMITS", json.dumps(numbers))
    settings.cache_clear()


def log_in(gateway: Gateway, person: Person, password: str = PASSWORD) -> Answer:
    return visit(gateway, "logIn", email=person.email, password=password)


def me(gateway: Gateway, session: Answer) -> Answer:
    return gateway.http("GET", "/users/me", claims=claims(session.data["accessToken"]))


def begin(gateway: Gateway, email: str, method: str = "emailCode") -> dict[str, str]:
    answer = visit(gateway, "logIn", email=email, method=method)
    assert answer.status == 202, answer
    assert answer.data == {"challenge": method, "session": answer.data["session"], "expiresIn": 300}
    return {"email": email, "session": answer.data["session"]}


def forgotten(gateway: Gateway, person: Person) -> str:
    assert visit(gateway, "forgotPassword", email=person.email).status == 202
    return gateway.code_to(person.email)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


# Confirming


@pytest.fixture
def dan(gateway: Gateway, confirm_mail: Callable[[bool], None]) -> Person:
    """Somebody who is not confirmed yet."""
    confirm_mail(True)
    account = visit(gateway, "registerUser", username="dan", email="dan@example.com", password=PASSWORD)
    assert (account.status, account.data["confirmed"]) == (201, False)
    return Person(gateway, "dan", account.data["userId"])


def test_a_mailed_code_confirms(gateway: Gateway, dan: Person) -> None:
    assert (log_in(gateway, dan).status, log_in(gateway, dan).code) == (403, "unconfirmed")
    code = gateway.code_to(dan.email)
    assert re.fullmatch(r"\d{6}", code)
    assert visit(gateway, "confirmUser", email="DAN@example.com", code=code).status == 204
    assert log_in(gateway, dan).status == 200


def test_only_the_latest_code_confirms(gateway: Gateway, dan: Person) -> None:
    first = gateway.code_to(dan.email)
    assert visit(gateway, "resendConfirmation", email=dan.email).status == 202
    assert visit(gateway, "confirmUser", email=dan.email, code=first).code == "wrong_code"
    assert visit(gateway, "confirmUser", email=dan.email, code=gateway.code_to(dan.email)).status == 204


def test_a_wrong_password_does_not_tell_that_an_account_is_unconfirmed(gateway: Gateway, dan: Person) -> None:
    unknown = visit(gateway, "logIn", email="nobody@example.com", password=PASSWORD)
    assert without_request_id(log_in(gateway, dan, "Wrong-Horse-9")) == without_request_id(unknown)


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_confirmation_that_was_cut_off_can_be_repeated(cut: int, gateway: Gateway, dan: Person, calls: Calls) -> None:
    code = gateway.code_to(dan.email)
    death = Death(cut, after=True)
    with calls.intercepted(death):
        try:
            visit(gateway, "confirmUser", email=dan.email, code=code)
        except Crash:
            assert death.happened
    visit(gateway, "confirmUser", email=dan.email, code=code)
    assert log_in(gateway, dan).status == 200


def test_nobody_learns_who_is_to_be_confirmed(gateway: Gateway, ann: Person, dan: Person) -> None:
    answers = [visit(gateway, "resendConfirmation", email=mail) for mail in (dan.email, ann.email, "x@example.com")]
    assert [(answer.status, answer.data) for answer in answers] == [(202, None)] * 3
    assert len(gateway.mails_to(dan.email)) == 2
    assert gateway.mails_to(ann.email) == gateway.mails_to("x@example.com") == []


# Codes


@pytest.mark.parametrize("operation", ["confirmUser", "resetPassword"])
def test_three_wrong_codes_and_the_right_one_is_good_for_nothing(operation: str, gateway: Gateway, ann: Person) -> None:
    purpose = Purpose.CONFIRMATION if operation == "confirmUser" else Purpose.PASSWORD
    code = codes.issue(purpose, ann.email)
    fields = {"email": ann.email} | ({"password": NEW} if operation == "resetPassword" else {})
    for _ in range(3):
        answer = visit(gateway, operation, **fields, code=wrong(code))
        assert (answer.status, answer.code, answer.fields) == (400, "wrong_code", ["code"])
    assert visit(gateway, operation, **fields, code=code).code == "wrong_code"


@pytest.mark.parametrize(("late", "status"), [(290, 204), (301, 400)])
def test_a_code_is_good_for_five_minutes(late: int, status: int, gateway: Gateway, ann: Person, clock: Clock) -> None:
    code = forgotten(gateway, ann)
    clock.advance(late)
    assert visit(gateway, "resetPassword", email=ann.email, code=code, password=NEW).status == status


def test_of_many_tries_at_once_three_are_made(gateway: Gateway, ann: Person, calls: Calls) -> None:
    code = codes.issue(Purpose.PASSWORD, ann.email)
    guesses = [lambda: codes.is_right(Purpose.PASSWORD, ann.email, wrong(code)) for _ in range(6)]
    assert at_once(*guesses) == [False] * 6
    assert not codes.is_right(Purpose.PASSWORD, ann.email, code)


def test_a_code_is_good_for_its_purpose_and_its_address_alone(ann: Person, bob: Person) -> None:
    code = codes.issue(Purpose.PASSWORD, ann.email)
    assert not codes.is_right(Purpose.LOG_IN, ann.email, code)
    assert not codes.is_right(Purpose.PASSWORD, bob.email, code)
    assert codes.is_right(Purpose.PASSWORD, ann.email, code)


def test_no_code_stands_in_the_table_nor_in_the_log(gateway: Gateway, ann: Person, log: StringIO) -> None:
    code = forgotten(gateway, ann)
    session = begin(gateway, ann.email)
    stored = json.dumps([item.attribute_values for item in Code.scan()])
    for secret in (code, gateway.code_to(ann.email), ann.email):
        assert f'"{secret}"' not in stored
        assert secret not in log.getvalue()
    assert session["session"] not in log.getvalue()


# Passwords


def test_a_forgotten_password_is_set_anew(gateway: Gateway, ann: Person) -> None:
    code = forgotten(gateway, ann)
    assert visit(gateway, "resetPassword", email=ann.email, code=code, password=NEW).status == 204
    assert log_in(gateway, ann).status == 401
    assert log_in(gateway, ann, NEW).status == 200
    assert visit(gateway, "resetPassword", email=ann.email, code=code, password=PASSWORD).code == "wrong_code"


def test_a_new_password_ends_every_session_of_before(gateway: Gateway, ann: Person) -> None:
    session, socket = log_in(gateway, ann), ann.open_socket()
    visit(gateway, "resetPassword", email=ann.email, code=forgotten(gateway, ann), password=NEW)
    assert me(gateway, session).status == 401
    assert visit(gateway, "refreshSession", refreshToken=session.data["refreshToken"]).status == 401
    assert not socket.is_open


def test_a_new_password_confirms_the_address(gateway: Gateway, dan: Person) -> None:
    """Somebody else may have registered it, and its owner must be able to take it over."""
    visit(gateway, "resetPassword", email=dan.email, code=forgotten(gateway, dan), password=NEW)
    assert log_in(gateway, dan, NEW).status == 200


def test_a_weak_password_does_not_cost_a_try(gateway: Gateway, ann: Person) -> None:
    code = forgotten(gateway, ann)
    for _ in range(4):
        answer = visit(gateway, "resetPassword", email=ann.email, code=code, password="weak")
        assert (answer.status, answer.fields) == (400, ["password"])
        assert "small letter" in answer.problem["errors"][0]["message"]
    assert visit(gateway, "resetPassword", email=ann.email, code=code, password=NEW).status == 204


def test_nobody_learns_who_forgot(gateway: Gateway, ann: Person) -> None:
    known, unknown = (visit(gateway, "forgotPassword", email=mail) for mail in (ann.email, "x@example.com"))
    assert (known.status, known.raw) == (unknown.status, unknown.raw)
    assert gateway.mails_to("x@example.com") == []
    reset = {"code": "000000", "password": NEW}
    wrongs = [visit(gateway, "resetPassword", email=mail, **reset) for mail in (ann.email, "x@example.com")]
    assert without_request_id(wrongs[0]) == without_request_id(wrongs[1])


@pytest.mark.parametrize("operation", ["forgotPassword", "resendConfirmation", "logIn"])
def test_a_mail_address_that_cognito_takes_for_none_is_nobodys(operation: str, gateway: Gateway, calls: Calls) -> None:
    """Its names are letters, marks, symbols, numbers and punctuation (AdminGetUser's API reference)."""
    word = "AdminInitiateAuth" if operation == "logIn" else "AdminGetUser"
    method = {"method": "emailCode"} if operation == "logIn" else {}
    nobody = visit(gateway, operation, email="nobody@example.com", **method)
    with calls.intercepted(Refusal(word, refusal_like_cognitos(identity._client(), "InvalidParameterException", word))):
        answer = visit(gateway, operation, email="a\u200b@example.com", **method)
    assert (answer.status, answer.raw["headers"].keys()) == (202, nobody.raw["headers"].keys())
    assert gateway.mails == []


@pytest.mark.parametrize(("letters", "status"), [(128, 401), (129, 400)])
def test_a_mail_address_is_at_most_as_long_as_cognitos_names(letters: int, status: int, gateway: Gateway) -> None:
    mail = "a" * (letters - len("@example.com")) + "@example.com"
    assert visit(gateway, "logIn", email=mail, password=PASSWORD).status == status


def test_a_mail_that_is_refused_is_told_to_nobody(
    gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from adapters import mail  # noqa: PLC0415

    def refuse(*_: str) -> None:
        raise mail.MailError("SES answered 400.")

    monkeypatch.setattr(mail, "send", refuse)
    for fields in ({"operation": "forgotPassword"}, {"operation": "logIn", "method": "emailCode"}):
        assert visit(gateway, **fields, email=ann.email).status == 202


# Answers that take as long


@pytest.mark.parametrize("email", ["ann@example.com", "x@example.com"])
def test_an_answer_takes_as_long_whoever_is_asked_about(
    email: str, gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(core_clock.time, "sleep", waited.append)
    monkeypatch.setattr(accounts, "ANSWER_SECONDS", 30)
    visit(gateway, "forgotPassword", email=email)
    visit(gateway, "resendConfirmation", email=email)
    session = visit(gateway, "logIn", email=email, method="emailCode").data["session"]
    visit(gateway, "logIn", email=email, session=session, code="000000")
    assert len(waited) == 4
    assert all(25 < one <= 30 for one in waited)


NOTHING_TO_LEARN = {
    "registerUser": "A mail address that is taken is 409 by contract; how often one may ask is limited.",
    "refreshSession": "It names nobody.",
}


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("confirmUser", {"code": "000000"}),
        ("resendConfirmation", {}),
        ("forgotPassword", {}),
        ("resetPassword", {"code": "000000", "password": NEW}),
        ("logIn", {"password": NEW}),
        ("logIn", {"method": "emailCode"}),
        ("logIn", {"method": "emailLink"}),
        ("logIn", {"session": "s", "code": "000000"}),
    ],
)
def test_no_public_operation_tells_who_has_an_account(
    operation: str,
    fields: dict[str, str],
    gateway: Gateway,
    ann: Person,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not by the status, not by the body, and not by the time: it takes the same calls to AWS, or as long as any."""
    waited: list[float] = []
    monkeypatch.setattr(core_clock.time, "sleep", waited.append)
    monkeypatch.setattr(accounts, "ANSWER_SECONDS", 30)
    told = []
    for email in (ann.email, "x@example.com"):
        calls.clear()
        waited.clear()
        answer = visit(gateway, operation, email=email, **fields)
        body = {**(answer.data or {}), **(answer.problem or {})}
        own = {name: len(body.pop(name, "")) for name in ("requestId", "session")}
        took = "as long as any" if waited and min(waited) > 25 else calls.words()
        told.append((answer.status, body, own, took))
    assert told[0] == told[1]


def test_every_public_operation_is_asked_who_has_an_account() -> None:
    (asked,) = (
        one for one in test_no_public_operation_tells_who_has_an_account.pytestmark if one.name == "parametrize"
    )
    public = {name for name, (_, _, _, is_public) in operations().items() if is_public}
    assert {operation for operation, _ in asked.args[1]} | NOTHING_TO_LEARN.keys() == public


def test_a_code_is_compared_in_constant_time_whether_there_is_one_or_not(
    gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes.issue(Purpose.PASSWORD, ann.email)
    compared: list[tuple[int, int]] = []
    original = codes.hmac.compare_digest

    def compare(one: str, other: str) -> bool:
        compared.append((len(one), len(other)))
        return original(one, other)

    monkeypatch.setattr(codes.hmac, "compare_digest", compare)
    for email in (ann.email, "x@example.com"):
        assert not codes.is_right(Purpose.PASSWORD, email, "000000")
    assert compared == [(128, 128)] * 2


# Logging in by a challenge


def test_a_mailed_code_logs_in(gateway: Gateway, ann: Person) -> None:
    challenge = begin(gateway, ann.email)
    answer = visit(gateway, "logIn", **challenge, code=gateway.code_to(ann.email))
    assert (answer.status, answer.data["userId"]) == (200, ann.user_id)
    assert me(gateway, answer).data["email"] == ann.email


def test_a_mailed_link_logs_in(gateway: Gateway, ann: Person) -> None:
    begin(gateway, ann.email, "emailLink")
    (mail,) = gateway.mails_to(ann.email)
    found = re.search(r"https://\S+", mail["text"])
    assert found
    link = urlsplit(found[0])
    assert (link.netloc, link.query) == ("chat.example.com", "")
    path, _, query = link.fragment.partition("?")
    assert path == "/log-in"
    fields = {name: value for name, (value,) in parse_qs(query).items()}
    assert visit(gateway, "logIn", **{**fields, "code": "x" * 43}).status == 401
    assert visit(gateway, "logIn", **fields).data["userId"] == ann.user_id
    assert visit(gateway, "logIn", **fields).status == 401


def test_a_code_logs_in_once(gateway: Gateway, ann: Person) -> None:
    challenge = begin(gateway, ann.email)
    fields = {**challenge, "code": gateway.code_to(ann.email)}
    assert visit(gateway, "logIn", **fields).status == 200
    assert not codes.is_right(Purpose.LOG_IN, ann.email, fields["code"])
    assert visit(gateway, "logIn", **fields).status == 401
    assert visit(gateway, "logIn", **{**fields, **begin(gateway, ann.email)}).status == 401


@pytest.mark.parametrize("wrongs", [0, 1, 2])
def test_up_to_two_wrong_codes_the_right_one_logs_in(wrongs: int, gateway: Gateway, ann: Person) -> None:
    challenge = begin(gateway, ann.email)
    code = gateway.code_to(ann.email)
    for _ in range(wrongs):
        answer = visit(gateway, "logIn", **challenge, code=wrong(code))
        assert (answer.status, answer.code) == (401, "wrong_credentials")
    assert visit(gateway, "logIn", **challenge, code=code).status == 200
    assert len(gateway.mails_to(ann.email)) == 1


def test_three_wrong_codes_end_the_session(gateway: Gateway, ann: Person) -> None:
    challenge = begin(gateway, ann.email)
    code = gateway.code_to(ann.email)
    for _ in range(3):
        assert visit(gateway, "logIn", **challenge, code=wrong(code)).status == 401
    codes.issue(Purpose.LOG_IN, ann.email, code)
    assert visit(gateway, "logIn", **challenge, code=code).status == 401


def test_nobody_learns_whose_mail_gets_a_code(gateway: Gateway, ann: Person) -> None:
    known, unknown = (visit(gateway, "logIn", email=mail, method="emailCode") for mail in (ann.email, "x@example.com"))
    assert (known.status, known.data.keys()) == (unknown.status, unknown.data.keys())
    assert len(known.data["session"]) == len(unknown.data["session"])
    assert gateway.mails_to("x@example.com") == []
    sessions = {ann.email: known, "x@example.com": unknown}
    for _ in range(4):
        one, other = (
            visit(gateway, "logIn", email=mail, session=begun.data["session"], code="x")
            for mail, begun in sessions.items()
        )
        assert without_request_id(one) == without_request_id(other)


def test_a_session_is_its_owners(gateway: Gateway, ann: Person, eve: Person) -> None:
    challenge = begin(gateway, ann.email)
    answer = visit(gateway, "logIn", email=eve.email, session=challenge["session"], code=gateway.code_to(ann.email))
    assert answer.status == 401


@pytest.mark.parametrize(("late", "status"), [(290, 200), (301, 401)])
def test_a_challenge_is_good_for_five_minutes(
    late: int, status: int, gateway: Gateway, ann: Person, clock: Clock
) -> None:
    challenge, code = begin(gateway, ann.email), gateway.code_to(ann.email)
    clock.advance(late)
    codes.issue(Purpose.LOG_IN, ann.email, code)
    assert visit(gateway, "logIn", **challenge, code=code).status == status


def test_a_mailed_code_confirms_too(gateway: Gateway, dan: Person) -> None:
    challenge = begin(gateway, dan.email)
    assert visit(gateway, "logIn", **challenge, code=gateway.code_to(dan.email)).status == 200
    assert log_in(gateway, dan).status == 200


@pytest.mark.parametrize(
    ("proof", "fields"),
    [
        ({}, ["password"]),
        ({"method": "smoke"}, ["method"]),
        ({"method": "__init__"}, ["method"]),
        ({"session": "s"}, ["code"]),
        ({"code": "c"}, ["session"]),
        ({"password": "p", "method": "emailCode"}, ["password", "method"]),
        ({"password": "p", "session": "s", "code": "c"}, ["password", "session", "code"]),
        ({"method": "emailCode", "session": "s", "code": "c"}, ["method", "session", "code"]),
    ],
)
def test_a_mixture_of_proofs_is_none(proof: dict[str, str], fields: list[str], gateway: Gateway, calls: Calls) -> None:
    answer = visit(gateway, "logIn", email="ann@example.com", **proof)
    assert (answer.status, answer.code, answer.fields) == (400, "invalid_request", fields)
    assert calls.words() == []


METADATA = [
    {},
    {"method": "emailCode"},
    {"method": "emailCode", "session": "invented"},
    {"method": "emailCode", "session": "invented", "again": "true"},
    {"method": "emailCode", "session": "BEGUN"},
    {"method": "emailLink", "session": "BEGUN", "again": "true"},
    {"method": "smoke", "session": "BEGUN"},
]


@pytest.mark.parametrize("metadata", METADATA)
def test_who_asks_cognito_itself_gets_nobody_mailed(
    metadata: dict[str, str], gateway: Gateway, ann: Person, eve: Person
) -> None:
    """Anybody who knows the client's id can begin the custom flow there, with any metadata."""
    from adapters import identity  # noqa: PLC0415

    begun = begin(gateway, ann.email)["session"]
    told = {name: begun if value == "BEGUN" else value for name, value in metadata.items()}
    before = len(gateway.mails)
    assert identity.begin_challenge(ann.email, told) is None
    assert identity.begin_challenge(eve.email, told) is None
    assert len(gateway.mails) == before


# Signing out


def test_signing_out_ends_everything(gateway: Gateway, ann: Person, bob: Person) -> None:
    session = log_in(gateway, ann)
    sockets, ticket = [ann.open_socket() for _ in range(3)], ann.ticket()
    bobs = bob.open_socket()
    assert gateway.http("DELETE", "/sessions", claims=claims(session.data["accessToken"])).status == 204
    assert not any(socket.is_open for socket in sockets)
    assert bobs.is_open
    assert gateway.connect(ticket) == (403, None)
    assert visit(gateway, "refreshSession", refreshToken=session.data["refreshToken"]).status == 401
    assert me(gateway, session).status == 401
    assert bob.ask("getUser", userId=ann.user_id).data["online"] is False


def test_a_token_of_before_opens_no_operation(gateway: Gateway, ann: Person) -> None:
    ann.ask("signOut")
    answer = ann.ask("getUser", userId="me")
    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert ann.ask("signOut").status == 401


def test_a_token_dies_within_30_seconds_where_it_was_just_good(gateway: Gateway, ann: Person, clock: Clock) -> None:
    assert ann.ask("getUser", userId="me").status == 200
    User.sign_out(ann.user_id)  # by another process, of which this one hears nothing
    assert ann.ask("getUser", userId="me").status == 200
    clock.advance(30)
    assert ann.ask("getUser", userId="me").status == 401


def test_a_token_of_before_gets_no_ticket_even_where_it_was_just_good(ann: Person) -> None:
    """A socket lasts for two hours. So a process that has not heard of a sign-out yet must not open one."""
    assert ann.ask("createTicket").status == 201
    User.sign_out(ann.user_id)
    answer = ann.ask("createTicket")
    assert (answer.status, answer.code) == (401, "unauthenticated")


def test_a_ticket_is_as_old_as_the_token_that_got_it(gateway: Gateway, ann: Person, calls: Calls) -> None:
    """The sign-out comes after the token was looked at, and before there is a ticket."""

    def sign_out(call: Call, proceed: Proceed) -> Any:
        if "limits" in call.tables:
            with calls.aside():
                User.sign_out(ann.user_id)
        return proceed()

    with calls.intercepted(sign_out):
        ticket = ann.ticket()
    assert gateway.connect(ticket) == (403, None)


def test_who_comes_often_is_looked_up_once(ann: Person, calls: Calls) -> None:
    admission.forget_all()
    calls.clear()
    for _ in range(3):
        ann.ask("findUsers", username="b")
    assert calls.words().count("GetItem users") == 1


def test_a_log_in_of_the_same_second_is_good(gateway: Gateway, ann: Person) -> None:
    for _ in range(3):
        assert log_in(gateway, ann).status == 200
        ann.ask("signOut")
        User.sign_out(ann.user_id)
        session = log_in(gateway, ann)
        assert me(gateway, session).status == 200


def test_a_socket_that_opens_during_a_sign_out_is_refused(gateway: Gateway, ann: Person, calls: Calls) -> None:
    """Its user signs out between the ticket's use and the socket's place on the list."""
    ticket = ann.ticket()

    def sign_out_before_it_is_listed(call: object, proceed: Callable[[], object]) -> object:
        if str(call) == "UpdateItem connections":
            with calls.aside():
                User.sign_out(ann.user_id)
        return proceed()

    with calls.intercepted(sign_out_before_it_is_listed):
        assert gateway.connect(ticket) == (401, None)


def test_a_ticket_of_who_left_opens_nothing(gateway: Gateway, ann: Person) -> None:
    ticket = ann.ticket()
    User.mark_erased(ann.user_id)
    assert gateway.connect(ticket) == (403, None)


def test_a_socket_that_cannot_be_closed_is_told_and_asked_for_again(gateway: Gateway, ann: Person) -> None:
    phone, laptop = ann.open_socket(), ann.open_socket()
    gateway.outcomes[phone.connection_id] = Outcome.FAILED
    assert (ann.ask("signOut").status, laptop.is_open, phone.is_open) == (503, False, True)
    assert ann.ask("getUser", userId="me").status == 401
    gateway.outcomes.clear()
    assert (ann.ask("signOut").status, phone.is_open) == (204, False)
    assert ann.ask("signOut").status == 401


def test_a_young_socket_that_seems_gone_may_still_open(gateway: Gateway, ann: Person, clock: Clock) -> None:
    ann.open_socket().lose()
    assert ann.ask("signOut").status == 503
    clock.advance(5)
    assert ann.ask("signOut").status == 204


# Limits


def test_many_tries_of_a_password_are_refused(
    gateway: Gateway, ann: Person, bob: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, triesPerMail=3)
    assert [log_in(gateway, ann, "Wrong-Horse-9").status for _ in range(3)] == [401] * 3
    answer = log_in(gateway, ann)
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert 0 < answer.problem["retryAfter"] <= 15 * 60
    assert answer.raw["headers"]["retry-after"] == str(answer.problem["retryAfter"])
    assert log_in(gateway, bob).status == 200
    clock.advance(answer.problem["retryAfter"])
    assert log_in(gateway, ann).status == 200


@pytest.mark.parametrize(
    ("kind", "operation", "fields", "status"),
    [
        ("registrationsPerAddress", "registerUser", {"username": "N", "email": "N@x.com", "password": PASSWORD}, 201),
        ("triesPerAddress", "logIn", {"email": "N@x.com", "password": PASSWORD}, 401),
        ("renewalsPerAddress", "refreshSession", {"refreshToken": "x"}, 401),
        ("triesPerAddress", "confirmUser", {"email": "N@x.com", "code": "1"}, 400),
        ("triesPerAddress", "resetPassword", {"email": "N@x.com", "code": "1", "password": PASSWORD}, 400),
        ("triesPerMail", "confirmUser", {"email": "a@x.com", "code": "1"}, 400),
        ("triesPerMail", "resetPassword", {"email": "a@x.com", "code": "1", "password": PASSWORD}, 400),
        ("triesPerMail", "logIn", {"email": "a@x.com", "session": "s", "code": "1"}, 401),
        ("codesPerMail", "forgotPassword", {"email": "a@x.com"}, 202),
        ("codesPerMail", "resendConfirmation", {"email": "a@x.com"}, 202),
        ("codesPerMail", "logIn", {"email": "a@x.com", "method": "emailCode"}, 202),
        ("codesPerAddress", "forgotPassword", {"email": "N@x.com"}, 202),
        ("codesPerAddress", "resendConfirmation", {"email": "N@x.com"}, 202),
        ("codesPerAddress", "logIn", {"email": "N@x.com", "method": "emailCode"}, 202),
    ],
)
def test_each_limit_holds_and_costs_one_call(
    kind: str,
    operation: str,
    fields: dict[str, str],
    status: int,
    gateway: Gateway,
    calls: Calls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch, **{kind: 2})
    calls.clear()
    statuses = []
    for number in ("n1", "n2", "n3"):
        given = {name: value.replace("N", number) for name, value in fields.items()}
        statuses.append(visit(gateway, operation, **given).status)
    assert statuses == [status, status, 429]
    counted = [call for call in calls.made if "limits" in call.tables]
    assert len(counted) == 3


def test_tickets_are_limited(ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, ticketsPerUser=2)
    assert [ann.ask("createTicket").status for _ in range(3)] == [201, 201, 429]
    assert bob.ask("createTicket").status == 201


def test_sends_are_limited_without_a_call(
    ann: Person, bob: Person, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, sends=2)
    monkeypatch.setattr(limits.SENDS, "_per_second", 0.001)
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "one")
    ann.say(chat_id, "two")
    calls.clear()
    answer = ann.ask("sendMessage", chatId=chat_id, text="three")
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert 900 < answer.problem["retryAfter"] <= 1000
    assert calls.words() == []
    bob.say(chat_id, "hi")


def test_a_limit_can_be_turned_off(gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, codesPerMail=0, codesPerAddress=0)
    assert {visit(gateway, "forgotPassword", email=ann.email).status for _ in range(8)} == {202}


def test_of_many_tries_at_once_no_more_are_counted_in(
    gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, ticketsPerUser=3)
    answers = at_once(*(lambda: ann.ask("createTicket") for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [201] * 3 + [429] * 5


def test_neither_mail_nor_address_stands_in_the_counts(gateway: Gateway, ann: Person) -> None:
    from models.limits import Count  # noqa: PLC0415

    log_in(gateway, ann)
    stored = json.dumps([item.attribute_values for item in Count.scan()])
    assert ann.email not in stored
    assert "203.0.113.7" not in stored


def test_two_at_once_in_the_same_window_are_both_counted(gateway: Gateway, ann: Person, calls: Calls) -> None:
    meeting = Meeting("TransactWriteItems limits", "TransactWriteItems limits")
    with calls.intercepted(meeting):
        answers = at_once(lambda: log_in(gateway, ann), lambda: log_in(gateway, ann))
    assert meeting.was_held
    assert [answer.status for answer in answers] == [200, 200]


def test_a_count_that_cannot_be_made_lets_nobody_in(gateway: Gateway, ann: Person, calls: Calls) -> None:
    with calls.intercepted(Refusal("TransactWriteItems limits", refusal("ThrottlingException"))):
        assert log_in(gateway, ann).status == 503
