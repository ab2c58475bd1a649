"""Figures of a study: one number against another, the chain along its rounds, pictures of several runs."""

import dataclasses
import io
import typing

import numpy as np
from PIL import Image

from zoo.config import ConfigError
from zoo.evaluation.pictures import GAP
from zoo.studies import tables, values
from zoo.studies.study import file_name

COLUMNS = 8  # of the grids that a run draws
KINDS = ("samples", "reconstructions")
CURVE_POINTS = 101


@dataclasses.dataclass(frozen=True)
class Curve:
    """A line of a formula in a Scatter, for t from 0 to 1.

    Attributes:
      label: of it.
      x, y: functions of t and of the numbers, by their names.
      of: {name: (run, path)}, means over the seeds.
    """

    label: str
    x: typing.Callable
    y: typing.Callable
    of: dict = dataclasses.field(default_factory=dict)

    def check(self, study):
        """Raises ConfigError for runs and paths that the study cannot have."""
        for run, path in self.of.values():
            tables.chosen(study, [run])
            values.check_path(study, path)

    def points(self, found):
        """(x, y), arrays; None where a number is not there yet."""
        numbers = {name: found.of(found.runs[run], path).mean for name, (run, path) in self.of.items()}
        if None in numbers.values():
            return None
        t = np.linspace(0, 1, CURVE_POINTS)
        return tuple(np.broadcast_to(function(t, **numbers), t.shape) for function in (self.x, self.y))


@dataclasses.dataclass(frozen=True)
class Scatter:
    """One number against another: a point a run with its spread over the seeds; a group's runs with a knob are a line along it.

    Attributes:
      title: of it.
      x, y: paths; x may be "knob", that of a run.
      rows: names of runs; None for all.
      curves: Curves.
      log: which axes are logarithmic: "", "x", "y" or "xy".
    """

    title: str
    x: str
    y: str
    rows: list | None = None
    curves: list = ()
    log: str = ""
    kind = "svg"

    def check(self, study):
        """Raises ConfigError for what the study cannot have."""
        tables.chosen(study, self.rows)
        for path in {self.x, self.y} - {"knob"}:
            values.check_path(study, path)
        for curve in self.curves:
            curve.check(study)
        if self.log not in ("", "x", "y", "xy"):
            raise ConfigError(f"figure {self.title}: log must be empty, x, y or xy, found {self.log!r}")

    def _at(self, found, run, path):
        """(where, half a bar) on an axis; None if there is no number."""
        if path == "knob":
            return (run.knob, 0) if isinstance(run.knob, int | float) else None
        number = found.of(run, path)
        return None if number.mean is None else (number.mean, number.spread or number.error or 0)

    def lines(self, found):
        """[(label, [(x, y, knob)])], x and y as (where, half a bar); a line in the order of its knob, if that is numbers."""
        lines = {}
        for run in tables.chosen(found.study, self.rows):
            x, y = (self._at(found, run, path) for path in (self.x, self.y))
            if x and y:
                # A run may have the name of a group that it is not in.
                line = (run.group, "") if run.group and run.knob is not None else ("", run.name)
                lines.setdefault(line, []).append((x, y, run.knob if run.group else None))
        for points in lines.values():
            if all(isinstance(knob, int | float) for *_, knob in points):
                points.sort(key=lambda point: point[2])
        return [(group or name, points) for (group, name), points in lines.items()]

    def draw(self, found, pictures):
        """Its bytes."""
        figure, axes = axes_of(self.title)
        self.draw_on(axes, found)
        return svg(figure)

    def draw_on(self, axes, found, legend=True):
        """Draws on the axes of a figure."""
        for label, points in self.lines(found):
            (x, dx), (y, dy) = (np.transpose([point[axis] for point in points]) for axis in (0, 1))
            axes.errorbar(x, y, dy, dx, marker="o", markersize=4, linewidth=1, capsize=2, label=label)
            for at, other, knob in zip(x, y, [point[2] for point in points], strict=True):
                if knob is not None and self.x != "knob":
                    axes.annotate(str(knob), (at, other), textcoords="offset points", xytext=(4, 4), fontsize="x-small")
        for curve in self.curves:
            if points := curve.points(found):
                axes.plot(*points, "--", color="grey", linewidth=1, label=curve.label)
        _label(axes, self.x, self.y, self.log, legend)


