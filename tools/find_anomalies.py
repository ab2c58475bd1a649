"""Says how foreign pictures are to a model: scores, and how rare each is among test examples; the most foreign first.

python -m tools.find_anomalies --workdir runs/ehm_digits --pictures FOLDER [--format=table]
python -m tools.find_anomalies --model ehm_digits --data digits --pictures a.png,b.png --invert --format=csv

Higher scores are more foreign (zoo/applications/anomalies.py says what each is). `p` of a score is the share of test examples
with one at least as high: of pictures like the data one in a hundred has p <= 0.01. Progress is told on standard error.
"""

import csv
import io
import json

import numpy as np
from absl import flags

from zoo.applications import anomaly_scores, calibrated
from zoo.evaluation import draws, waiting

from . import _pictures as pictures
from . import _subject, _table, binary

DATA = flags.DEFINE_string("data", None, "With --model: the data set whose test examples say what is usual.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
NUM_EXAMPLES = flags.DEFINE_integer("num_examples", 2000, "Test examples at most.", lower_bound=1)
NUM_SAMPLES = flags.DEFINE_integer("num_samples", 10, "K of the importance-weighted bound.", lower_bound=1)
FORMAT = flags.DEFINE_enum("format", "json", ["json", "csv", "table"], "Of standard output; a table is for people.")


def _usual(subject):
    """Test examples, of the class that --label names."""
    x, labels = draws.examples(subject.data, NUM_EXAMPLES.value, pictures.SEED.value)
    if pictures.LABEL.value is None or labels is None:
        return x
    if not (labels == pictures.LABEL.value).any():
        raise ValueError(f"--label {pictures.LABEL.value}: none of the {len(x)} test examples has it")
    return x[labels == pictures.LABEL.value]


def _scored(model, x, usual):
    """{column: [n]}: each score and its p."""
    columns = {}
    with waiting.task(f"scoring {len(x)} pictures and {len(usual)} test examples"):
        found, of_usual = (anomaly_scores(model, each, NUM_SAMPLES.value, pictures.SEED.value) for each in (x, usual))
    for name, scores in found.items():
        columns |= {name: scores, f"{name}_p": calibrated(scores, of_usual[name])}
    return columns


def _rows(names, columns):
    """A dictionary for each picture, the most foreign first: by its smallest p, then by its name."""
    least = np.min([values for name, values in columns.items() if name.endswith("_p")], axis=0)
    order = sorted(range(len(names)), key=lambda row: (least[row], names[row]))
    return [{"picture": names[row]} | {name: _number(values[row]) for name, values in columns.items()} for row in order]


def _number(value):
    return float(value) if np.isfinite(value) else None


def _as_csv(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().rstrip("\n")


def _as_table(rows):
    cells = [
        [row["picture"], *("none" if value is None else f"{value:.4g}" for value in list(row.values())[1:])] for row in rows
    ]
    return _table.aligned([list(rows[0]), *cells])


def main(_):
    """Scores pictures and test examples, and prints a row for each picture."""
    chosen = pictures.named()
    subject = _subject.load(pictures.WORKDIR.value, pictures.MODEL.value, DATA.value, DATA_DIR.value)
    model = pictures.of_pictures(subject.model)
    with waiting.told():
        x = pictures.examples(chosen, model, subject.data.preprocessing)
        usual = _usual(subject)
        rows = _rows(list(chosen), _scored(model, x, usual))
    setup = subject.setup | {"test_examples": len(usual), "num_samples": NUM_SAMPLES.value, "seed": pictures.SEED.value}
    as_text = {"json": lambda: json.dumps(setup | {"pictures": rows}, allow_nan=False), "csv": lambda: _as_csv(rows)}
    print((as_text | {"table": lambda: _as_table(rows)})[FORMAT.value]())


def console():
    """The console script `zoo-find_anomalies`."""
    binary.run(main, required=["pictures"])


if __name__ == "__main__":
    console()
