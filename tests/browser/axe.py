"""What axe-core finds wrong with what a window shows (https://github.com/dequelabs/axe-core)."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

# Everything that WCAG 2.2 asks for at the levels A and AA, and what axe calls good practice.
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

RUN = """async ({ tags, rule }) => {
    // What has just changed its colours has them at the next frame.
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const runOnly = rule ? { type: "rule", values: [rule] } : { type: "tag", values: tags };
    const { violations, passes, incomplete } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
    return {
        violations: violations.map(({ id, help, nodes }) => ({
            id, help, nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`),
        })),
        passes: passes.length,
    };
}"""


@cache
def script() -> str:
    """Return axe itself."""
    return SCRIPT.read_text()


def examine(page: Page, rule: str | None = None) -> dict[str, Any]:
    """Return the violations of all rules, or of one, and how many rules were kept."""
    if not page.evaluate("globalThis.axe !== undefined"):
        page.evaluate(script())
    result: dict[str, Any] = page.evaluate(RUN, {"tags": RULES, "rule": rule})
    return result
