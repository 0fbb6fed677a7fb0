import _imp
import hashlib
import importlib.util
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import package
from deploy.package import NAMES, Name, Target
from tests import compiled, template
from tests.contract.conftest import RUNTIME_LIBRARIES, Imported, zip_of

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
    assert sizes["kaiwa"] < 4_500_000
    assert sizes["pictures"] < 12_500_000


def test_pillow_is_where_pictures_are_made_small_and_nowhere_else() -> None:
    assert "PIL/Image.py" in names("arm64", "pictures")
    assert not [name for name in names("arm64") if name.startswith(("PIL", "pillow"))]
    with_pillow = [name for name in template.functions() if zip_of(name) == "pictures"]
    # The audit takes what lies beside it for what is deployed, so it has all that any function has.
    assert with_pillow == ["MakeThumbnail", "AuditStack"]
    assert all(set(libraries) <= set(NAMES[zip_of("AuditStack")]) for libraries in NAMES.values())


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
    assert not [name for name in names("arm64") if name.startswith(("tests", "local"))]


MAGIC = {"arm64": 3571, "host": int.from_bytes(importlib.util.MAGIC_NUMBER[:2], "little")}
"""What tells the bytecode of a version of Python: 3571 is that of every 3.13 (CPython's pycore_magic_number.h)."""

UNCHECKED = 1
"""The flags of bytecode that is taken without a look at its source (PEP 552)."""


@EVERY_ZIP
@pytest.mark.parametrize("target", ["arm64", "host"])
def test_every_module_has_bytecode_that_the_functions_take(target: Target, zip_name: Name) -> None:
    tag = "cpython-313" if target == "arm64" else sys.implementation.cache_tag
    with zipfile.ZipFile(package.build(target, zip_name)) as archive:
        modules = [name for name in archive.namelist() if name.endswith(".py")]
        assert len([name for name in archive.namelist() if name.endswith(".pyc")]) == len(modules)
        for name in modules:
            source = archive.read(name)
            path = Path(name)
            bytecode = archive.read((path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").as_posix())
            assert int.from_bytes(bytecode[:2], "little") == MAGIC[target], name
            assert int.from_bytes(bytecode[4:8], "little") == UNCHECKED, name
            # What importlib.util.source_hash does, for another version's magic number than this interpreter's.
            assert bytecode[8:16] == _imp.source_hash(int.from_bytes(bytecode[:4], "little"), source), name


def test_what_is_no_python_is_not_packaged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source = tmp_path / "core" / "word.py"
    source.parent.mkdir()
    source.write_text("WORD = \n")
    monkeypatch.setattr(package, "artifact", lambda _target, _name: tmp_path / "kaiwa.zip")
    monkeypatch.setattr(package, "_sources", lambda: iter([("core/word.py", source)]))

    for target in ("arm64", "host"):
        with pytest.raises(package.PackagingError, match="Cannot compile"):
            package.build(target)


def test_the_same_sources_give_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    digests = set()
    for name in ("first", "second"):
        monkeypatch.setattr(package, "artifact", lambda _target, _name, name=name: tmp_path / name / "kaiwa.zip")
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
    monkeypatch.setattr(package, "artifact", lambda _target, _name: tmp_path / "kaiwa.zip")
    monkeypatch.setattr(package, "_sources", lambda: iter([("core/word.py", source)]))

    source.write_text("WORD = 1\n")
    first = digest(package.build("host"))
    source.write_text("WORD = 2\n")

    assert digest(package.build("host")) != first


@pytest.mark.parametrize("function", template.functions())
def test_a_function_needs_nothing_but_its_zip_and_the_runtime(
    function: str, imported: Callable[[str], Imported]
) -> None:
    assert [place for place in imported(function).values() if "site-packages" in place] == []
