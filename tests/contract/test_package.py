import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy import package
from deploy.package import Target
from tests import compiled

# Libraries the Lambda runtime brings; a copy of ours would only slow down every cold start.
RUNTIME_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


def names(target: Target) -> list[str]:
    with zipfile.ZipFile(package.build(target)) as archive:
        return archive.namelist()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_native_code_for_aws_is_for_arm64_and_python_313() -> None:
    native = [name for name in names("arm64") if Path(name).suffix in {".so", ".pyd", ".dylib"}]

    assert native
    assert all(name.endswith(".cpython-313-aarch64-linux-gnu.so") for name in native)


def test_the_zip_is_small() -> None:
    assert package.build("arm64").stat().st_size < 10_000_000


def test_too_large_a_zip_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(package, "artifact", lambda _target: tmp_path / "kaiwa.zip")
    monkeypatch.setattr(package, "LARGEST", 1000)

    with pytest.raises(package.PackagingError, match=r"kaiwa\.zip would be .* MB; the limit is 0 MB"):
        package.build("arm64")
    assert not (tmp_path / "kaiwa.zip").exists()


@pytest.mark.parametrize("target", ["arm64", "host"])
def test_what_the_runtime_brings_stays_out(target: Target) -> None:
    assert not {name.split("/")[0].removesuffix(".py") for name in names(target)} & {*RUNTIME_LIBRARIES}


def test_our_packages_are_whole() -> None:
    sources = {
        path.relative_to(package.ROOT).as_posix()
        for folder in package.SOURCES
        for path in (package.ROOT / folder).rglob("*.py")
    }

    assert sources <= set(names("arm64"))
    assert not [name for name in names("arm64") if "__pycache__" in name or name.startswith(("tests", "local"))]


def test_the_same_sources_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digests = set()
    for name in ("first", "second"):
        monkeypatch.setattr(package, "artifact", lambda _target, name=name: tmp_path / name / "kaiwa.zip")
        digests.add(digest(package.build("arm64")))

    assert len(digests) == 1


def test_the_same_sources_give_the_same_template(tmp_path: Path) -> None:
    """Built at two moments: nothing of the time of building is in it."""
    first, second = (compiled.written(tmp_path / name, SOURCE_DATE_EPOCH="1795000000") for name in ("first", "second"))
    assert digest(first) == digest(second)
    assert digest(first) != digest(compiled.written(tmp_path / "third", SOURCE_DATE_EPOCH="1795000001"))


def test_a_changed_source_gives_another_zip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "core" / "word.py"
    source.parent.mkdir()
    monkeypatch.setattr(package, "artifact", lambda _target: tmp_path / "kaiwa.zip")
    monkeypatch.setattr(package, "_sources", lambda: iter([("core/word.py", source)]))

    source.write_text("WORD = 1\n")
    first = digest(package.build("host"))
    source.write_text("WORD = 2\n")

    assert digest(package.build("host")) != first


IMPORT = """
import sys
sys.path[:0] = sys.argv[2:]
module = __import__(sys.argv[1], fromlist=["handler"])
assert callable(module.handler)
outside = [name for name, loaded in sys.modules.items() if "site-packages" in (getattr(loaded, "__file__", None) or "")]
print(*sorted(outside))
"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the libraries the Lambda runtime brings."""
    import boto3  # noqa: PLC0415

    installed = Path(boto3.__file__).parent.parent
    folder = tmp_path_factory.mktemp("runtime")
    for library in RUNTIME_LIBRARIES:
        entry = installed / library
        (folder / library if entry.exists() else folder / f"{library}.py").symlink_to(
            entry if entry.exists() else installed / f"{library}.py"
        )
    return folder


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(package.build("host")) as archive:
        archive.extractall(folder)
    return folder


def template_environment() -> dict[str, str]:
    """The variables serverless.yml gives every function, with values of no meaning, and what Lambda itself sets."""
    template = (package.ROOT / "serverless.yml").read_text()
    names = re.findall(r"^    ([A-Z][A-Z_]+):", template, flags=re.MULTILINE)
    meant = {"POWERTOOLS_LOG_LEVEL": "INFO", "LIMITS": "{}"}
    return {name: meant.get(name, "1") for name in names} | {"AWS_REGION": "us-east-1"}


HANDLERS = sorted(path.stem for path in (package.ROOT / "handlers").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_handler_needs_nothing_but_the_zip_and_the_runtime(handler: str, unpacked: Path, runtime: Path) -> None:
    # Without site-packages (-S) and the environment (-I), whatever the zip lacks is missing here too.
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT, f"handlers.{handler}", str(unpacked), str(runtime)],
        env=template_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""


def test_there_are_handlers_to_import() -> None:
    assert HANDLERS
