"""Kaiwa in a terminal: `kaiwa chat`. It needs nothing but Python's own library and a terminal of the usual kind."""
