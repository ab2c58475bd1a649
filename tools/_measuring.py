"""What tools.evaluate and tools.compare share: the flags of the measures, and how results are written."""

import sys

from absl import flags

from zoo import paths, registry
from zoo.evaluation import results

from . import _table as table

MEASURES = flags.DEFINE_list("measures", None, f"Of {', '.join(registry.names('measure'))}; default likelihood.")
# Each is an option of the measures that have one of this name; without it, that measure's own default holds.
OPTIONS = {
    "num_samples": flags.DEFINE_integer("num_samples", None, "K of the importance-weighted bound.", lower_bound=1),
    "num_examples": flags.DEFINE_integer("num_examples", None, "Test examples at most, and samples.", lower_bound=1),
    "features": flags.DEFINE_string("features", None, "pixels, or the folder of a SavedModel (tools.train_classifier)."),
    "observation_noise": flags.DEFINE_bool("observation_noise", None, "Draw x from P(x|z) in place of its mean."),
    "annealing_steps": flags.DEFINE_integer("annealing_steps", None, "Of annealed importance sampling.", lower_bound=0),
    "annealing_chains": flags.DEFINE_integer("annealing_chains", None, "For each example.", lower_bound=1),
    "annealing_examples": flags.DEFINE_integer("annealing_examples", None, "How many are annealed.", lower_bound=1),
    "num_batches": flags.DEFINE_integer("num_batches", None, "Minibatches for the gradients' variance.", lower_bound=3),
    "batch_size": flags.DEFINE_integer("batch_size", None, "Of those minibatches.", lower_bound=1),
    "num_windows": flags.DEFINE_integer("num_windows", None, "Means of updates for their long-run variance.", lower_bound=3),
    "window_steps": flags.DEFINE_integer("window_steps", None, "Over how many steps.", lower_bound=1),
    "descent_steps": flags.DEFINE_integer("descent_steps", None, "From each code, before it is decoded.", lower_bound=0),
    "rounds": flags.DEFINE_list("rounds", None, "Of the limiting chain, like 1,10,100."),
    "protocols": flags.DEFINE_list("protocols", None, "Of the limiting chain: means, samples; default both."),
    "starts": flags.DEFINE_list("starts", None, "Of the limiting chain: data, prior; default both."),
    "seed": flags.DEFINE_integer("seed", None, "Seed of the draws.", lower_bound=0),
}


def measures():
    """The names of the measures."""
    return MEASURES.value or ["likelihood"]


def options():
    """{name: value} of the options that were given."""
    given = {name: flag.value for name, flag in OPTIONS.items() if flag.value is not None}
    given |= {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    if "rounds" in given:
        if not all(number.isdigit() for number in given["rounds"]):
            raise ValueError(f"--rounds: must be whole numbers with commas between them, found {','.join(given['rounds'])}")
        given["rounds"] = tuple(sorted(map(int, given["rounds"])))
    return given


def as_json(subject, found):
    """What is printed of one model."""
    reasons = results.reasons(found)
    return subject.setup | results.as_json(found) | ({"reasons": reasons} if reasons else {})


def as_table(subject, found):
    """A line for each number of one model: its name, value, standard error, unit, and which way is better; for people."""
    lines = [", ".join(f"{name} {value}" for name, value in subject.setup.items())]
    for name, result in results.results(found):
        if isinstance(result.value, dict):
            continue
        value = result.reason if result.value is None else f"{result.value:.5g}"
        error = "" if result.standard_error is None else f" ± {result.standard_error:.2g}"
        better = f"{result.better} is better" if result.better and result.value is not None else ""
        lines.append(f"{name:32} {value + error:24} {result.unit:28} {better}".rstrip())
    return "\n".join(lines)


def as_table_of_runs(measured):
    """A line for each number, with a column for each of several models {run: (subject, found)}; for people."""
    columns = {run: {name: _cell(result) for name, result in results.results(found)} for run, (_, found) in measured.items()}
    names = list(dict.fromkeys(name for column in columns.values() for name, cell in column.items() if cell is not None))
    rows = [["", *columns]] + [[name, *(column.get(name) or "none" for column in columns.values())] for name in names]
    return table.aligned(rows)


def _cell(result):
    if isinstance(result.value, dict):
        return None
    error = "" if result.standard_error is None else f" ± {result.standard_error:.2g}"
    return "none" if result.value is None else f"{result.value:.5g}{error}"


def tell_failures(found, prefix=""):
    """One line on standard error for each reason why something went wrong; returns whether there is one."""
    by_reason = {}
    for name, reason in results.reasons(found, failed=True).items():
        by_reason.setdefault(reason, []).append(name)
    for reason, names in by_reason.items():
        print(f"error: {prefix}{', '.join(names)}: {reason}", file=sys.stderr)
    return bool(by_reason)


def write_report(path, measured, title):
    """The HTML page about several models, {run: (subject, found)}."""
    # matplotlib takes a second that only a report should cost.
    from zoo.evaluation import figures, report

    seed = OPTIONS["seed"].value or 0
    report.write(
        paths.named(path),
        title,
        {run: subject.setup | found for run, (subject, found) in measured.items()},
        {run: figures.pictures(subject.model, subject.data, seed) for run, (subject, _) in measured.items()},
        {run: subject.curves for run, (subject, _) in measured.items()},
    )
