"""Experiments, one a file: `get_config()` returns what `zoo.experiment` or `zoo.start_from` makes of it."""
