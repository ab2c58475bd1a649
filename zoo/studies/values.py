"""Numbers of a study's results by their path, over the seeds of a run.

A path is KEY/NAME: the key of a measure, and the name of one of its results, in a table TABLE/ROW/NAME, like
`A/frechet_distance` or `chain/chain[means, data]/100/frechet_distance`. What a name has in brackets may be left out where
that leaves one. Of a floor it is the last name that counts. Without a measure there are training_seconds, evaluation_seconds
and parameters, their number.
"""

import dataclasses
import math

import numpy as np

from zoo import registry
from zoo.config import ConfigError
from zoo.evaluation import running

OWN = ("training_seconds", "evaluation_seconds", "parameters")  # of a line itself


@dataclasses.dataclass(frozen=True)
class Statistic:
    """A number of a run over its seeds.

    Attributes:
      mean: None if no seed has a value.
      spread: the standard deviation over the seeds (of n - 1); None of fewer than two.
      error: the standard error of the mean: of the seeds, or of a single one the measure's own; None where it is not known.
      count: of seeds.
      reason: why there is none, if that is known.
    """

    mean: float | None = None
    spread: float | None = None
    error: float | None = None
    count: int = 0
    reason: str = ""


def over_seeds(numbers):
    """The statistic of [(value, its own standard error or None)], one a seed."""
    values = np.array([value for value, _ in numbers], np.float64)
    if len(values) == 1:
        return Statistic(float(values[0]), None, numbers[0][1], 1)
    spread = float(values.std(ddof=1))
    return Statistic(float(values.mean()), spread, spread / math.sqrt(len(values)), len(values))


def check_path(study, path):
    """Refuses a path that no result of the study can have.

    Raises:
      ConfigError: one line.
    """
    key, _, name = path.partition("/")
    if path in OWN:
        return
    if key not in study.measures:
        raise ConfigError(f"{path}: unknown measure {key!r}; choose from {', '.join([*study.measures, *OWN])}")
    own = registry.find("measure", study.measures[key].name).RESULTS
    first, *rest = map(_base, name.split("/"))
    if first not in own:
        raise ConfigError(f"{path}: {study.measures[key].name} has no {first!r}; it has {', '.join(own)}")
    known = running.quantities()
    if rest and rest[-1] not in known:
        raise ConfigError(f"{path}: there is no result {rest[-1]!r}; choose from {', '.join(sorted(known))}")


def better(path):
    """Which way a path's numbers are better: "higher", "lower", or "" where neither is."""
    return "" if path in OWN else running.quantities()[_base(path.rpartition("/")[2])].better


def _base(name):
    return name.partition("[")[0]


def _fits(asked, name):
    """Whether a stored name is the one that was asked for, which may lack what is in brackets."""
    asked, name = asked.split("/"), name.split("/")
    return len(asked) == len(name) and all(one in (other, _base(other)) for one, other in zip(asked, name, strict=True))


def of_line(line, path, floor=False):
    """((value or None, its own standard error or None), why there is none) of one line.

    Raises:
      ConfigError: if a name without brackets is that of several, and of none just so.
    """
    key, _, name = path.partition("/")
    if floor and path in OWN:
        return (None, None), ""
    if path == "parameters":
        return (sum(line["parameters"].values()), None), ""
    if path in OWN:
        return (line[path], None), ""
    if key not in line["measures"]:
        return (None, None), "" if floor else "not measured"
    found = line["measures"][key]
    asked = name.rpartition("/")[2] if floor else name
    ends = {each: each.rpartition("/")[2] if floor else each for each in found["values"]}
    # One that is called just so, or else those that have something in brackets beside it.
    names = [each for each, end in ends.items() if end == asked] or [each for each, end in ends.items() if _fits(asked, end)]
    if len(names) > 1:
        raise ConfigError(f"{path}: could be any of {', '.join(names)}")
    if names:
        return tuple(found["values"][names[0]]), found["reasons"].get(names[0], "")
    table = next((each for each in found["reasons"] if _fits(name.partition("/")[0], each)), "")
    return (None, None), found["reasons"].get(table, "")


class Values:
    """The numbers of a study.

    Attributes:
      runs: {name: Run}.
    """

    def __init__(self, study, results):
        """
        Args:
          study: a Study.
          results: a Results.
        """
        self.study, self.results = study, results
        self.runs = {run.name: run for run in study.runs}

    def lines(self, run):
        """Those of a run's seeds that there are."""
        there = self.results.lines
        return [there[run.name, seed] for seed in self.study.seeds_of(run) if (run.name, seed) in there]

    def of(self, run, path, relative=False):
        """The Statistic of a run.

        Args:
          run: a Run.
          path: see above.
          relative: divided by the mean of the run's baseline over its own seeds.
        """
        found = [of_line(line, path, run.floor) for line in self.lines(run)]
        numbers = [number for number, _ in found if number[0] is not None]
        if not numbers:
            reasons = [reason for _, reason in found if reason]
            return Statistic(reason=reasons[0] if reasons else "" if found else "not run")
        if not relative:
            return over_seeds(numbers)
        base = self.of(self.runs[run.baseline], path) if run.baseline else Statistic(reason="no baseline")
        if not base.mean:
            return Statistic(reason=base.reason or "no baseline")
        return over_seeds([(value / base.mean, error and error / abs(base.mean)) for value, error in numbers])
