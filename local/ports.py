"""Ports of this machine, on 127.0.0.1 alone."""

import errno
import os
import socket

from local.errors import LocalError

HOST = "127.0.0.1"


def read(variable: str, default: int) -> int:
    """Return the port an environment variable sets.

    Raises:
        LocalError: Its value is no port.
    """
    text = os.environ.get(variable, "").strip() or str(default)
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 2**16:
        raise LocalError(f"{variable} must be a port between 1 and 65535, got {text!r}.")
    return int(text)


def require_free(port: int, variable: str) -> None:
    """Check that nobody listens on a port.

    Args:
        port: The port to be.
        variable: The setting that names another one, for the message.

    Raises:
        LocalError: The port is taken, or not ours to open.
    """
    with socket.socket() as probe:
        # As servers do, so that connections still closing from an earlier run do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            probe.listen()
        except OSError as error:
            reason = "needs a privileged user" if error.errno == errno.EACCES else "is taken"
            raise LocalError(f"Port {port} {reason}: choose another with {variable}=<port>.") from error


def free() -> int:
    """Return a port nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
