"""Measurements. Nothing here passes or fails: it prints numbers, and how they were come by."""
