"""adapters.mail against a real HTTP server that answers as SES does."""

import json

import pytest

from adapters import mail
from core import aws
from core.settings import settings
from tests.endpoint import HANG_UP, Endpoint, Told


@pytest.fixture(autouse=True)
def _ses(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_URL", endpoint.url)
    settings.cache_clear()


def test_a_mail_is_what_ses_takes(endpoint: Endpoint) -> None:
    mail.send("ann@example.com", "件名", "本文\n")
    (post,) = endpoint.posts
    assert (post.method, post.path) == ("POST", "/test/v2/email/outbound-emails")
    assert "/ses/aws4_request" in post.headers["authorization"]
    assert json.loads(post.body) == {
        "FromEmailAddress": "kaiwa@example.com",
        "Destination": {"ToAddresses": ["ann@example.com"]},
        "Content": {
            "Simple": {
                "Subject": {"Data": "件名", "Charset": "UTF-8"},
                "Body": {"Text": {"Data": "本文\n", "Charset": "UTF-8"}},
            }
        },
    }


@pytest.mark.parametrize("answers", [[429, 200], [HANG_UP, 503, 200]])
def test_what_passes_is_tried_again(answers: list[int | Told], endpoint: Endpoint) -> None:
    endpoint.answer(*answers)
    mail.send("ann@example.com", "s", "t")
    assert len(endpoint.posts) == len(answers)


@pytest.mark.parametrize(("answers", "posts"), [([400], 1), ([403], 1), ([500], aws.TRIES), ([HANG_UP], aws.TRIES)])
def test_a_refusal_names_no_receiver(answers: list[int | Told], posts: int, endpoint: Endpoint) -> None:
    endpoint.answer(*answers)
    with pytest.raises(mail.MailError) as refusal:
        mail.send("ann@example.com", "s", "t")
    assert len(endpoint.posts) == posts
    assert "ann" not in str(refusal.value)
