"""List prices, in US dollars. Where one could not be looked up, it says so; none includes a free tier or a discount."""

from typing import NamedTuple

LOOKED_UP = "2026-11-27"

MILLION = 1_000_000

# us-east-1. Known from AWS's price pages (aws.amazon.com/api-gateway/pricing, /dynamodb/pricing/on-demand,
# /lambda/pricing, /sqs/pricing, /cloudwatch/pricing, /xray/pricing, /ec2/pricing/on-demand), which could not be opened
# on the day above.
SOCKET_MESSAGE = 1.00 / MILLION
"""Up to 32 KB, either way."""
CONNECTION_MINUTE = 0.25 / MILLION
HTTP_REQUEST = 1.00 / MILLION
WRITE_UNIT = 0.625 / MILLION
READ_UNIT = 0.125 / MILLION
TABLE_GIGABYTE_MONTH = 0.25
INVOCATION = 0.20 / MILLION
GIGABYTE_SECOND = 0.0000133334
"""Of a function on arm64."""
QUEUE_REQUEST = 0.40 / MILLION
LOG_GIGABYTE = 0.50
TRACE = 5.00 / MILLION
TRACED = 0.05
"""Of the requests, beyond the first each second (AWS X-Ray's default sampling)."""
TRANSFER_GIGABYTE = 0.09
"""Out to the Internet."""

GIGABYTE = 1024**3


class Hosted(NamedTuple):
    """A hosted service's list price.

    Attributes:
        name: The service and the plan.
        price: In words.
        source: Where it says so.
        verified: Whether it was read there on the day above; else it was read elsewhere, and where is said.
    """

    name: str
    price: str
    source: str
    verified: bool


HOSTED = (
    Hosted(
        "Ably, Standard",
        "$29 a month and up to $2.50 for a million messages; one sent to ten is eleven",
        "ably.com/docs/pricing, ably.com/pricing/full-calculator",
        True,
    ),
    Hosted(
        "ZEGOCLOUD In-app Chat, Pro",
        "$449 for every 10,000 monthly users begun, groups of up to 200",
        "zegocloud.com/docs/console/faqs/pricing/fee-for-in-app-chat",
        True,
    ),
    Hosted(
        "Pusher Channels, Startup",
        "$49 a month for 500 connections and a million messages a day; no history",
        "a competitor's article, blog.mattheworiordan.com/p/transparent-pricing-that-rewards",
        False,
    ),
)
"""Those of Stream, Sendbird and PubNub's plans were not on any page that could be read, so they are not here."""

ABLY_MONTH = 29.0
ABLY_MESSAGE = 2.50 / MILLION
ZEGOCLOUD_BLOCK = 449.0
ZEGOCLOUD_BLOCK_USERS = 10_000
