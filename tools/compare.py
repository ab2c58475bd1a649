"""Lays several runs side by side on one HTML page: measures, sample grids, and the curves on shared axes.

python -m tools.compare runs/vae_mnist runs/ehm_mnist --report comparison.html [--measures=likelihood,samples]

Standard output is one JSON object with an entry for each run, or a table by --format=table. The flags for measures are
those of tools.evaluate.
"""

import json
import pathlib
import sys

from absl import flags

from zoo import paths
from zoo.evaluation import running, waiting

from . import _measuring, _subject, binary

REPORT = flags.DEFINE_string("report", None, "The HTML file to write.")
FORMAT = flags.DEFINE_enum("format", "json", ["json", "table"], "Standard output: one JSON object, or a table for people.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")


def _names(folders):
    """The folders' own names; their whole paths where two have the same."""
    names = [pathlib.Path(folder).name for folder in folders]
    return names if len(set(names)) == len(names) else list(folders)


def _subjects(folders):
    """{name: Subject}; each is read, and all are on the same data, before the first is measured."""
    subjects = {
        name: _subject.load(folder, None, None, DATA_DIR.value) for name, folder in zip(_names(folders), folders, strict=True)
    }
    on = {name: _data(subject.data) for name, subject in subjects.items()}
    first, *others = on
    for name in others:
        if on[name] != on[first]:
            raise ValueError(f"{first} is measured on {on[first]}, {name} on {on[name]}: compare runs on the same data")
    return subjects


def _data(data):
    """What has to be equal for figures to be comparable."""
    shape = "x".join(map(str, data.event_shape))
    return f"{data.size('test'):,} of {data.name} ({shape}, binarization {data.preprocessing.binarization})"


def _json(measured):
    return json.dumps({name: _measuring.as_json(*each) for name, each in measured.items()}, allow_nan=False)


def main(argv):
    """Measures each run, and writes the page."""
    folders, measures, options = argv[1:], _measuring.measures(), _measuring.options()
    if len(set(folders)) < max(2, len(folders)):
        raise ValueError(
            "give the folders of at least two different runs: python -m tools.compare RUN_DIR RUN_DIR --report FILE"
        )
    running.check(measures, options)
    paths.to_write(REPORT.value, REPORT.name)
    measured, failed = {}, False
    for name, subject in _subjects(folders).items():
        print(f"{name}:", file=sys.stderr)
        with waiting.told():
            found = running.evaluate(subject.model, subject.data, measures, options)
        measured[name] = (subject, found)
        failed |= _measuring.tell_failures(found, f"{name}: ")
    print(_measuring.as_table_of_runs(measured) if FORMAT.value == "table" else _json(measured))
    _measuring.write_report(REPORT.value, measured, "Comparison")
    sys.exit(int(failed))


def console():
    """The console script `zoo-compare`."""
    binary.run(main, required=["report"], positional=True)


if __name__ == "__main__":
    console()
