"""Measures how fast the zoo is, beside stock Keras, PyTorch and the machine's matrix products, in one run.

python -m tools.benchmark [--suite=train,evaluate,data,start] [--peers=keras,pytorch] [--output FILE.json] [--data_dir DIR]
python -m tools.benchmark --works=ehm_step --profile      # where the time of the zoo's own step goes

Standard output is one JSON object; standard error holds what is being measured, and a table. PyTorch takes part if it is
installed (pip install torch==2.13.0); it is no requirement of the project.
"""

import json
import pathlib
import sys
import tempfile

from absl import flags

from zoo import atomic, paths

from . import binary
from .benchmarks import machine, results, running, table, zoo_side
from .benchmarks.workers import Workers

SUITES = ("train", "evaluate", "data", "start", "curves")
PEERS = ("keras", "pytorch")
SUITE = flags.DEFINE_list("suite", None, f"Of {', '.join(SUITES)}; default all.")
WORKS = flags.DEFINE_list("works", None, f"Of {', '.join(running.names())}; default all of the suites.")
PEER = flags.DEFINE_list("peers", list(PEERS), f"Of {', '.join(PEERS)}; default both.")
OUTPUT = flags.DEFINE_string("output", None, "A file for the JSON object, as well as standard output.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
PROFILE = flags.DEFINE_bool("profile", False, "The time of each kind of operation, and no comparison.")
ROUNDS = flags.DEFINE_integer("rounds", 5, "Blocks that each contestant measures.", lower_bound=1)


def _among(flag, names):
    if unknown := [name for name in flag.value or () if name not in names]:
        raise ValueError(f"--{flag.name}: unknown {unknown[0]!r}; choose from {', '.join(names)}")


def _chosen():
    """The works to do, in the order of the suites."""
    _among(SUITE, SUITES)
    _among(PEER, PEERS)
    _among(WORKS, running.names())
    suites = SUITE.value or SUITES
    works = {name: running.load(name).SUITE for name in WORKS.value or running.names()}
    return sorted(
        (name for name, suite in works.items() if suite in suites or WORKS.value), key=lambda n: SUITES.index(works[n])
    )


def _profiles(chosen):
    """{work: profile of its step}, and a table of each on standard error."""
    own = {name: running.load(name).contestants(DATA_DIR.value).get("zoo") for name in chosen}
    if others := [name for name, contestant in own.items() if contestant is None or contestant.task not in zoo_side.PROFILES]:
        raise ValueError(f"--profile is of training steps and of the bound, not of {others[0]}; choose others by --works")
    found = {}
    for name, contestant in own.items():
        found[name] = zoo_side.PROFILES[contestant.task](**contestant.options)
        print(table.of_profile(name, found[name]), file=sys.stderr, flush=True)
    return found


def main(_):
    """Runs the works, and prints what was found."""
    chosen = _chosen()
    output = paths.to_write(OUTPUT.value, "output") if OUTPUT.value else None
    found = {"machine": machine.described(), "profiles": _profiles(chosen)} if PROFILE.value else _compared(chosen)
    text = json.dumps(found, allow_nan=False)
    print(text)
    if output:
        atomic.write(output, text + "\n")


def _compared(chosen):
    found = {"machine": machine.described(), "works": {}}
    with tempfile.TemporaryDirectory() as scratch, open(pathlib.Path(scratch) / "log", "w") as log:
        for name in chosen:
            with Workers(log) as workers:
                made = running.run(name, workers, ROUNDS.value, PEER.value, DATA_DIR.value, scratch)
            found["works"][name] = results.report(*made)
            print(table.of_work(name, found["works"][name]), file=sys.stderr, flush=True)
    print(table.markdown(found["works"]), file=sys.stderr)
    return found


def console():
    """The console script `zoo-benchmark`."""
    binary.run(main)


if __name__ == "__main__":
    console()
