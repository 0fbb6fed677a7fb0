"""The one place that reads the environment. ``serverless.yml`` writes it."""

import os
from collections.abc import Mapping
from functools import cache

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from one deployment to another.

    Attributes:
        region: The AWS region, for example ``eu-central-1``.
        table_prefix: What every table's name begins with, for example ``kaiwa-prod-``.
        user_pool_id: The Cognito user pool.
        user_pool_client_id: The pool's client that this backend is.
        dynamodb_url: Where DynamoDB is.
        socket_url: Where clients open their socket, without a query: ``wss://...``.
        connections_url: Where the server posts to sockets: ``https://...``, without ``/@connections``.
        confirm_mail: Whether a new user must prove that the mail address is theirs.
        mail_url: Where SES is.
        mail_from: The sender of our mails. SES must know it as ours.
        web_url: Where people open the web client, for links in mails.
        files_url: Where the bucket for files is, without a slash at the end.
        malware_scan: Whether files are scanned before others see them.
        erasures_url: The queue of users to erase.
        limits: Other numbers than domain/limits.py has, under its names; 0 for no limit.
        queue_url: Where SQS is.
        deliveries_url: The queue of frames on their way to sockets.
        calls_url: The queue of calls to look at.
        direct_sockets: To more sockets than these a frame goes by that queue.
        bus_url: Where EventBridge is.
        event_bus: The bus that tells of members who are away.
        offline_events: Whether it shall.
        api_url: Where clients reach the HTTP API, without a slash at the end.
        parameters_url: Where Parameter Store is.
        canary_parameter: The SecureString with the canary's mail address and password.
        message_days: For how many days messages are kept; 0 for ever.
        stun_urls: The STUN servers, for example ``stun:turn.example.com:3478``.
        turn_urls: The TURN servers, for example ``turn:turn.example.com:3478?transport=udp``; none for no TURN.
        turn_secret: The parameter that holds the secrets which these share with us, one a line.
        turn_seconds: For how long credentials for them are good.
    """

    region: str
    table_prefix: str
    user_pool_id: str
    user_pool_client_id: str
    dynamodb_url: str
    socket_url: str
    connections_url: str
    confirm_mail: bool
    mail_url: str
    mail_from: str
    web_url: str
    files_url: str
    malware_scan: bool
    erasures_url: str
    limits: Mapping[str, int]
    queue_url: str
    deliveries_url: str
    calls_url: str
    direct_sockets: int
    bus_url: str
    event_bus: str
    offline_events: bool
    message_days: int
    api_url: str
    parameters_url: str
    canary_parameter: str
    stun_urls: tuple[str, ...]
    turn_urls: tuple[str, ...]
    turn_secret: str
    turn_seconds: int

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            KeyError: A variable is missing. The template and this class then disagree.
            DecodeError: The limits are not a JSON object of numbers.
        """
        return cls(
            region=environment["AWS_REGION"],
            table_prefix=environment["TABLE_PREFIX"],
            user_pool_id=environment["USER_POOL_ID"],
            user_pool_client_id=environment["USER_POOL_CLIENT_ID"],
            dynamodb_url=environment["DYNAMODB_URL"],
            socket_url=environment["SOCKET_URL"],
            connections_url=environment["CONNECTIONS_URL"],
            confirm_mail=environment["CONFIRM_MAIL"] == "true",
            mail_url=environment["MAIL_URL"],
            mail_from=environment["MAIL_FROM"],
            web_url=environment["WEB_URL"],
            files_url=environment["FILES_URL"],
            malware_scan=environment["MALWARE_SCAN"] == "true",
            erasures_url=environment["ERASURES_URL"],
            limits=msgspec.json.decode(environment["LIMITS"], type=dict[str, int]),
            queue_url=environment["QUEUE_URL"],
            deliveries_url=environment["DELIVERIES_URL"],
            calls_url=environment["CALLS_URL"],
            direct_sockets=int(environment["DIRECT_SOCKETS"]),
            bus_url=environment["BUS_URL"],
            event_bus=environment["EVENT_BUS"],
            offline_events=environment["OFFLINE_EVENTS"] == "true",
            message_days=int(environment["MESSAGE_DAYS"]),
            api_url=environment["API_URL"],
            parameters_url=environment["PARAMETERS_URL"],
            canary_parameter=environment["CANARY_PARAMETER"],
            stun_urls=_listed(environment["STUN_URLS"]),
            turn_urls=_listed(environment["TURN_URLS"]),
            turn_secret=environment["TURN_SECRET"],
            turn_seconds=int(environment["TURN_SECONDS"]),
        )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(",") if one.strip())


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings.read(os.environ)
