"""ExpireFile: remove the bytes of files whose time is over."""

from core.streams import Ended
from domain import files

handler = Ended(files.expire)
