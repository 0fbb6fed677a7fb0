"""Plots as SVG, drawn by hand: they need no library and no font of their own."""

from collections.abc import Mapping, Sequence
from math import log10

INK = "#1d2733"
PALE = "#d5dde3"
COLOURS = {"ours": "#1f7a5c", "common": "#c2762b", "naive": "#a33b3b", "yardstick": "#6b7785"}

WIDTH = 640
ROW = 24
BAR = 330
LABEL = 190

PLOT_HEIGHT = 300
LABEL_HEIGHT = 15
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 44, 44

Points = Mapping[str, Mapping[int, float]]
"""Values by the name of a line and by x."""


def bars(title: str, rows: Sequence[tuple[str, float, str]], unit: str) -> str:
    """Draw a bar for each row.

    Args:
        title: What is shown.
        rows: A label, a value, and the name of a colour each.
        unit: What stands behind each value.
    """
    longest = max(value for _, value, _ in rows)
    lines = [_text(16, 26, title, weight=600)]
    for number, (label, value, colour) in enumerate(rows):
        y = 44 + number * ROW
        width = max(1, BAR * value / longest)
        lines += [
            _text(LABEL, y + 13, label, anchor="end"),
            f'<rect x="{LABEL + 10}" y="{y}" width="{width:.0f}" height="16" rx="2" fill="{COLOURS[colour]}"/>',
            _text(LABEL + 16 + width, y + 13, f"{_number(value)}{unit}"),
        ]
    return _svg(title, 44 + len(rows) * ROW + 16, lines)


def lines(title: str, points: Points, x_label: str, y_label: str) -> str:
    """Draw a line for each name, both axes in powers of ten."""
    xs = sorted({x for line in points.values() for x in line})
    ys = [y for line in points.values() for y in line.values()]
    lowest, highest = 10 ** int(log10(min(ys)) // 1), 10 ** -int(-log10(max(ys)) // 1)
    drawn = [_text(16, 26, title, weight=600), _text(LEFT, PLOT_HEIGHT - 6, x_label)]
    width, height = WIDTH - LEFT - RIGHT, PLOT_HEIGHT - TOP - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        across = (log10(x) - log10(xs[0])) / (log10(xs[-1]) - log10(xs[0]))
        up = (log10(y) - log10(lowest)) / (log10(highest) - log10(lowest))
        return LEFT + across * width, TOP + (1 - up) * height

    tick = lowest
    while tick <= highest * 1.01:
        _, y = place(xs[0], tick)
        drawn += [
            f'<line x1="{LEFT}" x2="{LEFT + width}" y1="{y:.1f}" y2="{y:.1f}" stroke="{PALE}"/>',
            _text(LEFT - 8, y + 4, _number(tick), anchor="end"),
        ]
        tick *= 10
    for x in xs:
        at, _ = place(x, lowest)
        drawn.append(_text(at, TOP + height + 18, f"{x:,}", anchor="middle"))
    drawn.append(_text(LEFT + width, 26, y_label, anchor="end"))
    ends = {name: place(max(line), line[max(line)]) for name, line in points.items()}
    label_y = 0.0
    for name in sorted(ends, key=lambda name: ends[name][1]):
        line, colour = points[name], COLOURS[name]
        at = [place(x, y) for x, y in sorted(line.items())]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in at]
        # Lines that end close together have their labels one below the other.
        label_y = max(ends[name][1] + 4, label_y + LABEL_HEIGHT)
        drawn.append(_text(ends[name][0] + 10, label_y, f"{name}: {_number(line[max(line)])}", colour=colour))
    return _svg(title, PLOT_HEIGHT, drawn)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _text(x: float, y: float, words: str, *, anchor: str = "start", weight: int = 400, colour: str = INK) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">{words}</text>'


def _svg(title: str, height: float, lines_drawn: Sequence[str]) -> str:
    body = "\n".join(lines_drawn)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" '
        f'height="{height:.0f}" font-family="system-ui, sans-serif" font-size="13" role="img">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{WIDTH}" height="{height:.0f}" fill="#fff"/>\n{body}\n</svg>\n'
    )