@dataclasses.dataclass(frozen=True)
class Rounds:
    """A number along the rounds of a chain: a line a run, with its spread; of a floor a level.

    Attributes:
      title: of it.
      path: with {} in place of the rounds, like "chain/chain[means, data]/{}/frechet_distance".
      rounds: those that are shown.
      rows: names of runs; None for all.
    """

    title: str
    path: str
    rounds: tuple = (10, 100, 1000)
    rows: list | None = None
    kind = "svg"

    def check(self, study):
        """Raises ConfigError for what the study cannot have."""
        tables.chosen(study, self.rows)
        if "{}" not in self.path:
            raise ConfigError(f"figure {self.title}: its path needs {{}} in place of the rounds, found {self.path!r}")
        values.check_path(study, self.path)
        measured = study.measures[self.path.partition("/")[0]].options.get("rounds", ())
        if measured and not set(self.rounds) <= set(measured):
            raise ConfigError(f"figure {self.title}: rounds are measured after {measured}, found {self.rounds}")

    def draw(self, found, pictures):
        """Its bytes."""
        figure, axes = axes_of(self.title)
        for run in tables.chosen(found.study, self.rows):
            numbers = [(each, found.of(run, self.path.format(each))) for each in self.rounds]
            there = [
                (each, number.mean, number.spread or number.error or 0) for each, number in numbers if number.mean is not None
            ]
            if there and run.floor:
                axes.axhline(there[0][1], linestyle=":", color="grey", label=run.name)
            elif there:
                x, y, dy = zip(*there, strict=True)
                axes.errorbar(x, y, dy, marker="o", markersize=4, linewidth=1, capsize=2, label=run.name)
        _label(axes, "rounds", self.path.rpartition("/")[2], "xy")
        return svg(figure)


@dataclasses.dataclass(frozen=True)
class Pictures:
    """The pictures of several runs, one below the other.

    Attributes:
      title: of it.
      what: samples, or reconstructions, each row of which is below its data.
      rows: names of runs; None for all that have some.
      seed: of the runs; None for the first of each.
      lines: of eight pictures, from each run.
    """

    title: str
    what: str = "samples"
    rows: list | None = None
    seed: int | None = None
    lines: int = 2
    kind = "png"

    def check(self, study):
        """Raises ConfigError for what the study cannot have."""
        runs = tables.chosen(study, self.rows)
        if self.what not in KINDS:
            raise ConfigError(f"figure {self.title}: what must be one of {', '.join(KINDS)}, found {self.what!r}")
        if self.seed is not None and not any(self.seed in study.seeds_of(run) for run in runs):
            raise ConfigError(f"figure {self.title}: no run has seed {self.seed}")

    def draw(self, found, pictures):
        """Its bytes; `pictures` is the folder of them."""
        made = {}
        for run in tables.chosen(found.study, self.rows):
            seed = found.study.seeds_of(run)[0] if self.seed is None else self.seed
            path = pictures / f"{file_name(run.name)}_{seed}_{self.what}.png"
            if path.is_file():
                made[run.name] = _top(np.asarray(Image.open(path)), self.lines)
        if not made:
            return None
        figure, _ = axes_of("", (6, 0.4 + sum(6 * (each.shape[0] / each.shape[1]) + 0.3 for each in made.values())))
        figure.clear()
        for axes, (name, image) in zip(np.atleast_1d(figure.subplots(len(made))), made.items(), strict=True):
            axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
            axes.set_title(name, fontsize="small")
            axes.axis("off")
        return _bytes(figure, "png")


def _top(pixels, lines):
    """The first lines of a grid."""
    side = (pixels.shape[1] + GAP) // COLUMNS
    return pixels[: lines * side - GAP]


def axes_of(title, size=(6.4, 4.8)):
    """(a figure of a size in inches, its axes with a title)."""
    # matplotlib takes a second that only a report should cost.
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title, fontsize="medium")
    return figure, axes


def _label(axes, x, y, log, legend=True):
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    for name in log:
        getattr(axes, f"set_{name}scale")("log")
    axes.tick_params("x", which="minor", labelsize="small", labelrotation=45)
    if legend and axes.get_legend_handles_labels()[1]:
        axes.legend(fontsize="x-small")


def svg(figure):
    """The bytes of a figure."""
    return _bytes(figure, "svg")


def _bytes(figure, kind):
    import matplotlib

    buffer = io.BytesIO()
    # Without a date and random names the same results make the same file.
    with matplotlib.rc_context({"svg.hashsalt": "study", "svg.fonttype": "none"}):
        figure.savefig(buffer, format=kind, dpi=110, metadata={"Date": None} if kind == "svg" else None)
    return buffer.getvalue()
