"""`make architecture`: draw docs/images/architecture.svg from serverless.yml and resources/permissions.yml.

A row is a topic: its functions, what leads to each of them, and what they may reach. Nothing is drawn by hand, so the
picture is true as long as it is fresh, and a test holds it fresh.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from tests import template

PICTURE = Path(__file__).resolve().parent / "images" / "architecture.svg"

WIDTH = 1180
MARGIN = 16
CHIP_HEIGHT = 26
CHIP_GAP = 8
LINE = CHIP_HEIGHT + CHIP_GAP
LETTER_WIDTH = 7.7
"""What a letter of 13 px takes on average, so that chips are wide enough in any sans-serif font."""

FUNCTIONS_LEFT, FUNCTIONS_RIGHT = 250, 690
REACHED_LEFT, REACHED_RIGHT = 730, WIDTH - MARGIN - 12

INK, SOFT, PAPER, LINE_COLOUR = "#1d2733", "#5d6b7a", "#ffffff", "#c9d2dc"
COLOURS = {
    "HTTP": "#2f6f8f",
    "socket": "#7a4fa3",
    "queue": "#b3541e",
    "stream": "#b3541e",
    "event": "#b3541e",
    "schedule": "#4f7a3a",
    "Cognito": "#a33b5c",
}
"""What may lead to a function, as the dots beside its name show it."""

TRIGGERS = {
    "httpApi": "HTTP",
    "websocket": "socket",
    "sqs": "queue",
    "stream": "stream",
    "eventBridge": "event",
    "s3": "event",
    "schedule": "schedule",
}


class Chip(NamedTuple):
    """A word in a frame, with a dot for each thing that leads to it."""

    word: str
    dots: tuple[str, ...] = ()

    @property
    def width(self) -> float:
        """Pixels."""
        return 20 + len(self.word) * LETTER_WIDTH + 12 * len(self.dots)

    @property
    def fill(self) -> str:
        """A colour: tables have small letters, as in the code, and a tint of their own."""
        return "#e9f1f6" if self.word[0].islower() else "#f6f4f0"


class Topic(NamedTuple):
    """A part of the functions.

    Attributes:
        name: As the comment above them in serverless.yml has it.
        functions: Their names.
    """

    name: str
    functions: list[str]


def topics() -> list[Topic]:
    """Return the functions under the headings of serverless.yml: a comment after an empty line begins a topic."""
    _, _, text = (template.ROOT / "serverless.yml").read_text().partition("\nfunctions:\n")
    found: list[Topic] = []
    before = ""
    for line in text.splitlines():
        if heading := re.fullmatch(r"  # (.+)", line):
            if not before.strip():
                found.append(Topic(heading[1], []))
        elif function := re.fullmatch(r"  (\w+):(?: # .+)?", line):
            found[-1].functions.append(function[1])
        elif line and not line.startswith(" "):
            break
        before = line
    return found


def triggers(function: str) -> tuple[str, ...]:
    """Return what leads to a function, each once.

    One without an event is asked by the gateway or by Cognito, or by Systems Manager at its time.
    """
    events = template.functions()[function].get("events", [])
    kinds = {TRIGGERS[kind] for event in events for kind in event}
    if function == _authorizer():
        kinds = {"socket"}
    elif not kinds:
        (pool,) = template.resources("AWS::Cognito::UserPool").values()
        kinds = {"Cognito" if f"{function}LambdaFunction" in str(pool["LambdaConfig"]) else "schedule"}
    return tuple(kind for kind in COLOURS if kind in kinds)


def reached(functions: Iterable[str]) -> list[str]:
    """Return what functions may reach, as a person names it: tables first."""
    names = {_named(resource) for one in functions for _, resource in template.permissions()[one]}
    tables = {name for name in names if name[0].islower()}
    return [*sorted(tables), *sorted(names - tables)]


def draw() -> str:
    """Return the picture as SVG."""
    rows: list[str] = []
    top = 104
    first = top
    for topic in topics():
        left, left_lines = _chips(
            [Chip(one, triggers(one)) for one in topic.functions], FUNCTIONS_LEFT + 12, FUNCTIONS_RIGHT - 12, top + 38
        )
        right, right_lines = _chips(
            [Chip(one) for one in reached(topic.functions)], REACHED_LEFT + 12, REACHED_RIGHT, top + 14
        )
        height = max(42 + LINE * left_lines, 18 + LINE * right_lines)
        rows += [
            _frame(FUNCTIONS_LEFT, top, FUNCTIONS_RIGHT - FUNCTIONS_LEFT, height),
            _text(FUNCTIONS_LEFT + 14, top + 24, topic.name, weight=600),
            _frame(REACHED_LEFT, top, WIDTH - MARGIN - REACHED_LEFT, height),
            _arrow(FUNCTIONS_RIGHT, top + height / 2, REACHED_LEFT, top + height / 2),
            *left,
            *right,
        ]
        top += height + 14
    bottom = top - 14
    height = bottom + 56
    title = "Kaiwa: what leads to each function, and what it reaches"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            'font-family="system-ui, sans-serif" font-size="13" role="img">',
            f"<title>{title}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
            f'<path d="M0 0 8 4 0 8z" fill="{SOFT}"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>',
            _text(MARGIN, 38, "Kaiwa", weight=700, size=22),
            _text(MARGIN, 62, "drawn from the routing table and the permissions", colour=SOFT),
            _text(FUNCTIONS_LEFT, 90, "Functions, by topic", colour=SOFT),
            _text(REACHED_LEFT, 90, "What they may reach: tables, then other services", colour=SOFT),
            *_gateways(first, bottom),
            *rows,
            *_legend(bottom + 34),
            "</svg>\n",
        ]
    )


def main() -> None:
    """Write the picture."""
    PICTURE.write_text(draw())
    print(f"{PICTURE.relative_to(template.ROOT)}: {len(template.functions())} functions")  # noqa: T201


def _authorizer() -> str:
    return next(route.authorizer for route in template.socket_routes() if route.authorizer) or ""


def _named(resource: str) -> str:
    """Return a resource's name: ``chats`` of ``ChatsTable/index/byName``."""
    name = resource.partition("/")[0]
    table = re.fullmatch(r"(\w+)Table", name)
    if table:
        return table[1][0].lower() + table[1][1:]
    words = {
        "WebsocketsApi": "Sockets",
        "UserPool": "Cognito",
        "FilesBucket": "S3",
        "EventBus": "EventBridge",
        "mail": "SES",
    }
    if name in words:
        return words[name]
    queue = re.fullmatch(r"(\w+)Queue", name)
    return f"SQS: {queue[1].lower()}" if queue else "Parameter Store"


