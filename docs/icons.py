"""Draw the icons of the installed page from its logo: `python -m docs.icons`."""

from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium

IMAGES = Path(__file__).resolve().parent.parent / "web" / "images"

# The logo's own indigo, behind it where a system wants a picture without holes.
BACKGROUND = "#3453b0"

# Pixels a side, the drawing, how much of the side it takes, and what is behind it. A system that cuts a "maskable" icon
# to its own shape keeps a circle of 80 % of the side (https://www.w3.org/TR/appmanifest/#icon-masks).
ICONS = {
    "icon-192.png": (192, "logo.svg", 0.92, "transparent"),
    "icon-512.png": (512, "logo.svg", 0.92, "transparent"),
    "icon-maskable-512.png": (512, "logo-light.svg", 0.58, BACKGROUND),
    "icon-touch-180.png": (180, "logo-light.svg", 0.68, BACKGROUND),
}


def draw(browser: Browser, name: str) -> None:
    """Draw one of them."""
    side, drawing, share, background = ICONS[name]
    page = browser.new_page(viewport={"width": side, "height": side})
    svg = (IMAGES / drawing).read_text()
    page.set_content(
        f"<style>body {{ margin: 0; height: 100vh; display: grid; place-items: center; background: {background} }}"
        f"svg {{ width: {share:.0%}; height: {share:.0%} }}</style>{svg}"
    )
    page.screenshot(path=IMAGES / name, omit_background=True)
    page.close()


def main() -> None:
    """Draw them all."""
    with sync_playwright() as playwright:
        path = chromium.find(playwright.chromium)
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.QUIET))
        for name in ICONS:
            draw(browser, name)
        browser.close()


if __name__ == "__main__":
    main()
