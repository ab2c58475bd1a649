"""A run of the benchmark: the works in turn, the contestants of each in rounds."""

import pathlib
import runpy
import sys
import types

from .workers import Failed

WORKS = pathlib.Path(__file__).parent / "works"
ATTRIBUTES = ("SUITE", "UNIT", "UNITS", "AIMS", "contestants")


def names():
    """The names of all works, sorted."""
    return sorted(path.stem for path in WORKS.glob("*.py") if path.stem != "__init__")


def load(name):
    """A work by its name.

    Raises:
      ValueError: with the list of those that exist.
    """
    if name not in names():
        raise ValueError(f"unknown work {name!r}; choose from {', '.join(names())}")
    work = types.SimpleNamespace(**runpy.run_module(f"{__package__}.works.{name}"))
    if missing := [attribute for attribute in ATTRIBUTES if not hasattr(work, attribute)]:
        raise ValueError(f"work {name} defines no {', '.join(missing)}")
    return work


class Entry:
    """A contestant during a run: its worker, what is known about it, and its times; or the reason why it is out."""

    def __init__(self, contestant):
        self.contestant = contestant
        self.worker = None
        self.facts, self.seconds, self.peak_bytes = {}, [], None
        self.reason = None

    def attempt(self, action, *arguments):
        """Does something that may fail, unless something has failed already."""
        if self.reason is None:
            try:
                action(*arguments)
            except Failed as failure:
                self.reason = str(failure)

    def prepare(self, workers, label, known):
        """Starts it, with those of the known things that it takes: the peers are given the data that the zoo read."""
        if "examples" in self.contestant.takes and "examples" not in known:
            raise Failed("there is no data to give it: see the reason of zoo")
        self.worker = workers.of(self.contestant)
        given = {key: known[key] for key in self.contestant.takes if key in known}
        self.facts = self.worker.prepare(label, self.contestant.task, self.contestant.options | given)

    def measure(self, label):
        """One block."""
        seconds, self.peak_bytes = self.worker.measure(label)
        self.seconds.append(seconds)


def _entries(work, peers, data_dir):
    """{label: Entry}; one that was not asked for, or cannot be, has the reason."""
    entries = {}
    for label, contestant in work.contestants(data_dir).items():
        entries[label] = Entry(contestant)
        if contestant.side in ("keras", "pytorch") and contestant.side not in peers:
            entries[label].reason = "not asked for (--peers)"
        elif contestant.side == "pytorch" and (reason := without_torch()):
            entries[label].reason = reason
    return entries


def without_torch():
    """Why there is no PyTorch, or None."""
    found = any((pathlib.Path(folder) / "torch" / "__init__.py").is_file() for folder in sys.path)
    return None if found else "PyTorch is not installed: pip install torch==2.13.0"


def run(name, workers, rounds, peers, data_dir, scratch):
    """One work: every contestant prepared, then `rounds` rounds in which each measures one block.

    Args:
      name: of the work.
      workers: a Workers.
      rounds: how many, unless the work says so itself.
      peers: those asked for.
      data_dir: of the data sets.
      scratch: a folder for arrays that are handed to the peers.

    Returns:
      (the work, {label: Entry}).
    """
    work = load(name)
    entries = _entries(work, peers, data_dir)
    known = {"save": str(pathlib.Path(scratch) / f"{name}.npy")}
    for label, entry in entries.items():
        _tell(f"{name}: preparing {label}")
        entry.attempt(entry.prepare, workers, label, known)
        known |= {key: entry.facts[key] for key in ("examples", "levels") if key in entry.facts}
    for number in range(getattr(work, "ROUNDS", rounds)):
        _tell(f"{name}: round {number + 1}")
        for label, entry in entries.items():
            entry.attempt(entry.measure, label)
    return work, entries


def _tell(what):
    print(what, file=sys.stderr, flush=True)
