"""The client libraries against what they promise: few bytes, no dependency, packages that install."""

import gzip
import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests import template

CLIENTS = template.ROOT / "clients"
JAVASCRIPT = CLIENTS / "js"
PYTHON = CLIENTS / "python"
BINARIES = template.ROOT / "node_modules" / ".bin"

MOST_BYTES = 15_000
"""Of the JavaScript library, calls included, minified and compressed."""


def run(*command: str | Path, folder: Path = template.ROOT) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_javascript_library_is_small() -> None:
    bundle = run(
        BINARIES / "esbuild", JAVASCRIPT / "index.js", "--bundle", "--minify", "--format=esm", "--target=es2022"
    )
    assert len(gzip.compress(bundle.encode(), 9)) < MOST_BYTES


def test_the_javascript_library_needs_nothing() -> None:
    described = json.loads((JAVASCRIPT / "package.json").read_text())
    assert not {"dependencies", "peerDependencies", "optionalDependencies", "private"} & described.keys()


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the package is installed, from the tarball that npm would publish."""
    folder = tmp_path_factory.mktemp("consumer")
    (tarball,) = json.loads(run("npm", "pack", "--json", "--pack-destination", folder, folder=JAVASCRIPT))
    (folder / "package.json").write_text('{"type": "module"}')
    packed = folder / "node_modules" / "@kaiwa" / "client"
    packed.mkdir(parents=True)
    shutil.unpack_archive(folder / tarball["filename"], folder)
    (folder / "package").rename(packed)
    return folder


def test_the_javascript_package_holds_the_library_and_nothing_else(consumer: Path) -> None:
    packed = consumer / "node_modules" / "@kaiwa" / "client"
    modules = {module.name for module in JAVASCRIPT.glob("*.js")}
    assert {found.name for found in packed.iterdir()} == {*modules, "types", "LICENSE", "README.md", "package.json"}
    assert {found.name for found in (packed / "types").iterdir()} == {f"{Path(one).stem}.d.ts" for one in modules}


def test_the_javascript_package_works_where_it_is_installed(consumer: Path) -> None:
    (consumer / "use.js").write_text('import { Client } from "@kaiwa/client";\nconsole.log(typeof Client);\n')
    assert run("node", "use.js", folder=consumer) == "function\n"


def test_the_types_hold_for_who_uses_them(consumer: Path) -> None:
    (consumer / "use.ts").write_text(
        """
        import { Account, Api, Client, Session } from "@kaiwa/client";
        const session = new Session();
        const api = new Api({ url: "https://api.example.com", session });
        await new Account(api).logIn({ email: "ann@example.com", password: "p" });
        const client = new Client({ url: "https://api.example.com", session });
        const { people } = await client.people.find("bob");
        const chat = await client.startDirectChat(people[0].userId);
        client.send(chat.chatId, "Hello");
        for await (const event of client.events()) console.log(event.type);
        // @ts-expect-error: a chat's id is a text.
        client.send(7, "Hello");
        """
    )
    options = [
        "--module",
        "nodenext",
        "--target",
        "es2024",
        "--lib",
        "es2024,dom,dom.iterable",
        "--types",
        "",
        "--strict",
    ]
    run(BINARIES / "tsc", *options, "--noEmit", "use.ts", folder=consumer)


def test_the_licences_agree() -> None:
    licence = (template.ROOT / "LICENSE").read_text()
    assert [(folder / "LICENSE").read_text() for folder in (JAVASCRIPT, PYTHON)] == [licence] * 2


def test_the_python_package_needs_two_others_alone() -> None:
    described = tomllib.loads((PYTHON / "pyproject.toml").read_text())["project"]
    assert [requirement.split(">")[0] for requirement in described["dependencies"]] == ["httpx", "websockets"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python package as pip would get it: built from its source archive, as PyPI's would be."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, folder=PYTHON)
    (archive,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(archive, folder, filter="data")
    (source,) = (one for one in folder.iterdir() if one.is_dir())
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, folder=source)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_library_and_its_types(wheel: Path) -> None:
    packed = set(zipfile.ZipFile(wheel).namelist())
    modules = {str(one.relative_to(PYTHON)) for one in (PYTHON / "kaiwa").rglob("*.py")}
    about = "kaiwa-0.1.0.dist-info"
    known = {f"{about}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")}
    assert packed == {*modules, "kaiwa/py.typed", *known}


def test_the_wheel_brings_a_command_that_works(wheel: Path, tmp_path: Path) -> None:
    """In an interpreter of its own. What it needs is taken from here: pip finds the same on PyPI."""
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); import kaiwa.__main__ as command; print(command.__file__)"
    found = run(sys.executable, "-c", f"{code}; sys.argv[0] = 'kaiwa'; command.main()", site, "chat", "--help")
    assert found.startswith(str(site))
    assert "--register" in found
