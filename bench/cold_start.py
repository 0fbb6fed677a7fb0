"""What a function does before its first event: time, memory and modules, beside ``import boto3`` and one client.

Each starts in an interpreter of its own, from the zip and what Lambda's runtime brings, in turns: the median counts.
The interpreter's own start is in none of the times, and in all of the memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import boto3

from bench.environment import ENVIRONMENT
from deploy import package
from tests import template

TURNS = 7
YARDSTICK = "import boto3, and a client for DynamoDB"
UNCOMPILED = "SendMessage, without bytecode"

HOT = ("Authorize", "Connect", "SendMessage", "StartCall", "SendSignal")
"""The functions that somebody waits for."""

BROUGHT = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3")
"""What Lambda's runtime brings."""

PROGRAM = """
import sys, time
sys.path[:0] = sys.argv[2:]
wall, own = time.perf_counter(), time.process_time()
exec(sys.argv[1])
own, wall = time.process_time() - own, time.perf_counter() - wall
resident = next(line for line in open("/proc/self/status") if line.startswith("VmRSS"))
import json
print(json.dumps([own * 1000, wall * 1000, int(resident.split()[1]) / 1024, len(sys.modules)]))
"""


@dataclass
class Start:
    """What was measured of one function.

    Attributes:
        processor: Milliseconds of a processor's time.
        wall: Milliseconds that passed.
        megabytes: Of memory, when it is ready.
        modules: Imported until then.
    """

    processor: float
    wall: float
    megabytes: float
    modules: float


def measure() -> dict[str, Start]:
    """Measure every function of serverless.yml, the yardstick, and one function without bytecode."""
    with tempfile.TemporaryDirectory(prefix="kaiwa-bench-") as directory:
        folders = {name: Path(directory) / name for name in (*package.NAMES, "uncompiled")}
        for name in package.NAMES:
            with zipfile.ZipFile(package.build("host", name)) as archive:
                archive.extractall(folders[name])
        with zipfile.ZipFile(package.build("host")) as archive:
            sources = [name for name in archive.namelist() if not name.endswith(".pyc")]
            archive.extractall(folders["uncompiled"], sources)
        runtime = _runtime(Path(directory) / "runtime")
        programs = {YARDSTICK: ("import boto3; boto3.client('dynamodb')", folders["kaiwa"])}
        for function, described in template.functions().items():
            module = described["handler"].replace("/", ".").removesuffix(".handler")
            picture = "pictures" in described.get("package", {}).get("artifact", "")
            programs[function] = (f"import {module}", folders["pictures" if picture else "kaiwa"])
        programs[UNCOMPILED] = (programs["SendMessage"][0], folders["uncompiled"])
        taken: dict[str, list[list[float]]] = {name: [] for name in programs}
        for _ in range(TURNS):
            for name, (program, folder) in programs.items():
                taken[name].append(_start(program, folder, runtime))
    return {name: Start(*(median(column) for column in zip(*rows, strict=True))) for name, rows in taken.items()}


def _start(program: str, folder: Path, runtime: Path) -> list[float]:
    command = [sys.executable, "-I", "-S", "-B", "-c", PROGRAM, program, str(folder), str(runtime)]
    done = subprocess.run(command, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    told: list[float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _runtime(folder: Path) -> Path:
    folder.mkdir()
    installed = Path(boto3.__file__).parent.parent
    for name in BROUGHT:
        (folder / name).symlink_to(installed / name)
    return folder
