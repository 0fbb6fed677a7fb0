"""Disconnect: a socket was closed."""

from core.operations import Lifecycle
from domain import presence

handler = Lifecycle("DISCONNECT", presence.disconnect)
