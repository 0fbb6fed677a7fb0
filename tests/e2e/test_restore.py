"""What people wrote is lost and brought back, as `make rehearse-restore` does it, on a stack of its own."""

from pathlib import Path

from local import ports, rehearsal
from local.stack import Stack


def test_what_was_lost_comes_back(tmp_path: Path) -> None:
    with Stack(tmp_path, ports.free(), ["http://127.0.0.1:8080"]) as stack:
        rehearsal.rehearse(stack)
