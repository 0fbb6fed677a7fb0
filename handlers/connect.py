"""Connect: a socket is being opened."""

from core.operations import Lifecycle
from domain import presence

handler = Lifecycle("CONNECT", presence.connect)
