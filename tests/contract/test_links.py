"""Every link of a page to another file leads to one."""

import re
import subprocess

import pytest

from tests.template import ROOT

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
PAGES = sorted(listed.stdout.split())


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    broken = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert broken == []
