"""The one place that reads the environment. ``serverless.yml`` writes it."""

import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

import msgspec


class Credentials(NamedTuple):
    """Who somebody is to AWS.

    Attributes:
        access_key: The key's id.
        secret_key: The key.
        token: What goes with a key that is good for a time; None with one that is good for ever.
    """

    access_key: str
    secret_key: str
    token: str | None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Credentials | None":
        """Read a process's own credentials, or None.

        Lambda sets them for as long as a process lives (its developer guide, "Defined runtime environment variables"),
        but not where one is restored from a snapshot.
        """
        key, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
        return cls(key, secret, environment.get("AWS_SESSION_TOKEN")) if key and secret else None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from one deployment to another.

    Attributes:
        region: The AWS region, for example ``eu-central-1``.
        service: What everything of this stage is named after, for example ``kaiwa-prod``.
        table_prefix: What every table's name begins with, for example ``kaiwa-prod-``.
        user_pool_id: The Cognito user pool.
        user_pool_client_id: The pool's client that this backend is.
        dynamodb_url: Where DynamoDB is.
        socket_url: Where clients open their socket, without a query: ``wss://...``.
        connections_url: Where the server posts to sockets: ``https://...``, without ``/@connections``.
        confirm_mail: Whether a new user must prove that the mail address is theirs.
        mail_url: Where SES is.
        mail_from: The sender of our mails. SES must know it as ours.
        web_origins: Where people open the web client, for example ``https://chat.example.com``. Mails lead to the
            first one.
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
        edge_secret: What CloudFront proves itself with where a firewall stands before the HTTP API; empty without one.
        parameters_url: Where Parameter Store is.
        canary_parameter: The SecureString with the canary's mail address and password.
        package_index_url: Where PyPI is.
        inspector: Whether Inspector shall look at our functions.
        message_days: For how many days messages are kept; 0 for ever.
        stun_urls: The STUN servers, for example ``stun:turn.example.com:3478``.
        turn_urls: The TURN servers, for example ``turn:turn.example.com:3478?transport=udp``; none for no TURN.
        turn_secret: The parameter that holds the secrets which these share with us, one a line.
        turn_seconds: For how long credentials for them are good.
    """

    region: str
    service: str
    table_prefix: str
    user_pool_id: str
    user_pool_client_id: str
    dynamodb_url: str
    socket_url: str
    connections_url: str
    confirm_mail: bool
    mail_url: str
    mail_from: str
    web_origins: tuple[str, ...]
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
    package_index_url: str
    inspector: bool
    message_days: int
    api_url: str
    edge_secret: str
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
            service=environment["SERVICE"],
            table_prefix=environment["TABLE_PREFIX"],
            user_pool_id=environment["USER_POOL_ID"],
            user_pool_client_id=environment["USER_POOL_CLIENT_ID"],
            dynamodb_url=environment["DYNAMODB_URL"],
            socket_url=environment["SOCKET_URL"],
            connections_url=environment["CONNECTIONS_URL"],
            confirm_mail=environment["CONFIRM_MAIL"] == "true",
            mail_url=environment["MAIL_URL"],
            mail_from=environment["MAIL_FROM"],
            web_origins=_listed(environment["WEB_ORIGINS"]),
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
            package_index_url=environment["PACKAGE_INDEX_URL"],
            inspector=environment["INSPECTOR"] == "true",
            message_days=int(environment["MESSAGE_DAYS"]),
            api_url=environment["API_URL"],
            edge_secret=environment["EDGE_SECRET"],
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


def given_credentials() -> Credentials | None:
    """Return the credentials that the environment holds at this moment, or None."""
    return Credentials.read(os.environ)
