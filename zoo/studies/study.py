"""What a study holds: runs, measures, feature nets, tables and figures. Data only; jobs.py checks it against the zoo."""

import ast
import dataclasses
import re

from zoo import shares
from zoo.fields import ConfigError


def _fail(where, message):
    raise ConfigError(f"{where}: {message}")


def file_name(text):
    """A text as the name of a file."""
    return re.sub(r"[^\w.-]+", "_", text).strip("_")


def _seeds(where, given):
    """A number of seeds, or the seeds themselves, as a tuple."""
    seeds = tuple(range(given)) if isinstance(given, int) and not isinstance(given, bool) else given
    whole = isinstance(seeds, tuple | list) and all(type(seed) is int and seed >= 0 for seed in seeds)
    if not whole or not seeds or len(set(seeds)) < len(seeds):
        _fail(where, f"seeds must be a number of seeds, or different seeds like (0, 1), found {given!r}")
    return tuple(seeds)


def _literal(where, changes):
    """Changes of a config, which are to be written into a file."""
    try:
        same = isinstance(changes, dict) and ast.literal_eval(repr(changes)) == changes
    except (ValueError, SyntaxError):
        same = False
    if not same:
        _fail(where, f"changes must be a dictionary of dotted paths to numbers, texts and dictionaries, found {changes!r}")


@dataclasses.dataclass(frozen=True)
class Run:
    """A row: one config, trained with each of its seeds.

    Attributes:
      name: of the row.
      config: the name of one of the zoo's configs, or the path of a file.
      changes: {dotted path: value} of the config (zoo/changes.py), after those of the study.
      seeds: how many, or which; None for those of the study.
      group: the name of the swept line that it is a point of, if any.
      knob: where on that line; a number or a text.
      baseline: the name of the run that its relative columns are divided by.
      measures: the keys of those it is measured by; None for all of the study.
      floor: nothing is trained: where a measure has features, test data of the config are held against other test data.
    """

    name: str
    config: str
    changes: dict = dataclasses.field(default_factory=dict)
    seeds: object = None
    group: str = ""
    knob: object = None
    baseline: str = ""
    measures: tuple | None = None
    floor: bool = False

    def __post_init__(self):
        if not (isinstance(self.name, str) and file_name(self.name)):
            _fail("run", f"needs a name with a letter or a digit in it, found {self.name!r}")
        _literal(f"run {self.name}", self.changes)
        if self.seeds is not None:
            object.__setattr__(self, "seeds", _seeds(f"run {self.name}", self.seeds))


def sweep(group, config, path, values, changes=None, **more):
    """Runs that differ in one field, a line in the figures: `GROUP, FIELD VALUE` each.

    Args:
      group: name of the line.
      config, changes: as for Run.
      path: the dotted path of the field.
      values: of the field, which are the knob.
      **more: for each Run.
    """
    field = path.rpartition(".")[2].replace("_", " ")
    return [Run(f"{group}, {field} {v}", config, (changes or {}) | {path: v}, group=group, knob=v, **more) for v in values]


@dataclasses.dataclass(frozen=True)
class Net:
    """A classifier to compare images by, as tools.train_classifier trains it.

    Attributes:
      data: name of the data set.
      seed: of weights and order.
      part: "i/n", the share of the training split that it learns from; shares of one n are disjoint.
      epochs: passes over that share.
    """

    data: str
    seed: int = 0
    part: str = "1/1"
    epochs: int = 4

    def __post_init__(self):
        shares.parse(self.part, "the part of a Net")
        for name, least in (("seed", 0), ("epochs", 1)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                _fail("net", f"{name} must be a whole number of at least {least}, found {value!r}")


class Measure:
    """A measure (a module of zoo/evaluation) with its options; `features` may name a Net of the study."""

    def __init__(self, name, **options):
        self.name, self.options = name, options


@dataclasses.dataclass(frozen=True)
class Study:
    """The whole: see zoo/studies/__init__.py.

    Attributes:
      runs: of the study, in the order of the tables and of the work.
      measures: {key: Measure}; the same measure may be there several times. Results are `KEY/NAME`.
      nets: {key: Net}.
      seeds: how many, or which, for runs that do not say.
      changes: of every run's config, before its own.
      order: "seeds": every run with its first seed before any with its second; "groups": the same within a group,
        one group after the other; "runs": one run after the other.
      tables, figures: of the report.
      title, text: of the report.
    """

    runs: list
    measures: dict
    nets: dict = dataclasses.field(default_factory=dict)
    seeds: object = 1
    changes: dict = dataclasses.field(default_factory=dict)
    order: str = "seeds"
    tables: list = ()
    figures: list = ()
    title: str = "Study"
    text: str = ""

    def __post_init__(self):
        object.__setattr__(self, "seeds", _seeds("study", self.seeds))
        _literal("study", self.changes)
        self._check_types()
        if self.order not in ("seeds", "groups", "runs"):
            _fail("study", f"order must be seeds, groups or runs, found {self.order!r}")
        self._check_names()

    def _check_types(self):
        for shown in [*self.tables, *self.figures]:
            if not hasattr(shown, "check"):
                _fail("study", f"tables and figures are a Table, a Scatter and so on of zoo.studies, found {shown!r}")
        for what, items, kind in (
            ("runs", self.runs, Run),
            ("measures", self.measures.values(), Measure),
            ("nets", self.nets.values(), Net),
        ):
            for item in items:
                if not isinstance(item, kind):
                    _fail(what, f"expected a {kind.__name__}, found {item!r}")
        if not self.runs:
            _fail("runs", "there are none")

    def _check_names(self):
        runs, figures = [run.name for run in self.runs], [figure.title for figure in self.figures]
        for what, names in (("run", runs), ("measure", self.measures), ("net", self.nets), ("figure", figures)):
            by_file = {}
            for name in names:
                if not file_name(name) or "/" in name:
                    _fail(f"{what} {name}", "its name needs a letter or a digit, and no slash")
                if (other := by_file.get(file_name(name).lower())) is not None:
                    _fail(f"{what} {name}", f"another is called {other}, and both have the file name {file_name(name)}")
                by_file[file_name(name).lower()] = name
        names = {run.name for run in self.runs}
        for run in self.runs:
            if run.baseline and run.baseline not in names:
                _fail(f"run {run.name}", f"unknown baseline {run.baseline!r}; choose from {', '.join(sorted(names))}")
            if unknown := set(run.measures or ()) - self.measures.keys():
                _fail(f"run {run.name}", f"unknown measure {min(unknown)!r}; choose from {', '.join(self.measures)}")

    def seeds_of(self, run):
        """Those that a run is trained with; a floor needs one."""
        return (run.seeds or self.seeds)[: 1 if run.floor else None]

    def order_of_work(self):
        """(run, seed), as the study wants them one after the other."""
        found = [(run, seed) for run in self.runs for seed in self.seeds_of(run)]
        if self.order == "runs":
            return found
        groups = list(dict.fromkeys(run.group for run in self.runs)) if self.order == "groups" else None

        def turn(item):
            run, seed = item
            return groups.index(run.group) if groups else 0, self.seeds_of(run).index(seed)

        return sorted(found, key=turn)  # stable: within a turn the runs are as listed
