"""What can keep the local stack from running."""


class LocalError(Exception):
    """The local stack cannot do what was asked; the message is one clear line for the person who asked."""
