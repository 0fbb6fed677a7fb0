"""docs/performance.md and its plots, made of what was measured."""

import json
import os
import pickle
import platform
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import cold_start, cost, fan_out, operations, plots, posts, prices, warm_path
from bench.cold_start import HOT, UNCOMPILED, YARDSTICK, Start
from bench.meter import Costs
from bench.round_trips import ROUNDS, SLOW_SECONDS, Times

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
IMAGES = DOCUMENT.parent / "images"
SOAK = DOCUMENT.parent / "soak.json"
"""What `make soak` found."""
KEPT = DOCUMENT.parent.parent / ".build" / "bench.pickle"
TEMPLATE = Path(__file__).parent / "performance.md"
"""The document, with a name in braces wherever something measured stands."""

NAMES = {"ours": "Kaiwa", "common": "common pattern", "exact": "exact pattern", "naive": "naive pattern"}
MOST_OF_YARDSTICK = 1.25

ABOUT = 1.1
"""What differs by less is called the same."""

USERS = (1_000, 10_000, 100_000, 1_000_000)
SIZES = warm_path.SIZES


@dataclass
class Results:
    """Everything that was measured."""

    cold_start: dict[str, Start]
    warm_path: warm_path.Measured
    round_trips: Times
    slow_round_trips: Times
    posts: posts.Measured
    operations: operations.Measured
    fan_out: fan_out.Measured


