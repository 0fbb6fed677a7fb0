"""The frame of a command about a stage: what all of them are told, and words in the place of a trace when one fails."""

import argparse
import sys
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError


class Refusal(Exception):
    """It was not done; the message is for the person who asked for it."""


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return what reads a command line.

    Args:
        name: The module of this package that is run.
        description: What it does.

    Returns:
        A parser that asks for a stage and a region, and to which the command adds its own.
    """
    made = argparse.ArgumentParser(prog=f"python -m deploy.{name}", description=description)
    made.add_argument("--stage", required=True)
    made.add_argument("--region", required=True)
    return made


def exit_code(act: Callable[[], None]) -> int:
    """Do what a command does.

    Returns:
        0, or 1 where it, or AWS, refused; why is printed.
    """
    try:
        act()
    except (Refusal, BotoCoreError, ClientError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
