"""Tables of a study: a row a run, a column a number, as Markdown."""

import dataclasses
import math

from zoo.config import ConfigError
from zoo.studies import values

BETTER = ("higher", "lower", "")
LEGEND = (
    "A number is the mean ± the standard deviation over the seeds. Of a single seed it is the value, with the measure's own "
    "standard error (se) where it has one. **Bold** is the best of a column that differs from the next by more than two "
    "standard errors of the difference; ↓ and ↑ say which way is better."
)


@dataclasses.dataclass(frozen=True)
class Column:
    """Numbers of one kind.

    Attributes:
      path: of the number (zoo/studies/values.py).
      relative: divided by that of the run's baseline, the mean over the baseline's seeds.
      better: "higher", "lower" or "" for neither; None for what the measure says.
      scale: what it is multiplied by.
    """

    path: str
    relative: bool = False
    better: str | None = None
    scale: float = 1.0

    def direction(self):
        """Which way is better."""
        return values.better(self.path) if self.better is None else self.better

    def check(self, study):
        """Raises ConfigError for a path that cannot be, or another direction."""
        values.check_path(study, self.path)
        if self.direction() not in BETTER:
            raise ConfigError(f"{self.path}: better must be one of {', '.join(BETTER[:2])} or empty, found {self.better!r}")

    def of(self, found, run):
        """The Statistic of a run.

        Args:
          found: a Values.
          run: a Run.
        """
        it = found.of(run, self.path, self.relative)
        scaled = {
            name: None if getattr(it, name) is None else getattr(it, name) * self.scale for name in ("mean", "spread", "error")
        }
        return dataclasses.replace(it, **scaled)


@dataclasses.dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
      title: of it.
      columns: {label: path, or Column}.
      rows: names of runs; None for all.
      text: below the title.
    """

    title: str
    columns: dict
    rows: list | None = None
    text: str = ""

    def _columns(self):
        return {label: Column(column) if isinstance(column, str) else column for label, column in self.columns.items()}

    def check(self, study):
        """Raises ConfigError for rows and columns that the study cannot have."""
        chosen(study, self.rows)
        for column in self._columns().values():
            column.check(study)

    def markdown(self, found):
        """Its text, without rows for runs that are still to come.

        Args:
          found: a Values.
        """
        columns = self._columns()
        runs = [run for run in chosen(found.study, self.rows) if found.lines(run)]
        cells = {label: _column(column, runs, found) for label, column in columns.items()}
        arrows = {"lower": " ↓", "higher": " ↑", "": ""}
        head = ["run", "seeds", *(label + arrows[column.direction()] for label, column in columns.items())]
        lines = [head, ["---"] * len(head)]
        for index, run in enumerate(runs):
            seeds = "" if run.floor else f"{len(found.lines(run))} of {len(found.study.seeds_of(run))}"
            lines.append([run.name, seeds, *(cells[label][index] for label in columns)])
        text = f"{self.text}\n\n" if self.text else ""
        table = "\n".join(f"| {' | '.join(map(_escaped, line))} |" for line in lines)
        return f"## {self.title}\n\n{text}{table}"


def chosen(study, names):
    """The runs of these names, in their order; None for all.

    Raises:
      ConfigError: for a name that no run has.
    """
    known = {run.name: run for run in study.runs}
    for name in names or ():
        if name not in known:
            raise ConfigError(f"unknown run {name!r}; choose from {', '.join(known)}")
    return study.runs if names is None else [known[name] for name in names]


def _column(column, runs, found):
    """The texts of a column's cells."""
    statistics = [column.of(found, run) for run in runs]
    ranked = [number for number, run in zip(statistics, runs, strict=True) if not run.floor]
    best = standing_out(ranked, column.direction())
    return [f"**{cell(number)}**" if number is best else cell(number) for number in statistics]


def standing_out(statistics, better):
    """The best of several statistics, if it differs from the next by more than two standard errors of the difference.

    Args:
      statistics: of runs.
      better: "higher", "lower" or "".

    Returns:
      One of them; None where none stands out, or the error of one of the two is not known.
    """
    there = sorted((number for number in statistics if number.mean is not None), key=lambda number: number.mean)
    if better == "higher":
        there.reverse()
    if not better or len(there) < 2 or None in (there[0].error, there[1].error):
        return None
    apart = abs(there[0].mean - there[1].mean) > 2 * math.hypot(there[0].error, there[1].error)
    return there[0] if apart else None


def cell(number):
    """A Statistic as text: its error has two digits that count, and it has as many decimals as that."""
    if number.mean is None:
        return number.reason if number.reason in ("not run", "not measured") else "none"
    error = number.error if number.count == 1 else number.spread
    if not error:
        return f"{number.mean:,.4g}" if abs(number.mean) < 1e4 else f"{number.mean:,.0f}"
    decimals = max(0, 1 - math.floor(math.log10(error)))
    shown = f"{number.mean:,.{decimals}f}"
    return f"{shown} (se {error:,.{decimals}f})" if number.count == 1 else f"{shown} ± {error:,.{decimals}f}"


def _escaped(text):
    return str(text).replace("|", "\\|")
