"""Build the Lambda zips: our five packages and the libraries the Lambda runtime does not bring, with their bytecode.

One zip serves all functions but those that work on pictures. Theirs holds Pillow besides, which the others need not
unpack at every cold start.

The same sources and pins give the same bytes. Libraries are fetched and compiled once per set of pins and kept under
`.build/vendor/`, so a second build needs no network.
"""

import argparse
import fcntl
import hashlib
import os
import platform
import py_compile
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from deploy.bytecode import compile_all

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"

SOURCES = ("adapters", "core", "domain", "handlers", "models")

# What these need beyond each other (boto3 and its family) is in every Lambda Python runtime already.
LIBRARIES = ("aws-lambda-powertools", "httptools", "msgspec", "pynamodb", "typing-extensions", "websockets")

Name = Literal["kaiwa", "pictures"]

# serverless.yml says which function is made of which.
NAMES: dict[Name, tuple[str, ...]] = {"kaiwa": LIBRARIES, "pictures": (*LIBRARIES, "pillow")}

# Kept well below Lambda's own limit of 50 MB: every cold start unpacks the whole zip.
LARGEST = 12_500_000

# The earliest time a zip can hold; a real one would change the bytes with every build.
TIMESTAMP = (1980, 1, 1, 0, 0, 0)

# Written by pip, different on every machine and of no use at run time.
INSTALLER_NOTES = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}

# python3.13 on arm64 is Amazon Linux 2023 with glibc 2.34, so wheels for any older glibc run on it.
PYTHON = "3.13"
ARM64_WHEELS = (
    *("--platform", "manylinux_2_28_aarch64"),
    *("--platform", "manylinux_2_17_aarch64"),
    *("--platform", "manylinux2014_aarch64"),
    *("--implementation", "cp", "--python-version", PYTHON),
)

Target = Literal["arm64", "host"]


class PackagingError(Exception):
    """The zip cannot be built; the message is one line for the person who asked for it."""


def artifact(target: Target, name: Name = "kaiwa") -> Path:
    """Return where a zip for a target is built."""
    return (BUILD if target == "arm64" else BUILD / "host") / f"{name}.zip"


def build(target: Target, name: Name = "kaiwa") -> Path:
    """Build a zip for a target, unless the present one holds the very same files.

    Args:
        target: "arm64" for AWS, "host" for this machine's own interpreter.
        name: Which.

    Returns:
        The path of the zip.

    Raises:
        PackagingError: A library cannot be fetched, or the zip is too large.
    """
    path = artifact(target, name)
    libraries = list(_files(_vendor(target, name)))
    sources = list(_sources())
    digest = _digest([*libraries, *sources])
    stamp = path.with_suffix(".sha256")
    if path.exists() and stamp.exists() and stamp.read_text() == digest:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        bytecode = _compiled(target, sources, Path(folder))
        _write_zip(path, [*libraries, *sources, *bytecode])
    if path.stat().st_size > LARGEST:
        size = path.stat().st_size
        path.unlink()
        raise PackagingError(f"{path.name} would be {size / 1e6:.1f} MB; the limit is {LARGEST / 1e6:.0f} MB.")
    stamp.write_text(digest)
    return path


def build_all(target: Target) -> list[Path]:
    """Build every zip for a target.

    Raises:
        PackagingError: A library cannot be fetched, or a zip is too large.
    """
    return [build(target, name) for name in NAMES]


@contextmanager
def turn() -> Iterator[None]:
    """Wait until nobody else works with osls here: whatever it makes, it keeps in `.serverless` meanwhile."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "osls.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pins(name: Name = "kaiwa") -> list[str]:
    """Return the exact requirements of the libraries in a zip, as requirements.lock has them."""
    locked = {}
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        library, separator, version = line.partition("==")
        if separator:
            locked[library.lower().replace("_", "-")] = version
    return [f"{library}=={locked[library]}" for library in NAMES[name]]


def _sources() -> Iterator[tuple[str, Path]]:
    for package in SOURCES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path


def _compiled(target: Target, sources: list[tuple[str, Path]], folder: Path) -> list[tuple[str, Path]]:
    """Return the bytecode of our own packages, which is written into a folder."""
    for name, source in sources:
        copied = folder / "sources" / name
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copied)
    (folder / "bytecode").mkdir()
    _compile(target, folder / "sources", folder / "bytecode")
    return list(_files(folder / "bytecode"))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _digest(files: list[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files):
        digest.update(f"{name}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_zip(path: Path, files: list[tuple[str, Path]]) -> None:
    """Write a zip beside its place and move it there, so that nobody reads half a zip."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w") as archive:
        for name, source in sorted(files):
            entry = zipfile.ZipInfo(name, TIMESTAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            # The zip's default would be the machine's own: Unix, readable by everybody.
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, source.read_bytes(), compresslevel=9)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


def _vendor(target: Target, name: Name) -> Path:
    """Return the folder of installed libraries for a zip, installing them when the pins are new."""
    wanted = pins(name)
    key = hashlib.sha256("\n".join([*wanted, *_interpreter(target), _compiler()]).encode()).hexdigest()[:16]
    folder = BUILD / "vendor" / f"{target}-{key}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            _install(wanted, draft, ARM64_WHEELS if target == "arm64" else ())
            _prune(draft)
            _compile(target, draft, draft)
            if not folder.exists():
                draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return folder


def _interpreter(target: Target) -> tuple[str, ...]:
    if target == "arm64":
        return ARM64_WHEELS
    return (platform.system(), platform.machine(), sys.implementation.cache_tag)


def _compiler() -> str:
    return "".join((ROOT / name).read_text() for name in ("deploy/bytecode.py", "deploy/bytecode.mjs", "package.json"))


def _install(requirements: list[str], folder: Path, options: tuple[str, ...]) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-compile",
    ]
    command += ["--only-binary", ":all:", "--target", str(folder), *options, *requirements]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        raise PackagingError(f"Cannot fetch the libraries of the zip: {lines[-1].removeprefix('ERROR: ')}")


def _compile(target: Target, folder: Path, into: Path) -> None:
    """Write the bytecode of a folder's modules, for the interpreter of the target.

    Raises:
        PackagingError: A module is no Python, or that interpreter is not there.
    """
    if target == "host":
        try:
            compile_all(str(folder), str(into))
        except py_compile.PyCompileError as error:
            raise PackagingError(f"Cannot compile: {error.exc_value}") from error
        return
    command = ["node", str(ROOT / "deploy" / "bytecode.mjs"), PYTHON, str(folder), str(into)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if "Error" in line] or ["node failed"]
        raise PackagingError(f"Cannot compile for Python {PYTHON}: {lines[-1].strip()}")


def _prune(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for path in list(folder.rglob("*")):
        if path.name in INSTALLER_NOTES and path.parent.suffix == ".dist-info":
            path.unlink()


def main() -> int:
    """Build the zips the command line asks for and say how large they are."""
    parser = argparse.ArgumentParser(prog="python -m deploy.package", description="Build the Lambda zips.")
    parser.add_argument("--target", choices=("arm64", "host"), default="arm64")
    target: Target = parser.parse_args().target
    try:
        paths = build_all(target)
    except PackagingError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.2f} MB for {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
