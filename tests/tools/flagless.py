"""Modules of several tools in one process, where their flags of one name would clash: each is a program of its own."""

import importlib

from absl import flags


def modules(*names):
    """The modules of these names in tools, whose flags are forgotten after the import."""
    before = set(flags.FLAGS)
    found = [importlib.import_module(f"tools.{name}") for name in names]
    for name in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, name)
    return found
