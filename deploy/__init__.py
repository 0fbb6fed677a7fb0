"""How Kaiwa becomes what AWS runs."""
