"""The preflight, as it looks at an account that is really there: this machine's."""

import pytest

from deploy.preflight import Preflight
from local.stack import CREDENTIALS, REGION, Stack
from tests import compiled


def test_it_sees_what_is_there(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": stack.aws_endpoint}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    here, elsewhere = (Preflight(compiled.template(), stage, REGION) for stage in ("local", "prod"))
    assert here.look("stack") == [("ok", "kaiwa-local will be updated")]
    assert elsewhere.look("stack") == [("ok", "kaiwa-prod will be made")]
    ((level, words),) = here.look("credentials")[:1]
    assert (level, words.startswith("account 000000000000, as arn:aws:")) == ("ok", True)
    for subject in ("functions", "requests", "roles"):
        assert "cannot be seen" not in " ".join(words for _, words in here.look(subject))
    assert [level for level, _ in elsewhere.look("origins")] == ["ok", "ok"]
    assert elsewhere.look("mail")[0] == ("ok", "kaiwa@example.com is verified")
