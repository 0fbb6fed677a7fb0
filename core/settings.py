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
        queue_url: Where SQS is.
        web_url: Where people open the web client, for links in mails.
        erasures_url: The queue of users to erase.
        limits: Other numbers than domain/limits.py has, under its names; 0 for no limit.
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
    queue_url: str
    web_url: str
    erasures_url: str
    limits: Mapping[str, int]

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
            queue_url=environment["QUEUE_URL"],
            web_url=environment["WEB_URL"],
            erasures_url=environment["ERASURES_URL"],
            limits=msgspec.json.decode(environment["LIMITS"], type=dict[str, int]),
        )


@cache
def settings() -> Settings:
    """Return this process's settings, read once."""
    return Settings.read(os.environ)
