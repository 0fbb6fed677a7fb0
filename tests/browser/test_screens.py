"""Every screen in both languages: usable by everybody, in words of that language alone, and within the window."""

import re
from collections.abc import Callable

import httpx
import pytest

from tests.browser import axe
from tests.browser.conftest import PHONE, WIDE
from tests.browser.tour import LINES, Tour
from tests.browser.window import Window

Open = Callable[..., Window]

LOCALES = {"en": "en-GB", "ja": "ja-JP"}

# Everything that is read or heard, without what people have written themselves, and the names that Unicode gives.
SAID = """() => {
    const said = [];
    const isShown = (node) => node.checkVisibility({ visibilityProperty: true });
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeType === Node.TEXT_NODE) {
            const parent = node.parentElement;
            if (isShown(parent) && !parent.closest(".text, .quote-text, option, script, .mail, .announcements"))
                said.push(node.data);
        } else if (isShown(node) && !node.dataset.emoji) {
            for (const name of ["aria-label", "title", "placeholder", "alt"])
                if (node.hasAttribute(name)) said.push(node.getAttribute(name));
        }
    }
    return [...said, document.title].map((text) => text.trim()).filter(Boolean);
}"""

# What stands in Latin letters in Japanese too.
NAMES = ("Kaiwa", "Language", "example.com", "plan.png", "qqq", "zz-nobody")
WRITTEN = (*LINES, "Shall we?", "never mind", "Yes!", "Not yet", "I bring the lanterns.")


@pytest.mark.parametrize("language", LOCALES)
def test_every_screen(open_window: Open, http: httpx.Client, language: str) -> None:
    window = open_window(locale=LOCALES[language], reduced_motion="reduce")
    tour = Tour(window, http, language)
    seen = set()
    for screen in tour.screens():
        seen.add(screen)
        check(tour, screen, language)
    assert len(seen) >= 41
    assert window.page.evaluate("document.documentElement.lang") == language
    window.refusals.clear()


def check(tour: Tour, screen: str, language: str) -> None:
    page = tour.page
    for scheme, rule in {"light": None, "dark": "color-contrast"}.items():
        page.emulate_media(color_scheme=scheme)
        assert axe.examine(page, rule)["violations"] == [], (screen, scheme)
    for viewport in (PHONE["viewport"], WIDE):
        page.set_viewport_size(viewport)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), screen
    if language == "ja":
        assert [text for text in map(tour_words(tour), page.evaluate(SAID)) if re.search("[A-Za-z]{2}", text)] == [], (
            screen
        )
    else:
        assert [text for text in page.evaluate(SAID) if re.search("[ぁ-ん]", text) and "夏祭り" not in text] == [], (
            screen
        )


def tour_words(tour: Tour) -> Callable[[str], str]:
    """Take out of a text what people have written, or are called."""

    def without(text: str) -> str:
        for name in (*tour.known, *WRITTEN, *NAMES):
            text = text.replace(name, "")
        return text

    return without