def _gateways(top: float, bottom: float) -> list[str]:
    """Draw the clients, and the two ways in."""
    middle = (top + bottom) / 2
    ways = {
        "HTTP API": (len(template.http_routes()), "HTTP", middle - 70),
        "WebSocket API": (len(template.socket_routes()), "socket", middle + 30),
    }
    drawn = [
        _frame(MARGIN, middle - 22, 74, 44),
        _text(MARGIN + 37, middle + 5, "Clients", weight=600, anchor="middle"),
    ]
    for name, (routes, kind, y) in ways.items():
        drawn += [
            f'<rect x="106" y="{y}" width="122" height="44" rx="8" fill="{COLOURS[kind]}"/>',
            _text(167, y + 19, name, weight=600, colour=PAPER, anchor="middle"),
            _text(167, y + 35, f"{routes} routes", colour=PAPER, anchor="middle", size=11),
            _arrow(MARGIN + 74, middle, 106, y + 22),
            f'<path d="M228 {y + 22} H237" stroke="{SOFT}" fill="none"/>',
        ]
    drawn.append(f'<path d="M237 {top} V{bottom}" stroke="{LINE_COLOUR}" stroke-width="3" fill="none"/>')
    return drawn


def _legend(y: float) -> list[str]:
    drawn: list[str] = []
    x = float(FUNCTIONS_LEFT)
    words = {"HTTP": "HTTP", "socket": "WebSocket", "queue": "queue, stream or event", "schedule": "schedule"}
    for kind, word in {**words, "Cognito": "asked by Cognito"}.items():
        drawn += [f'<circle cx="{x + 5}" cy="{y - 4}" r="4.5" fill="{COLOURS[kind]}"/>', _text(x + 15, y, word)]
        x += 32 + len(word) * LETTER_WIDTH
    return drawn


def _chips(chips: list[Chip], left: float, right: float, top: float) -> tuple[list[str], int]:
    """Draw chips one beside the other, in as many lines as it takes. Returns the drawing and the lines."""
    drawn: list[str] = []
    x, line = left, 0
    for chip in chips:
        if x > left and x + chip.width > right:
            x, line = left, line + 1
        y = top + line * LINE
        drawn += [
            f'<rect x="{x:.0f}" y="{y}" width="{chip.width:.0f}" height="{CHIP_HEIGHT}" rx="13" fill="{chip.fill}" '
            f'stroke="{LINE_COLOUR}"/>',
            *(
                f'<circle cx="{x + 14 + 12 * place:.0f}" cy="{y + 13}" r="4.5" fill="{COLOURS[dot]}"/>'
                for place, dot in enumerate(chip.dots)
            ),
            _text(round(x + 10 + 12 * len(chip.dots)), y + 17.5, chip.word),
        ]
        x += chip.width + CHIP_GAP
    return drawn, line + 1


def _frame(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="10" fill="none" stroke="{LINE_COLOUR}"/>'


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1} {y1} L{x2 - 2} {y2}" stroke="{SOFT}" fill="none" marker-end="url(#tip)"/>'


def _text(  # noqa: PLR0917 - where, what and how.
    x: float, y: float, words: str, colour: str = INK, weight: int = 400, anchor: str = "start", size: int = 13
) -> str:
    return (
        f'<text x="{x}" y="{y}" fill="{colour}" font-weight="{weight}" font-size="{size}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


if __name__ == "__main__":
    main()