def write(results: Results) -> None:
    """Write the document and the plots, and keep what they are made of: `python -m bench.report` makes them anew."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_bytes(pickle.dumps(vars(results)))
    _write(results)


def _write(results: Results) -> None:
    DOCUMENT.write_text(_document(results))
    IMAGES.mkdir(exist_ok=True)
    for name, plot in _plots(results).items():
        (IMAGES / f"performance-{name}.svg").write_text(plot)


def rate(results: Results, pattern: str, members: int) -> float:
    """Return deliveries per second of processor time; those of the queue are made by other functions, and counted."""
    warm = results.warm_path
    milliseconds = warm.messages[pattern][members].milliseconds
    parcels = warm.messages[pattern][members].costs.calls.get("SendMessage", 0)
    return members * 1000 / (milliseconds + parcels * warm.parcel.milliseconds)


def dynamodb(costs: Costs) -> float:
    """Return what DynamoDB takes for it, in dollars."""
    return prices.WRITE_UNIT * costs.write_units + prices.READ_UNIT * costs.read_units


def _document(results: Results) -> str:
    from core.parallel import MOST_AT_ONCE  # noqa: PLC0415 - after the environment.
    from deploy import package  # noqa: PLC0415

    warm, day = results.warm_path, cost.Day()
    idle, page_idle = (
        cost.idle_socket_hour(results.operations, warm, seconds).times(1000)
        for seconds in (cost.PING_SECONDS, cost.PAGE_PING_SECONDS)
    )
    zips = [
        f"{name}.zip {package.artifact('arm64', name).stat().st_size / 1e6:.1f} MB"
        for name in package.NAMES
        if package.build("arm64", name)
    ]
    parts = _part_names(results)
    return TEMPLATE.read_text().format(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=_processor(),
        cores=os.cpu_count(),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}",
        elsewhere=warm_path.ELSEWHERE,
        short=_short(results),
        short_words=_short_words(results),
        scanned=_scanned(results),
        delay=fan_out.DELAY_SECONDS * 1000,
        at_once=MOST_AT_ONCE,
        reach=_reach(results.fan_out),
        parcel=warm.parcel.milliseconds,
        warm=_warm(warm),
        signal=warm.signal.milliseconds,
        posts=posts.POSTS,
        rates=_rates(results.posts),
        asked="\n".join(_asked(warm, members, pattern) for members in SIZES for pattern in NAMES),
        turns=cold_start.TURNS,
        starts=_starts(results.cold_start),
        start_words=_start_words(results.cold_start),
        zips=", ".join(zips),
        lengths=" | ".join(f"{length:,} messages" for length in operations.LENGTHS),
        length_columns="---:|" * len(operations.LENGTHS),
        long=_grown(results, [f"{length:,} messages" for length in operations.LENGTHS]),
        numbers=" | ".join(f"{number:,} chats" for number in operations.CHATS),
        number_columns="---:|" * len(operations.CHATS),
        many=_grown(results, [f"{number:,} chats" for number in operations.CHATS]),
        every="\n".join(_operation(*one) for one in results.operations[operations.CONVERSATION].items()),
        rounds=ROUNDS,
        slow=SLOW_SECONDS * 1000,
        chain=_chain(results),
        trips=_trips(results),
        latencies=", ".join(f"{wait:g} ms for {_service(name)}" for name, wait in cost.LATENCIES.items()),
        looked_up=prices.LOOKED_UP,
        million="\n".join(_million(warm, members) for members in SIZES),
        parts=" | ".join(parts),
        part_columns="---:|" * len(parts),
        rest=_rest(results, parts),
        calls=cost.call(results.operations, warm).total * prices.MILLION,
        idle=idle.total,
        idle_minutes=idle.parts["connection minutes"],
        idle_pings=idle.parts["pings"],
        ping_seconds=cost.PING_SECONDS,
        page_idle=page_idle.total,
        page_ping_seconds=cost.PAGE_PING_SECONDS,
        life_hours=cost.LIFE_HOURS,
        hours=day.hours_connected,
        openings=day.openings,
        two=day.sent_to_two,
        ten=day.sent_to_ten,
        hundred=day.sent_to_hundred,
        deliveries=day.sent_to_two + day.sent_to_ten * 9 + day.sent_to_hundred * 99,
        calls_a_day=day.calls,
        months="\n".join(_month(results, users) for users in USERS),
        hosted="\n".join(_hosted(one) for one in prices.HOSTED),
        soak=_soak(),
    )


def _processor() -> str:
    found = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return found[0] if found else platform.processor() or "an unnamed processor"


def _short(results: Results) -> str:
    rows = []
    for members in SIZES:
        ours = rate(results, "ours", members)
        asked = {name: dynamodb(results.warm_path.messages[name][members].costs) for name in NAMES}
        rows.append(
            f"| {members:,} | {ours:,.0f} | {ours / rate(results, 'common', members):.1f} times "
            f"| {ours / rate(results, 'naive', members):.1f} times | ${asked['ours'] * prices.MILLION:,.2f} "
            f"| {_less(asked['common'] / asked['ours'])} | {_less(asked['exact'] / asked['ours'])} "
            f"| {_less(asked['naive'] / asked['ours'])} |"
        )
    return "\n".join(rows)


def _less(times: float) -> str:
    if times > ABOUT:
        return f"{times:.1f} times less"
    return "about the same" if times > 1 / ABOUT else f"{1 / times:.1f} times MORE"


def _short_words(results: Results) -> str:
    """Say where the goals are met, and where not."""
    fast = all(rate(results, "ours", size) >= 2.5 * rate(results, "common", size) for size in SIZES)
    few = {name: [size for size in SIZES if _price(results, name, size) < 2] for name in ("common", "exact")}
    words = [
        f"The goal of 2.5 times the deliveries of the common pattern for the same processor time is "
        f"{'met in chats of every size' if fast else 'NOT met in all of them'}.",
        "DynamoDB should take half of what it takes for the common pattern. Over the messages of a day "
        f"([below](#cost)) that takes {_price_of_day(results):.1f} times as much; by size the goal is "
        f"{_met(few['common'])}.",
    ]
    if few["common"]:
        words.append(
            "Of the units that a message costs Kaiwa there, one is for its number and one for the index, without which "
            "it could not both be stored once and be read in order. The common pattern has neither. Where it has both, "
            f"as the exact pattern, the goal is {_met(few['exact'])}."
        )
    return " ".join(words)


def _scanned(results: Results) -> str:
    """Say what DynamoDB takes for a message of the naive pattern to two, where more people have a socket."""
    warm = results.warm_path
    spent = dynamodb(warm.messages["naive"][SIZES[0]].costs)
    prices_then = ((sockets, (spent + cost.scanned(warm, sockets)) * prices.MILLION) for sockets in (10_000, 100_000))
    return " and ".join(f"${price:,.0f} a million where {sockets:,} are open" for sockets, price in prices_then)


def _price(results: Results, pattern: str, members: int) -> float:
    """Return what DynamoDB takes for a message of a pattern, in times of what it takes for one of ours."""
    theirs, ours = (dynamodb(results.warm_path.messages[name][members].costs) for name in (pattern, "ours"))
    return theirs / ours


def _price_of_day(results: Results) -> float:
    """Return what DynamoDB takes for a day's messages of the common pattern, in times of what it takes for ours."""
    theirs, ours = (
        sum(number * dynamodb(results.warm_path.messages[name][members].costs) for members, number in cost.Day().sent)
        for name in ("common", "ours")
    )
    return theirs / ours


