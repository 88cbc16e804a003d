"""Measurements, each against its ceiling in the same run: `python -m bench`."""
