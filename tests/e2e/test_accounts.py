from collections.abc import Callable

import httpx
import pytest

from tests.e2e.people import Person, at_once, without_request_id


def test_a_stranger_registers_logs_in_and_is_known(http: httpx.Client, ann: Person) -> None:
    assert ann.account == {
        "userId": ann.user_id,
        "username": ann.username,
        "email": ann.email,
        "confirmed": True,
    }
    assert ann.session.keys() == {"userId", "accessToken", "idToken", "refreshToken", "expiresIn", "tokenType"}
    assert (ann.session["userId"], ann.session["tokenType"]) == (ann.user_id, "Bearer")

    me = ann.get("/users/me").raise_for_status().json()
    assert me == {
        "userId": ann.user_id,
        "username": ann.username,
        "displayName": ann.username,
        "createdAt": me["createdAt"],
        "online": False,
        "email": ann.email,
    }


def test_only_oneself_sees_the_mail_address(ann: Person, bob: Person) -> None:
    seen = bob.get(f"/users/{ann.user_id}").raise_for_status()
    assert seen.json()["username"] == ann.username
    assert ann.email not in seen.text
    assert ann.get(f"/users/{ann.user_id}").json()["email"] == ann.email


def test_a_session_goes_on_with_its_refresh_token(http: httpx.Client, ann: Person) -> None:
    refreshed = http.post("/sessions/refresh", json={"refreshToken": ann.session["refreshToken"]}).raise_for_status()
    ann.session["accessToken"] = refreshed.json()["accessToken"]
    assert ann.get("/users/me").json()["userId"] == ann.user_id


@pytest.mark.parametrize("kind", ["invented", "accessToken", "idToken"])
def test_nothing_but_a_refresh_token_refreshes(http: httpx.Client, ann: Person, kind: str) -> None:
    answer = http.post("/sessions/refresh", json={"refreshToken": ann.session.get(kind, "invented")})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


def test_people_are_found_by_the_first_letters_of_their_names(ann: Person, meet: Callable[[str], Person]) -> None:
    bobs = sorted([meet(ann.username), meet(ann.username)], key=lambda one: one.username)
    prefix = ann.username.upper()

    first = ann.get("/users", username=prefix, limit=2).raise_for_status().json()
    rest = ann.get("/users", username=prefix, limit=2, cursor=first["nextCursor"]).raise_for_status().json()
    found = [user["userId"] for user in [*first["users"], *rest["users"]]]
    assert found == [ann.user_id, *(one.user_id for one in bobs)]
    assert "nextCursor" not in rest


def test_a_name_and_a_mail_address_are_taken_once(http: httpx.Client, ann: Person) -> None:
    other = {"username": "other-" + ann.username, "email": "other-" + ann.email, "password": ann.password}
    same_name = http.post("/users", json={**other, "username": ann.username.upper()})
    same_mail = http.post("/users", json={**other, "email": ann.email})
    assert [answer.status_code for answer in (same_name, same_mail)] == [409, 409]
    assert {answer.json()["code"] for answer in (same_name, same_mail)} == {"user_exists"}
    assert http.post("/users", json=other).status_code == 201


def test_of_five_who_want_a_name_at_once_one_gets_it(http: httpx.Client, ann: Person) -> None:
    name = f"the-{ann.username}"
    answers = at_once(
        *(
            lambda n=n: http.post(
                "/users", json={"username": name, "email": f"{name}-{n}@example.com", "password": ann.password}
            )
            for n in range(5)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    users = ann.get("/users", username=name).json()["users"]
    [winner] = [answer.json()["userId"] for answer in answers if answer.status_code == 201]
    assert [user["userId"] for user in users] == [winner]


def test_a_weak_password_is_refused_by_name(http: httpx.Client) -> None:
    answer = http.post("/users", json={"username": "weak", "email": "weak@example.com", "password": "password"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["password"]


def test_a_wrong_password_and_an_unknown_mail_cannot_be_told_apart(http: httpx.Client, ann: Person) -> None:
    wrong = http.post("/sessions", json={"email": ann.email, "password": ann.password + "x"})
    unknown = http.post("/sessions", json={"email": "un" + ann.email[2:], "password": ann.password + "x"})
    assert wrong.json()["requestId"] != unknown.json()["requestId"]
    one, other = without_request_id([wrong, unknown])
    assert one == other
    assert one[0] == 401
    own_of_each = {"date", "apigw-requestid", "x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"}
    wrong_headers, unknown_headers = (
        {name: value for name, value in answer.headers.items() if name not in own_of_each}
        for answer in (wrong, unknown)
    )
    assert wrong_headers == unknown_headers
    assert ann.log_in().status_code == 200
