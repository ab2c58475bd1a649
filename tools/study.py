"""Runs a study: trains and measures what has no result yet, and makes its tables and figures. Run again, it goes on.

python -m tools.study --study configs/studies/digits.py --output DIR [--shard=1/2] [--processes=2] [--keep=nothing]
python -m tools.study --study configs/studies/digits.py --output DIR --only=report

DIR/results*.jsonl, DIR/pictures, DIR/nets and the report are what is kept; DIR/runs may be removed at any time, and what is
measured already is not trained again.
"""

import sys

from absl import flags

from zoo import atomic, paths, shares
from zoo.studies import jobs, keeping, measuring, report, running
from zoo.studies.place import Place

from . import binary

STUDY = flags.DEFINE_string("study", None, "A study file, or the name of one of the zoo's.")
OUTPUT = flags.DEFINE_string("output", None, "Folder of the results.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
SHARD = flags.DEFINE_string("shard", "1/1", "The share of the runs that this process does, like 1/2.")
ONLY = flags.DEFINE_enum("only", None, ["nets", "report"], "Train the classifiers alone, or make the report alone.")
PROCESSES = flags.DEFINE_integer("processes", 1, "Runs at once; each takes all cores, or its share of them.", lower_bound=1)
KEEP = flags.DEFINE_enum(
    "keep", "all", keeping.KEEP, "What is left of a measured run: all, the exported model without checkpoints, or nothing."
)
MEASURE = flags.DEFINE_string("measure", None, "The folder of one run to measure in this process; what a study starts itself.")


class Commands:
    """The processes of a study: other tools, and this one."""

    def _tool(self, name, *arguments):
        given = ["--data_dir", DATA_DIR.value] if DATA_DIR.value else []
        return [sys.executable, "-m", f"{__package__}.{name}", *map(str, arguments), *given]

    def train(self, config, workdir):
        """Trains a run."""
        return self._tool("train", "--config", config, "--workdir", workdir)

    def measure(self, folder):
        """Measures it."""
        return self._tool("study", "--measure", folder)

    def net(self, net, folder):
        """Trains a classifier."""
        about = ["--data", net.data, "--seed", net.seed, "--part", net.part, "--epochs", net.epochs]
        return self._tool("train_classifier", *about, "--output", folder)


def _report(study, place):
    for remark in report.write(study, place, STUDY.value).remarks:
        print(remark, file=sys.stderr)
    print(f"the report is in {place.output / report.NAME}")


def main(_):
    """Runs the study, or one run's measures."""
    if MEASURE.value:
        measuring.measure(paths.expanded(MEASURE.value), DATA_DIR.value)
        return
    if not (STUDY.value and OUTPUT.value):
        raise ValueError("--study and --output are required: a study file, and the folder of its results")
    place = Place(paths.expanded(OUTPUT.value))
    atomic.check_written_by(report.WRITER, place.output / report.NAME)
    if ONLY.value == "report":
        if not list(place.output.glob("results*.jsonl")):
            raise ValueError(f"--output {place.output}: holds no results of a study, no results*.jsonl; give another folder")
        _report(jobs.read(STUDY.value), place)
        return
    study, found = jobs.load(STUDY.value)
    share, only_nets = shares.parse(SHARD.value, "--shard"), ONLY.value == "nets"
    failed = running.work(study, found, place, Commands(), share, PROCESSES.value, KEEP.value, only_nets)
    if not only_nets:
        _report(study, place)
    if failed:
        sys.exit(f"error: {len(failed)} runs failed: {'; '.join(failed)}; the same command tries them again")


def console():
    """The console script `zoo-study`."""
    binary.run(main)


if __name__ == "__main__":
    console()
