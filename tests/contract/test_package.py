import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from deploy import package
from deploy.package import NAMES, Name, Target
from tests import template
from tests.contract.test_routes import snake

# Libraries the Lambda runtime brings; a copy of ours would only slow down every cold start.
RUNTIME_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")


EVERY_ZIP = pytest.mark.parametrize("zip_name", NAMES)


def names(target: Target, zip_name: Name = "kaiwa") -> list[str]:
    with zipfile.ZipFile(package.build(target, zip_name)) as archive:
        return archive.namelist()


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@EVERY_ZIP
def test_native_code_for_aws_is_for_arm64_and_python_313(zip_name: Name) -> None:
    native = [name for name in names("arm64", zip_name) if Path(name).suffix in {".so", ".pyd", ".dylib"}]

    assert native
    assert all(name.endswith(".cpython-313-aarch64-linux-gnu.so") for name in native)


def test_the_zips_are_small() -> None:
    sizes = {name: package.build("arm64", name).stat().st_size for name in NAMES}
    assert sizes["kaiwa"] < 2_500_000
    assert sizes["pictures"] < 10_000_000


def test_pillow_is_where_pictures_are_made_small_and_nowhere_else() -> None:
    assert "PIL/Image.py" in names("arm64", "pictures")
    assert not [name for name in names("arm64") if name.startswith(("PIL", "pillow"))]
    with_pillow = [name for name in template.functions() if zip_of(name) == "pictures"]
    assert with_pillow == ["MakeThumbnail"]


def zip_of(function: str) -> Name:
    """Return which zip serverless.yml makes a function of."""
    artifact = template.functions()[function].get("package", template.read("serverless.yml")["package"])["artifact"]
    (name,) = (one for one in NAMES if package.artifact("arm64", one) == package.ROOT / artifact)
    return name


def test_too_large_a_zip_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(package, "artifact", lambda _target, _name: tmp_path / "kaiwa.zip")
    monkeypatch.setattr(package, "LARGEST", 1000)

    with pytest.raises(package.PackagingError, match=r"kaiwa\.zip would be .* MB; the limit is 0 MB"):
        package.build("arm64")
    assert not (tmp_path / "kaiwa.zip").exists()


@EVERY_ZIP
@pytest.mark.parametrize("target", ["arm64", "host"])
def test_what_the_runtime_brings_stays_out(target: Target, zip_name: Name) -> None:
    assert not {name.split("/")[0].removesuffix(".py") for name in names(target, zip_name)} & {*RUNTIME_LIBRARIES}


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
        monkeypatch.setattr(package, "artifact", lambda _target, _name, name=name: tmp_path / name / "kaiwa.zip")
        digests.add(digest(package.build("arm64")))

    assert len(digests) == 1


def test_a_changed_source_gives_another_zip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "core" / "word.py"
    source.parent.mkdir()
    monkeypatch.setattr(package, "artifact", lambda _target, _name: tmp_path / "kaiwa.zip")
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
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[Name, Path]:
    folders = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    for name, folder in folders.items():
        with zipfile.ZipFile(package.build("host", name)) as archive:
            archive.extractall(folder)
    return folders


def template_environment() -> dict[str, str]:
    """The variables serverless.yml gives every function, with values of no meaning, and what Lambda itself sets."""
    template = (package.ROOT / "serverless.yml").read_text()
    names = re.findall(r"^    ([A-Z][A-Z_]+):", template, flags=re.MULTILINE)
    meant = {"POWERTOOLS_LOG_LEVEL": "INFO", "LIMITS": "{}"}
    return {name: meant.get(name, "1") for name in names} | {"AWS_REGION": "us-east-1"}


@pytest.mark.parametrize("function", template.functions())
def test_a_function_needs_nothing_but_its_zip_and_the_runtime(
    function: str, unpacked: dict[Name, Path], runtime: Path
) -> None:
    handler, folder = f"handlers.{snake(function)}", unpacked[zip_of(function)]
    # Without site-packages (-S) and the environment (-I), whatever the zip lacks is missing here too.
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT, handler, str(folder), str(runtime)],
        env=template_environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == ""
