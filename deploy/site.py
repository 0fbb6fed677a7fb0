"""The page as it is served: which files belong to it, and what is written into them for a stack.

There is no build step. Three things are said where the page is served, because only there they are known: config.json
tells where the API is, index.html allows requests to there and nowhere else, and the service worker has the list of all
files, so that it keeps those of one version and never a mixture.

`python -m deploy.site FOLDER API_URL OTHER_URLS` writes all of it for a host of your own.
"""

import base64
import hashlib
import json
import posixpath
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "web"
LIBRARY = ROOT / "clients" / "js"
LIBRARY_PREFIX = "clients/js/"
# What of the library the page never loads.
NOT_SERVED = {"fake", "test", "node_modules"}

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}

START = "index.html"
CONFIG = "config.json"
WORKER = "service_worker.js"
VERSION_LENGTH = 16

SCRIPT = re.compile(r'<script[^>]* src="([^"]+)"')
IMPORTED = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";', re.MULTILINE)


def files() -> dict[str, Path]:
    """Return every file of the page by its address, which begins without a slash."""
    pages = {path.relative_to(PAGES).as_posix(): path for path in PAGES.rglob("*") if path.suffix in TYPES}
    library = {
        f"{LIBRARY_PREFIX}{path.relative_to(LIBRARY).as_posix()}": path
        for path in LIBRARY.rglob("*.js")
        if not NOT_SERVED & set(path.relative_to(LIBRARY).parts)
    }
    return dict(sorted({**pages, **library}.items()))


def contents(config: Mapping[str, Any], hosts: list[str]) -> dict[str, bytes]:
    """Return everything to serve by its address.

    Args:
        config: What config.json says.
        hosts: Addresses of the API, the socket and the bucket for files: the page may ask these, besides its own.
    """
    found = {address: path.read_bytes() for address, path in files().items()}
    found[START] = start(found[START].decode(), hosts)
    found[CONFIG] = json.dumps(config).encode()
    found[WORKER] = worker(found)
    return found


def scripts(page: str) -> list[str]:
    """Return the addresses of the scripts that a page loads at once, and of all that they import."""
    found = files()
    wanted = SCRIPT.findall(page)
    seen: dict[str, None] = {}
    while wanted:
        address = wanted.pop(0)
        if address not in seen:
            seen[address] = None
            text = found[address].read_text()
            wanted += [
                posixpath.normpath(posixpath.join(posixpath.dirname(address), other))
                for other in IMPORTED.findall(text)
            ]
    return list(seen)


def start(page: str, hosts: list[str]) -> bytes:
    """Return the start page with a policy that allows requests to these hosts alone, and with all scripts named.

    Otherwise a browser learns of each script from the one that imports it, and asks for them one turn after another.
    """
    origins = dict.fromkeys(f"{url.scheme}://{url.netloc}" for url in map(urlsplit, hosts))
    changed, count = re.subn(r"connect-src [^;\"]*", " ".join(["connect-src 'self'", *origins]), page)
    if count != 1:
        raise ValueError(f"{START} has {count} policies for requests instead of one.")
    links = "".join(f'    <link rel="modulepreload" href="{address}" />\n' for address in scripts(page))
    return changed.replace("  </head>", f"{links}  </head>").encode()


def worker(found: Mapping[str, bytes]) -> bytes:
    """Return the service worker with the version and the files of the page before it."""
    kept = {address: digest(content) for address, content in found.items() if address not in {CONFIG, WORKER}}
    version = hashlib.sha256(json.dumps([kept, found[WORKER].decode()]).encode()).hexdigest()[:VERSION_LENGTH]
    return f"const SHELL = {json.dumps({'version': version, 'files': kept})};\n".encode() + found[WORKER]


def digest(content: bytes) -> str:
    """Return the SHA-256 of some bytes in base64, as the service worker compares it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def write(folder: Path, api_url: str, others: list[str]) -> None:
    """Write the page into a folder, for any host of plain files.

    Args:
        folder: Where to; what is there already stays, unless it is of the page.
        api_url: Where the API is.
        others: What else the page may ask: where sockets open, and where files go.
    """
    for address, content in contents({"apiUrl": api_url}, [api_url, *others]).items():
        path = folder / address
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def type_of(address: str) -> str:
    """Return the Content-Type of an address."""
    return TYPES[Path(address).suffix]


if __name__ == "__main__":
    write(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
