"""`make quality`: examine every screen of the page, weigh what it loads, and write docs/quality.md anew."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import httpx
from playwright.sync_api import Browser, expect, sync_playwright

from deploy import site
from docs import weight
from docs.weight import Weight
from local import ports, progress, web
from local.errors import LocalError
from local.stack import Stack
from tests.browser import axe, chromium
from tests.browser.conftest import PATIENCE, USUAL
from tests.browser.tour import Tour
from tests.browser.window import Window
from tests.e2e.people import TIMEOUT

REPORT = Path(__file__).with_suffix(".md")
LOCALES = {"en": "en-GB", "ja": "ja-JP"}
SCHEMES = ("light", "dark")

TEMPLATE = """# Quality of the page

Made by `make quality` on {date}, with axe-core {axe} in Chromium {chromium}. The same screens are examined by
`tests/browser/test_screens.py`, which also sees that each of them fits into a phone's window and speaks one language.

## Usable by everybody

Violations of the rules for WCAG 2.2 at the levels A and AA and of axe's good practices, by language and colour scheme;
in brackets how many rules had something to look at.

| screen | {columns} |
|---|{lines}|
{screens}

{verdict}

## How much is loaded

What the page loads before anyone has done anything, each file compressed by itself as it crosses the line. There is no
build step: these are the files of `web/` and `clients/js/`. A service worker keeps them, so all visits but the first
load nothing of it.

| | files | bytes | compressed |
|---|---:|---:|---:|
{loads}

Emoji come when somebody wants one: {later.compressed:,} bytes for both languages. The budget for the first load is
{budget:,} bytes, and a test keeps it.
"""


class Finding(NamedTuple):
    """What axe says of one screen in one language and one scheme."""

    violations: list[str]
    passes: int


Findings = dict[str, dict[tuple[str, str], Finding]]


def examine(browser: Browser, web_url: str, http: httpx.Client) -> Findings:
    """Return what axe says of every screen, by its name."""
    found: Findings = {}
    for language, locale in LOCALES.items():
        context = browser.new_context(**{**USUAL, "locale": locale, "reduced_motion": "reduce"})
        context.set_default_timeout(PATIENCE)
        tour = Tour(Window(context, web_url), http, language)
        with progress.step(f"screens in {language}"):
            for screen in tour.screens():
                for scheme in SCHEMES:
                    tour.page.emulate_media(color_scheme=scheme)
                    result = axe.examine(tour.page)
                    names = [violation["id"] for violation in result["violations"]]
                    found.setdefault(screen, {})[language, scheme] = Finding(names, result["passes"])
        context.close()
    return found


def render(found: Findings, version: str) -> str:
    """Return the report."""
    columns = [(language, scheme) for language in LOCALES for scheme in SCHEMES]
    rows = [
        f"| {screen} | " + " | ".join(_cell(findings[column]) for column in columns) + " |"
        for screen, findings in found.items()
    ]
    wrong = sum(len(finding.violations) for findings in found.values() for finding in findings.values())
    first = weight.first_load()
    loads = {**weight.by_kind(first), "**all**": weight.weigh(first)}
    later = [address for address in site.files() if address.startswith("emoji/")]
    package = json.loads((axe.SCRIPT.parent / "package.json").read_text())
    return TEMPLATE.format(
        date=datetime.now(UTC).date(),
        axe=package["version"],
        chromium=version.partition(".")[0],
        columns=" | ".join(f"{language}, {scheme}" for language, scheme in columns),
        lines="|".join("---:" for _ in columns),
        screens="\n".join(rows),
        verdict=f"{len(found)} screens, {wrong or 'no'} violations.",
        loads="\n".join(_load(kind, load) for kind, load in loads.items()),
        later=weight.weigh(later),
        budget=weight.BUDGET,
    )


def _cell(finding: Finding) -> str:
    return f"{', '.join(finding.violations) or '0'} ({finding.passes})"


def _load(kind: str, load: Weight) -> str:
    return f"| {kind} | {load.files} | {load.raw:,} | {load.compressed:,} |"


@contextmanager
def page() -> Iterator[tuple[str, httpx.Client]]:
    """A stack with the page in front of it, for as long as it takes."""
    port = ports.free()
    with (
        tempfile.TemporaryDirectory(prefix="kaiwa-quality-") as directory,
        Stack(Path(directory), ports.free(), [f"http://{ports.HOST}:{port}"], progress.step) as stack,
        httpx.Client(base_url=stack.endpoints.api_url, timeout=TIMEOUT) as http,
    ):
        web.serve(port, stack.endpoints.api_url, stack.endpoints.socket_url, stack.aws_endpoint)
        yield f"http://{ports.HOST}:{port}", http


def main() -> int:
    """Write the report, and return 1 if something is wrong."""
    try:
        with page() as (web_url, http), sync_playwright() as playwright:
            path = chromium.find(playwright.chromium)
            browser = playwright.chromium.launch(executable_path=path, args=[*chromium.QUIET, *chromium.FAKE_MEDIA])
            expect.set_options(timeout=PATIENCE)
            found = examine(browser, web_url, http)
            REPORT.write_text(render(found, browser.version))
            browser.close()
    except LocalError as error:
        raise SystemExit(f"kaiwa: {error}") from None
    is_light = weight.weigh(weight.first_load()).compressed <= weight.BUDGET
    return 0 if is_light and not any(each.violations for one in found.values() for each in one.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
