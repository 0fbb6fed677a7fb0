"""Compile Python files to bytecode, for the interpreter that this runs on.

Lambda unpacks the zip where nothing can be written, so without bytecode in it every cold start compiles every module
anew. What is written here says that it need not be compared with its source (PEP 552): in a zip whose files are all of
1980 a comparison of times could only fail. An interpreter of another version does not read it, and compiles as before.
"""

import importlib.util
import py_compile
from pathlib import Path


def compile_all(folder: str, into: str) -> None:
    """Compile every module below a folder.

    Args:
        folder: What to compile.
        into: Where to write it, each file where an import looks for it.

    Raises:
        PyCompileError: A file is no Python.
    """
    for source in sorted(Path(folder).rglob("*.py")):
        name = source.relative_to(folder)
        compiled = Path(into) / importlib.util.cache_from_source(str(name))
        py_compile.compile(
            str(source),
            cfile=str(compiled),
            dfile=str(name),
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
