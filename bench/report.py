"""docs/performance.md and its plot, made of what was measured."""

import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

from bench.fan_out import DELAY_SECONDS, ROUNDS, SOCKETS, FanOut
from bench.posts import POSTS, Measured
from bench.round_trips import Times

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
PLOT = DOCUMENT.parent / "images" / "performance.svg"

TEMPLATE = """# Performance

Made by `make bench` on {date}: {cores} cores, Python {python}, {system}. Everything runs on that one machine, the
clients and AWS's stand-ins too, so these numbers are for comparing one with another; a run on AWS will have others.

![Posts per second of processor time, and time to the last socket](images/performance.svg)

## To the last socket

From the moment a message is sent to the moment the last socket has it, with {delay:.0f} ms for each post, as API
Gateway takes about. DynamoDB is in memory. Up to 100 sockets are posted to by the function itself, {at_once} at a
time; more go by the queue to as many functions as there are parcels of 100, which share the {cores} cores here and
would have their own on AWS. What SQS itself takes is not in it. {rounds} messages each.

| sockets | median | longest |
|---:|---:|---:|
{reach}

## What a post costs

Posts per second of the processor's time, {posts:,} at a time against a server in another process, in turns, the
median of five turns.

| | posts per CPU second | of boto3 with 32 threads |
|---|---:|---:|
{rates}

## What a message costs

1 KB of text, by the members of the chat, who have a socket each. Units are DynamoDB's, computed from the items' true
sizes: the tests hold the message between two to 4 write units.

| members | UpdateItem | PutItem | BatchGetItem | messages to SQS | posts | write units | read units |
|---:|---:|---:|---:|---:|---:|---:|---:|
{costs}

The set of a chat's members is in the chat's item, so the one write that numbers a message and authorises its sender
grows with it: at 1,000 members it is most of the write units, and about 2 % of what the posts cost
(`docs/decisions/`).

## Round trips on the local stack

A warm socket of the local stack, in turns, milliseconds. An unknown action is the floor: it passes the same gateway
and a function that does nothing.

| | median | p90 | p99 | of an unknown action |
|---|---:|---:|---:|---:|
{trips}

"""

BAR_WIDTH = 300
ROW_HEIGHT = 26


def write(trips: Times, posts: Measured, fan_out: FanOut) -> None:
    """Write both."""
    DOCUMENT.write_text(_document(trips, posts, fan_out))
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_text(_plot(posts, fan_out))


def _document(trips: Times, posts: Measured, fan_out: FanOut) -> str:
    from core.parallel import MOST_AT_ONCE  # noqa: PLC0415 - after the environment.

    base = posts["boto3, 32 threads"]
    floor = statistics.median(trips["unknown action"])
    return TEMPLATE.format(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        cores=os.cpu_count(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        delay=DELAY_SECONDS * 1000,
        at_once=MOST_AT_ONCE,
        rounds=ROUNDS,
        posts=POSTS,
        reach="\n".join(
            f"| {sockets:,} | {median:.0f} ms | {longest:.0f} ms |"
            for sockets, (median, longest) in fan_out.milliseconds.items()
        ),
        rates="\n".join(f"| {name} | {rate:,.0f} | {rate / base:.1f} times |" for name, rate in posts.items()),
        costs="\n".join(
            f"| {members:,} | {cost.calls.get('UpdateItem', 0)} | {cost.calls.get('PutItem', 0)} "
            f"| {cost.calls.get('BatchGetItem', 0)} | {cost.calls.get('SendMessage', 0)} | {members} "
            f"| {cost.write_units:g} | {cost.read_units:g} |"
            for members, cost in fan_out.costs.items()
        ),
        trips="\n".join(_trip(name, times, floor) for name, times in trips.items()),
    )


def _trip(name: str, times: list[float], floor: float) -> str:
    percentiles = statistics.quantiles(times, n=100)
    median = statistics.median(times)
    return f"| {name} | {median:.1f} | {percentiles[89]:.1f} | {percentiles[98]:.1f} | {median / floor:.1f} times |"


def _plot(posts: Measured, fan_out: FanOut) -> str:
    reach = {f"{sockets:,} sockets": fan_out.milliseconds[sockets][0] for sockets in SOCKETS}
    top, first = _bars("Posts per second of processor time", dict(posts), "", 0)
    bottom, last = _bars("Milliseconds to the last socket, 15 ms a post", reach, " ms", first)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 560 {last}" width="560" height="{last}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img">\n'
        "<title>Posts per second of processor time, and time to the last socket</title>\n"
        f'<rect width="560" height="{last}" fill="#fff"/>\n{top}{bottom}</svg>\n'
    )


def _bars(title: str, values: dict[str, float], unit: str, top: int) -> tuple[str, int]:
    """Draw a bar for each value. Returns the drawing, and where it ends."""
    longest = max(values.values())
    lines = [f'<text x="16" y="{top + 26}" font-weight="600" fill="#1d2733">{title}</text>']
    for row, (name, value) in enumerate(values.items()):
        y = top + 40 + row * ROW_HEIGHT
        width = BAR_WIDTH * value / longest
        lines += [
            f'<text x="150" y="{y + 14}" text-anchor="end" fill="#1d2733">{name}</text>',
            f'<rect x="160" y="{y}" width="{width:.0f}" height="18" rx="3" fill="#2f6f8f"/>',
            f'<text x="{166 + width:.0f}" y="{y + 14}" fill="#1d2733">{value:,.0f}{unit}</text>',
        ]
    return "\n".join(lines) + "\n", top + 40 + len(values) * ROW_HEIGHT + 14
