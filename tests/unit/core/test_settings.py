import pytest

from core.settings import Settings

ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "SERVICE": "kaiwa-prod",
    "TABLE_PREFIX": "kaiwa-prod-",
    "USER_POOL_ID": "eu-central-1_x",
    "USER_POOL_CLIENT_ID": "client",
    "DYNAMODB_URL": "https://dynamodb",
    "SOCKET_URL": "wss://socket",
    "CONNECTIONS_URL": "https://connections",
    "CONFIRM_MAIL": "true",
    "MAIL_URL": "https://email",
    "MAIL_FROM": "kaiwa@example.com",
    "WEB_ORIGINS": "https://chat.example.com,https://example.org",
    "FILES_URL": "https://files",
    "MALWARE_SCAN": "true",
    "ERASURES_URL": "https://sqs/1/erasures",
    "LIMITS": '{"sends": 5}',
    "QUEUE_URL": "https://sqs",
    "DELIVERIES_URL": "https://sqs/1/deliveries",
    "CALLS_URL": "https://sqs/1/calls",
    "DIRECT_SOCKETS": "100",
    "BUS_URL": "https://events",
    "EVENT_BUS": "kaiwa-prod",
    "OFFLINE_EVENTS": "true",
    "PACKAGE_INDEX_URL": "https://pypi.org",
    "INSPECTOR": "true",
    "MESSAGE_DAYS": "90",
    "API_URL": "https://api",
    "EDGE_SECRET": "",
    "PARAMETERS_URL": "https://ssm",
    "CANARY_PARAMETER": "/kaiwa/prod/canary",
    "STUN_URLS": "",
    "TURN_URLS": "turn:a:3478?transport=udp, turns:a:5349",
    "TURN_SECRET": "/kaiwa/prod/turn-secret",
    "TURN_SECONDS": "3600",
}


def test_settings_are_what_the_environment_says() -> None:
    assert Settings.read(ENVIRONMENT) == Settings(
        region="eu-central-1",
        service="kaiwa-prod",
        table_prefix="kaiwa-prod-",
        user_pool_id="eu-central-1_x",
        user_pool_client_id="client",
        dynamodb_url="https://dynamodb",
        socket_url="wss://socket",
        connections_url="https://connections",
        confirm_mail=True,
        mail_url="https://email",
        mail_from="kaiwa@example.com",
        web_origins=("https://chat.example.com", "https://example.org"),
        files_url="https://files",
        malware_scan=True,
        erasures_url="https://sqs/1/erasures",
        limits={"sends": 5},
        queue_url="https://sqs",
        deliveries_url="https://sqs/1/deliveries",
        calls_url="https://sqs/1/calls",
        direct_sockets=100,
        bus_url="https://events",
        event_bus="kaiwa-prod",
        offline_events=True,
        package_index_url="https://pypi.org",
        inspector=True,
        message_days=90,
        api_url="https://api",
        edge_secret="",
        parameters_url="https://ssm",
        canary_parameter="/kaiwa/prod/canary",
        stun_urls=(),
        turn_urls=("turn:a:3478?transport=udp", "turns:a:5349"),
        turn_secret="/kaiwa/prod/turn-secret",
        turn_seconds=3600,
    )


def test_mail_is_confirmed_only_where_the_word_is_true() -> None:
    assert not Settings.read({**ENVIRONMENT, "CONFIRM_MAIL": "false"}).confirm_mail


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_no_variable_may_be_missing(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        Settings.read({key: value for key, value in ENVIRONMENT.items() if key != name})
