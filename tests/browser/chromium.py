"""Where a Chromium is on this machine."""

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

HOW_TO_GET_ONE = "No Chromium found: `apt install chromium`, or `.venv/bin/playwright install chromium`."

# Nothing that a page did not ask for goes over the network.
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

# A camera and a microphone that every page may use: a green picture, and a beep each second.
FAKE_MEDIA = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--auto-select-desktop-capture-source=Entire screen",
)


def find(kind: BrowserType) -> str:
    """Return the path of a Chromium: the system's, or else Playwright's own.

    Without one the tests are skipped, and say so; where CI is set they fail, for there it was promised.
    """
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if Path(kind.executable_path).exists():
        return kind.executable_path
    if os.environ.get("CI") == "true":
        pytest.fail(HOW_TO_GET_ONE)
    pytest.skip(HOW_TO_GET_ONE)
