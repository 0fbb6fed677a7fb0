"""What the page weighs, and that its report is of this page."""

import re

from deploy import site
from docs import weight

REPORT = (site.ROOT / "docs" / "quality.md").read_text()


def test_the_first_load_stays_within_its_budget() -> None:
    assert weight.weigh(weight.first_load()).compressed <= weight.BUDGET


def test_what_is_wanted_later_is_not_in_it() -> None:
    first = set(weight.first_load())

    assert {
        "index.html",
        "app.js",
        "strings/en.js",
        "strings/ja.js",
        "clients/js/client.js",
        "style/emoji.css",
    } <= first
    assert not [address for address in first if address.startswith("emoji/")]
    assert first <= set(site.files())


def test_no_script_is_served_for_nothing() -> None:
    scripts = {address for address in site.files() if address.endswith(".js") and not address.startswith("emoji/")}

    assert scripts - set(weight.first_load()) == {site.WORKER}


def test_the_report_finds_nothing_wrong() -> None:
    screens = re.findall(
        r"^\| ([a-z][^|]+) \| (\d+) \(\d+\) \| (\d+) \(\d+\) \| (\d+) \(\d+\) \| (\d+) \(", REPORT, re.M
    )

    assert len(screens) >= 41
    assert {count for _, *counts in screens for count in counts} == {"0"}
