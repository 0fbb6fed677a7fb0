"""What Cognito does and its double in memory does not."""

import itertools
import json
from collections.abc import Callable
from importlib import import_module
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests import template
from tests.calls import Calls

EVENTS = template.ROOT / "tests" / "integration" / "events"

Original = Callable[..., Any]
Parameters = dict[str, Any]


def mended(original: Original, calls: Calls) -> Original:
    """Return botocore's way to make a call, with what moto leaves out.

    AdminInitiateAuth refuses a refresh token that is none of the pool's, and one that was issued before a sign-out
    (Cognito's API reference, "AdminInitiateAuth", "AdminUserGlobalSignOut"). The custom flow asks the functions that
    the template names.
    """
    custom = CustomFlow(original, calls)
    revoked: set[str] = set()
    issued: dict[str, set[str]] = {}

    def make(client: BaseClient, operation: str, parameters: Parameters) -> Any:
        if operation == "AdminUserGlobalSignOut":
            revoked.update(issued.pop(parameters["Username"], ()))
            return original(client, operation, parameters)
        if operation == "AdminRespondToAuthChallenge":
            return kept(custom.respond(client, parameters))
        if operation != "AdminInitiateAuth":
            return original(client, operation, parameters)
        if parameters["AuthFlow"] == "CUSTOM_AUTH":
            return custom.initiate(client, parameters)
        if parameters["AuthParameters"].get("REFRESH_TOKEN") in revoked:
            raise refusal(client, "NotAuthorizedException", operation)
        try:
            return kept(original(client, operation, parameters))
        except KeyError:
            raise refusal(client, "NotAuthorizedException", operation) from None

    def kept(answer: Any) -> Any:
        result = answer.get("AuthenticationResult", {})
        if "RefreshToken" in result:
            payload = result["AccessToken"].split(".")[1]
            user_id = json.loads(_decoded(payload))["sub"]
            issued.setdefault(user_id, set()).add(result["RefreshToken"])
        return answer

    return make


class CustomFlow:
    """CUSTOM_AUTH with its three triggers, in the shapes of Cognito's developer guide.

    As with ``PreventUserExistenceErrors``, an account that does not exist is asked about like any other.
    """

    def __init__(self, original: Original, calls: Calls) -> None:
        self._original = original
        self._calls = calls
        self._sessions: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)

    def initiate(self, client: BaseClient, parameters: Parameters) -> Any:
        name = parameters["AuthParameters"]["USERNAME"]
        asked = {"UserPoolId": parameters["UserPoolId"], "Username": name}
        try:
            user = self._original(client, "AdminGetUser", asked)
        except client.exceptions.UserNotFoundException:
            user = {"Username": "7a9e4c1e-0000-4000-8000-000000000000", "UserAttributes": None}
        attributes = user["UserAttributes"] and {one["Name"]: one["Value"] for one in user["UserAttributes"]}
        session = {"name": user["Username"], "attributes": attributes, "rounds": [], "private": {}}
        return self._next(client, session, {}, parameters, "AdminInitiateAuth")

    def respond(self, client: BaseClient, parameters: Parameters) -> Any:
        """Take an answer. A session is good for one."""
        session = self._sessions.pop(parameters["Session"], None)
        responses = parameters["ChallengeResponses"]
        if not session or responses["USERNAME"] != session["name"]:
            raise refusal(client, "NotAuthorizedException", "AdminRespondToAuthChallenge")
        metadata = parameters.get("ClientMetadata", {})
        event = self._event("verify_challenge", session, metadata)
        event["request"] |= {"privateChallengeParameters": session["private"], "challengeAnswer": responses["ANSWER"]}
        verdict = self._ask("VerifyChallenge", event)
        session["rounds"][-1]["challengeResult"] = verdict["answerCorrect"]
        return self._next(client, session, metadata, parameters, "AdminRespondToAuthChallenge")

    def _next(
        self, client: BaseClient, session: dict[str, Any], metadata: dict[str, str], parameters: Parameters, word: str
    ) -> Any:
        step = self._ask("DefineChallenge", self._event("define_challenge", session, metadata))
        if step.get("failAuthentication") or (step["issueTokens"] and not session["attributes"]):
            raise refusal(client, "NotAuthorizedException", word)
        if step["issueTokens"]:
            return self._tokens(session, parameters)
        created = self._ask("CreateChallenge", self._event("create_challenge", session, metadata))
        session["private"] = created["privateChallengeParameters"]
        round_ = {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": None}
        session["rounds"].append(round_ | {"challengeMetadata": created["challengeMetadata"]})
        token = f"AYABe{next(self._numbers)}"
        self._sessions[token] = session
        public = {"USERNAME": session["name"], **created["publicChallengeParameters"]}
        return {"ChallengeName": "CUSTOM_CHALLENGE", "Session": token, "ChallengeParameters": public}

    def _tokens(self, session: dict[str, Any], parameters: Parameters) -> Any:
        from moto.cognitoidp.models import cognitoidp_backends  # noqa: PLC0415 - only here its inside is needed.

        backend = cognitoidp_backends["123456789012"]["us-east-1"]
        pool = backend.user_pools[parameters["UserPoolId"]]
        return backend._log_user_in(pool, pool.clients[parameters["ClientId"]], session["name"])

    def _event(self, kind: str, session: dict[str, Any], metadata: dict[str, str]) -> dict[str, Any]:
        event = json.loads((EVENTS / f"{kind}.json").read_text())
        event["userName"] = session["name"]
        request = event["request"]
        request["session"] = json.loads(json.dumps(session["rounds"]))
        request["userAttributes"] = session["attributes"] or {}
        request["userNotFound"] = session["attributes"] is None
        if metadata:
            request["clientMetadata"] = metadata
        else:
            request.pop("clientMetadata", None)
        return event

    def _ask(self, function: str, event: dict[str, Any]) -> Any:
        module, _, name = template.functions()[function]["handler"].rpartition(".")
        handler = getattr(import_module(module.replace("/", ".")), name)
        with self._calls.of(function):
            answer = handler(json.loads(json.dumps(event)), None)
        return json.loads(json.dumps(answer))["response"]


def refusal(client: BaseClient, code: str, operation: str) -> ClientError:
    """Return Cognito's error with this code."""
    error = {"Error": {"Code": code, "Message": "the inside"}}
    return client.exceptions.from_code(code)(error, operation)


def _decoded(part: str) -> bytes:
    import base64  # noqa: PLC0415

    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