def _met(missed: list[int]) -> str:
    """Say in chats of which sizes a goal is met."""
    if not missed:
        return "met in chats of every size"
    reached = ", ".join(f"{size:,}" for size in SIZES if size not in missed) or "no size"
    return f"met in chats of {reached}, and NOT met in those of {', '.join(f'{size:,}' for size in missed)}"


def _reach(measured: fan_out.Measured) -> str:
    return "\n".join(
        f"| {sockets:,} | "
        + " | ".join(f"{by[sockets].median:,.0f} ms, {by[sockets].longest:,.0f} ms" for by in measured.values())
        + " |"
        for sockets in fan_out.SOCKETS
    )


def _warm(warm: warm_path.Measured) -> str:
    return "\n".join(
        f"| {members:,} | "
        + " | ".join(f"{warm.messages[name][members].milliseconds:,.2f}" for name in ("bare", *NAMES))
        + " |"
        for members in SIZES
    )


def _rates(measured: posts.Measured) -> str:
    base = measured["boto3, 32 threads"]
    return "\n".join(f"| {name} | {each:,.0f} | {each / base:.1f} times |" for name, each in measured.items())


def _asked(warm: warm_path.Measured, members: int, pattern: str) -> str:
    measured = warm.messages[pattern][members]
    costs = measured.costs
    posted, queued = costs.calls.get("PostToConnection", 0), costs.calls.get("SendMessage", 0)
    calls = sum(costs.calls.values()) - posted - queued
    return (
        f"| {members:,} | {NAMES[pattern]} | {calls:,g} | {costs.write_units:,g} | {costs.read_units:,g} | {posted:,g} "
        f"| {queued:g} | {costs.waits.get('dynamodb', 0)} | {costs.waits.get('execute-api', 0)} "
        f"| {costs.sent / 1000:,.1f} and {costs.received / 1000:,.1f} | {measured.log_bytes:,} |"
    )


def _starts(starts: Mapping[str, Start]) -> str:
    base = starts[YARDSTICK]
    others = sorted(starts.keys() - {*HOT, YARDSTICK, UNCOMPILED})
    return "\n".join(
        f"| {f'**{name}**' if name in HOT else name} | {starts[name].processor:.0f} ms "
        f"| {starts[name].processor / base.processor:.2f} times | {starts[name].wall:.0f} ms "
        f"| {starts[name].megabytes:.0f} MB | {starts[name].modules:.0f} |"
        for name in (YARDSTICK, *HOT, UNCOMPILED, *others)
    )


def _start_words(starts: Mapping[str, Start]) -> str:
    slowest = max(starts[name].processor for name in HOT) / starts[YARDSTICK].processor
    verdict = "met" if slowest <= MOST_OF_YARDSTICK else "NOT met"
    words = f"The goal of at most {MOST_OF_YARDSTICK:g} times for them is {verdict}"
    return f"{words}: the slowest takes {slowest:.2f} times as long."


def _grown(results: Results, places: list[str]) -> str:
    return "\n".join(
        f"| {name} | " + " | ".join(_units(results.operations[place][name]) for place in places) + " |"
        for name in results.operations[places[0]]
    )


def _units(costs: Costs) -> str:
    calls, _, _ = _split(costs)
    return f"{calls} calls, {costs.write_units:g} written, {costs.read_units:g} read"


def _split(costs: Costs) -> tuple[int, int, int]:
    """Return the calls to DynamoDB, the posts, and the other calls."""
    posted = costs.calls.get("PostToConnection", 0)
    known = {"Item", "Query", "Scan", "Items"}
    calls = sum(number for name, number in costs.calls.items() if any(name.endswith(one) for one in known))
    return calls, posted, sum(costs.calls.values()) - calls - posted


def _operation(name: str, costs: Costs) -> str:
    calls, posted, others = _split(costs)
    return (
        f"| {name} | {calls} | {others} | {posted} | {costs.write_units:g} | {costs.read_units:g} "
        f"| {costs.sent / 1000:.1f} and {costs.received / 1000:.1f} |"
    )


def _chain(results: Results) -> float:
    fast, slow = (
        statistics.median(times["sendMessage"]) - statistics.median(times["unknown action"])
        for times in (results.round_trips, results.slow_round_trips)
    )
    return (slow - fast) / (SLOW_SECONDS * 1000)


