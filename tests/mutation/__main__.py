"""Mutation testing: makes small mistakes in the sources, one at a time, and lists those that no quick test notices.

    python -m tests.mutation --paths zoo/objectives zoo/export --sample 100 --seed 0

A mutant's tests are those that reach its function, its own file's first, then the fastest, as many as `--seconds` of processor
time allow. Results are kept in `--store` as they come: a killed run goes on where it was, and a mutant is tried again when its
file changed. The tree itself is never changed. `tests/equivalent_mutants.txt` lists mutants that change nothing.
"""

import argparse
import collections
import gc
import hashlib
import importlib
import json
import os
import pathlib
import random
import signal
import sys
import tempfile
import time

from tests.mutation import forked, reached
from tests.mutation.mutants import mutants

# What takes long to import; a child imports the rest.
LIBRARIES = (
    "tensorflow",
    "keras",
    "tensorflow_probability",
    "tensorflow_datasets",
    "ml_collections",
    "hypothesis",
    "PIL.Image",
    "matplotlib.pyplot",
    "sklearn.linear_model",
    "sklearn.neighbors",
    "sklearn.pipeline",
    "sklearn.preprocessing",
    "tensorboard.compat.proto.event_pb2",
    "tensorboard.plugins.hparams.api",
    "anyio.pytest_plugin",
    "xdist.plugin",
)
EQUIVALENT = "tests/equivalent_mutants.txt"


