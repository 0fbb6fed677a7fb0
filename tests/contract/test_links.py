"""Every link of a page to another file leads to one."""

import re
import subprocess

import pytest

from tests.template import ROOT

LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")

listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
# bench/performance.md is what docs/performance.md is made of, and its links are meant from there.
PAGES = sorted({*listed.stdout.split()} - {"bench/performance.md"})


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    broken = [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()]
    assert broken == []
