"""The report of a study: DIR/README.md with its tables and figures, made of the results alone."""

from zoo import atomic
from zoo.studies import tables
from zoo.studies.results import Results
from zoo.studies.study import file_name
from zoo.studies.values import Values

NAME = "README.md"
WRITER = "tools.study"


def write(study, place, name):
    """Writes the report.

    Args:
      study: a Study.
      place: a Place.
      name: of the study file, for the command.

    Returns:
      Results, whose remarks are for the reader.
    """
    results = Results(place.output)
    found = Values(study, results)
    place.figures.mkdir(parents=True, exist_ok=True)
    sections = [f"# {study.title}", study.text, _progress(study, found), tables.LEGEND if study.tables else ""]
    sections += [table.markdown(found) for table in study.tables]
    sections += [_figure(figure, found, place) for figure in study.figures]
    sections += [_about(results, name), _remarks(results)]
    atomic.write_marked(WRITER, place.output / NAME, "\n\n".join(filter(None, sections)) + "\n")
    return results


def _progress(study, found):
    wanted = [(run, seed) for run in study.runs for seed in study.seeds_of(run)]
    done = sum((run.name, seed) in found.results.lines for run, seed in wanted)
    if done == len(wanted):
        return ""
    to_come = "; ".join(run.name for run in study.runs if not found.lines(run))
    return f"{done} of {len(wanted)} runs are done." + (f" Not run yet: {to_come}." if to_come else "")


def _figure(figure, found, place):
    made = figure.draw(found, place.pictures)
    if made is None:
        return f"## {figure.title}\n\nThere are no pictures yet."
    path = place.figures / f"{file_name(figure.title)}.{figure.kind}"
    with atomic.file(path) as file:
        file.write(made)
    return f"## {figure.title}\n\n![{figure.title}]({place.figures.name}/{path.name})"


def _about(results, name):
    """What all this was run on."""
    lines = list(results.lines.values())
    if not lines:
        return ""
    hours = [sum(line[what] for line in lines) / 3600 for what in ("training_seconds", "evaluation_seconds")]
    machines = _counted(_machine(line) for line in lines)
    commits = _counted(line["commit"] or "unknown" for line in lines if line["parameters"])
    return "\n".join(
        [
            "## How it was made",
            "",
            f"    python -m tools.study --study {name} --output DIR",
            "",
            f"{hours[0]:.2f} hours of training and {hours[1]:.2f} of measuring, as the processes' clocks ran.",
            "",
            *(f"- commit {each}: {count} runs" for each, count in commits.items()),
            *(f"- {each}: {count} runs" for each, count in machines.items()),
        ]
    )


def _machine(line):
    about = line["machine"]
    return f"{about['processor']}, {about['cores']} cores, TensorFlow {about['versions']['tensorflow']}"


def _counted(texts):
    counts = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    return counts


def _remarks(results):
    """What went wrong, and files that do not agree."""
    wrong = [
        f"{line['run']}, seed {line['seed']}: {key}/{name}: {found['reasons'][name]}"
        for line in results.lines.values()
        for key, found in line["measures"].items()
        for name in found["failed"]
    ]
    nets = {}
    for line in results.lines.values():
        for key, net in line["nets"].items():
            nets.setdefault(key, set()).add(net["hash"])
    several = [key for key, hashes in nets.items() if len(hashes) > 1]
    several = [f"net {key} is not the same in all runs: its figures do not compare" for key in several]
    said = [*results.remarks, *several, *wrong]
    return "\n".join(["## Remarks", "", *(f"- {each}" for each in said)]) if said else ""