def _trips(results: Results) -> str:
    floor = statistics.median(results.round_trips["unknown action"])
    rows = [_trip(name, times, floor) for name, times in results.round_trips.items()]
    slow = results.slow_round_trips["sendMessage"]
    return "\n".join([*rows, _trip(f"sendMessage, {SLOW_SECONDS * 1000:.0f} ms a call", slow, floor)])


def _trip(name: str, times: list[float], floor: float) -> str:
    percentiles = statistics.quantiles(times, n=100)
    median = statistics.median(times)
    return f"| {name} | {median:.1f} | {percentiles[89]:.1f} | {percentiles[98]:.1f} | {median / floor:.1f} times |"


def _service(name: str) -> str:
    return {"dynamodb": "DynamoDB", "execute-api": "a post", "sqs": "SQS"}[name]


def _million(warm: warm_path.Measured, members: int) -> str:
    bills = [cost.message(warm, pattern, members).times(prices.MILLION) for pattern in NAMES]
    totals = " | ".join(f"${bill.total:,.2f}" for bill in bills)
    return f"| {members:,} | {totals} | ${bills[0].parts['sockets']:,.2f} |"


def _part_names(results: Results) -> list[str]:
    names: dict[str, None] = {}
    for members in SIZES:
        names |= dict.fromkeys(cost.message(results.warm_path, "ours", members).parts)
    return [name for name in names if name != "sockets"]


def _rest(results: Results, parts: Iterable[str]) -> str:
    rows = []
    for members in SIZES:
        for pattern, label in NAMES.items():
            bill = cost.message(results.warm_path, pattern, members).times(prices.MILLION)
            cells = " | ".join(f"${bill.parts.get(name, 0):,.2f}" for name in parts)
            rows.append(f"| {members:,} | {label} | {cells} |")
    return "\n".join(rows)


def _soak() -> str:
    if not SOAK.exists():
        return "It has not been run."
    said = json.loads(SOAK.read_text())
    verdict = "Nothing was lost and nothing doubled" if not said["problems"] else f"{said['problems']} were NOT as sent"
    return (
        f"On {said['date']}: {said['sockets']:,} idle sockets of which {said['closed']} were closed, "
        f"{said['pongs']:,} pings answered, {said['acknowledged']:,} messages in {said['seconds']:g} s, each "
        f"acknowledged within {said['median']:.0f} ms (median; {said['slowest']:.0f} ms for 99 of 100) and "
        f"{said['received']:,} received by {said['listeners']} listeners. **{verdict}.**"
    )


def _month(results: Results, users: int) -> str:
    bill = cost.month(results.operations, results.warm_path, users)
    messages = {
        pattern: cost.messages_month(results.warm_path, pattern, users) for pattern in ("ours", "common", "naive")
    }
    pings = bill.parts["pings"]
    parts = (
        bill.total,
        pings,
        bill.total - messages["ours"] - pings,
        *messages.values(),
        cost.ably_month(users),
        cost.zegocloud_month(users),
    )
    total, *others = (f"${part:,.0f}" for part in parts)
    return f"| {users:,} | {total} | ${bill.total / users:.3f} | {' | '.join(others)} |"


def _hosted(one: prices.Hosted) -> str:
    when = prices.LOOKED_UP if one.verified else f"{prices.LOOKED_UP}, second hand"
    return f"| {one.name} | {one.price} | {one.source} | {when} |"


def _plots(results: Results) -> dict[str, str]:
    starts = results.cold_start
    rows = [("boto3 and one client", starts[YARDSTICK].processor, "yardstick")]
    rows += [(name, starts[name].processor, "ours") for name in HOT]
    rows.append(("without bytecode", starts[UNCOMPILED].processor, "naive"))
    names = ("ours", "common", "naive")
    return {
        "processor": plots.lines(
            "Deliveries per second of processor time",
            {name: {members: rate(results, name, members) for members in SIZES} for name in names},
            "members of the chat",
            "more is better",
        ),
        "reach": plots.lines(
            "Milliseconds to the last socket, 15 ms a post",
            {name: {sockets: each.median for sockets, each in by.items()} for name, by in results.fan_out.items()},
            "sockets",
            "less is better",
        ),
        "cold-start": plots.bars("Milliseconds of processor time before the first event", rows, " ms"),
        "cost": plots.lines(
            "Dollars for a million messages",
            {
                name: {size: cost.message(results.warm_path, name, size).total * prices.MILLION for size in SIZES}
                for name in names
            },
            "members of the chat",
            "less is better",
        ),
    }


if __name__ == "__main__":
    _write(Results(**pickle.loads(KEPT.read_bytes())))
