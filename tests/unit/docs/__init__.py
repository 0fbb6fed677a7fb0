"""The documents are read from the code: unit tests of how."""
