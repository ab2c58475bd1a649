"""Experiments, one a file: `get_config()` returns what `zoo.experiment` makes of it."""