def arguments(argv=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path, default=forked.ROOT, help="the tree (this one)")
    parser.add_argument("--paths", nargs="+", default=["zoo"], help="folders or files below the root whose sources are mutated")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="folders or files of tests that may be used")
    parser.add_argument("--sample", type=int, help="how many mutants, chosen at random (all)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="processor time of the tests of one mutant")
    parser.add_argument("--store", type=pathlib.Path, default=forked.ROOT / "runs/mutation", help="records and results")
    parser.add_argument("--imports", nargs="+", default=LIBRARIES, help="libraries imported once, before anything is forked")
    parser.add_argument("--again", action="store_true", help="try again what survived: after tests were added")
    return parser.parse_args(argv)


def python_files(root, paths, pattern="*.py"):
    """Paths from the root of all sources in folders, or of the files themselves."""
    found = {file for path in paths for file in ([root / path] if (root / path).is_file() else (root / path).rglob(pattern))}
    if not found:
        raise SystemExit(f"no {pattern} below {', '.join(paths)}")
    return sorted(str(file.relative_to(root)) for file in found)


def equivalents(text):
    """What the list of equivalents names, a set: see `named`.

    A block is `path`, `- before`, `+ after`, then the reason. Without the `+` it means all mutants of these lines, and
    `path function` without lines all of that function.
    """
    found = set()
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        if lines:
            sides = [" ".join(" ".join(line[1:] for line in lines if line.startswith(side)).split()) for side in "-+"]
            found.add((*lines[0].split(), *filter(None, sides)))
    return found


def named(mutant):
    """The three ways in which the list may name a mutant."""
    path, function, before, after = mutant.key
    return {(path, before, after), (path, before), (path, function)}


def chosen_tests(mutant, records, seconds):
    """(names, their seconds) of the tests that reach the mutant's function: those that mirror the file first, then the fastest.

    What stands outside functions is left to the tests that reach any function of the file, lie in its folder's mirror, or at
    the top.
    """
    mirror = mutant.path.replace("zoo/", "tests/", 1).removesuffix(".py") + "_test.py"
    function = f"{mutant.path} {mutant.function}"
    exact, wide = [], []
    for file, record in records.items():
        beside = pathlib.Path(file).parent in (pathlib.Path(mirror).parent, pathlib.Path("tests"))
        for name, test in record["tests"].items():
            # Whether a test needs what several tests of its file share is not known: the first of them pays for it.
            row = (file != mirror, test["seconds"] + record["shared_seconds"], name, test["seconds"], record["shared_seconds"])
            reached = {*test["reached"], *record["shared"]}
            exact += [row] * (function in reached)
            wide += [row] * (beside or any(entry.startswith(f"{mutant.path} ") for entry in reached))
    chosen, paid, cost = [], set(), 0
    for *_, name, own, shared in sorted(exact or wide):
        file = name.partition("::")[0]
        price = own + (shared if file not in paid else 0)
        if cost + price <= seconds:
            chosen.append(name)
            paid.add(file)
            cost += price
    return chosen, cost


class InOrder:
    """A plugin of pytest that runs the chosen tests alone, in their order."""

    def __init__(self, names):
        self.place = {name: place for place, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items):
        items[:] = sorted((item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid])


def tried(tree, mutant, records, seconds):
    """A generator that ends with (status, the failure, seconds of processor time); it yields while the tests run.

    The status is "killed", "survived", "timed out" (of the processor time) or "stuck" (by the clock: tried again another time).
    """
    names, cost = chosen_tests(mutant, records, seconds)
    if not names:
        return "survived", "no test reaches it", 0.0
    files = list(dict.fromkeys(name.partition("::")[0] for name in names))
    with forked.replaced(tree / mutant.path, mutant.source):
        child = forked.Child(tree, ["-x", *files], [InOrder(names)], seconds=30 + 3 * cost)
        try:
            while (code := child.ended()) is None:
                yield
        finally:
            child.kill()
    if code == 0:
        return "survived", "", child.used
    if failure := next((line for line in child.log().splitlines() if line.startswith(("FAILED ", "ERROR "))), ""):
        return "killed", failure, child.used
    return {-signal.SIGXCPU: "timed out", -signal.SIGKILL: "stuck"}.get(code, "killed"), f"exit code {code}", child.used


def results(work, mutants_left, records, options):
    """(mutant, what `tried` ends with) as they come, from as many copies of the tree as there are jobs."""
    waiting, running = collections.deque(mutants_left), {}
    trees = [forked.copy_of(options.root, f"{work}/tree{job}") for job in range(options.jobs)]
    while waiting or running:
        for tree in trees:
            if tree not in running and waiting:
                mutant = waiting.popleft()
                running[tree] = mutant, tried(tree, mutant, records, options.seconds)
        for tree, (mutant, run) in list(running.items()):
            try:
                next(run)
            except StopIteration as end:
                del running[tree]
                yield mutant, end.value
        time.sleep(0.02)


def sampled(options):
    """Mutant -> digest, of the sources asked for."""
    texts = {path: (options.root / path).read_text() for path in python_files(options.root, options.paths)}
    found = [mutant for path, text in texts.items() for mutant in mutants(path, text)]
    if options.sample is not None:
        found = random.Random(options.seed).sample(found, min(options.sample, len(found)))
    return {mutant: hashlib.sha256(repr((mutant.key, texts[mutant.path])).encode()).hexdigest()[:16] for mutant in found}


def known(digests, options, rows):
    """Digest -> status, of what need not be tried."""
    listed = options.root / EQUIVALENT
    same = equivalents(listed.read_text()) if listed.exists() else set()
    again = ("stuck", "survived") if options.again else ("stuck",)
    status = {row["digest"]: row["status"] for row in rows if row["status"] not in again}
    return status | {own: "equivalent" for mutant, own in digests.items() if named(mutant) & same}


def main(argv=None):
    """The command: returns folder -> Counter of statuses."""
    options = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by a signal; the same command goes on"))
    digests = sampled(options)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for name in options.imports:
        importlib.import_module(name)
    gc.freeze()  # or each child looks through all of TensorFlow's objects for garbage
    records = reached.record(options.root, python_files(options.root, options.tests, "*_test.py"), options.store / "reached")
    file = options.store / "results.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    status = known(digests, options, rows)
    left = [mutant for mutant in digests if digests[mutant] not in status]
    print(f"{len(digests)} mutants, {len(left)} of them to be tried", flush=True)
    # What a killed child has started may still write for a moment.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work, file.open("a") as kept:
        began = time.monotonic()
        for number, (mutant, (outcome, failure, seconds)) in enumerate(results(work, left, records, options), 1):
            status[digests[mutant]] = outcome
            row = {"digest": digests[mutant], "status": outcome, "seconds": round(seconds, 1), "failure": failure}
            print(json.dumps({**row, "diff": mutant.diff}), file=kept, flush=True)
            if outcome != "killed":
                rate = 60 * number / (time.monotonic() - began)
                print(f"{outcome} {failure} ({number}/{len(left)}, {rate:.1f} a minute)\n{mutant.diff}", flush=True)
    return summary({mutant: status[own] for mutant, own in digests.items()})


def summary(statuses):
    """Prints one line a folder and one for all; returns folder -> Counter of statuses."""
    counts = collections.defaultdict(collections.Counter)
    for mutant, status in statuses.items():
        counts[str(pathlib.Path(mutant.path).parent)][status] += 1
    for folder, count in [*sorted(counts.items()), ("all", sum(counts.values(), collections.Counter()))]:
        noticed = count["killed"] + count["timed out"]
        share = 100 * noticed / max(1, count.total() - count["equivalent"])
        print(f"{folder}: {', '.join(f'{n} {status}' for status, n in sorted(count.items()))}: {share:.1f} % noticed")
    return dict(counts)


if __name__ == "__main__":
    main()
