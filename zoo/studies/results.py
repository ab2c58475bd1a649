"""What a study has found: files of one JSON object a line, a line for each run and seed. They are what a study keeps.

run, seed            which
config, changes      the name of the config, and what was changed of it
experiment           the whole config
measures             {key: {"measure", "options", "values": {name: [value, standard error or null]}, "reasons": {name: why there
                     is no value}, "failed": [names], "settings"}}; the name of a number in a table is TABLE/ROW/NAME
nets                 {key: what the net is, and the hash of its files}
commit, measured_commit    of the code at the start of the training, and when it was measured
machine              processor, cores, versions
training_seconds, evaluation_seconds    of the processes, from their start to their end, over all restarts
parameters           {network: how many}

Each shard of a study writes a file of its own, and all are read together. A file is written as a whole and then renamed.
"""

import json
import pathlib

from zoo import atomic
from zoo.config import ConfigError, check
from zoo.studies import jobs
from zoo.training.workdir import FREE_FIELDS, changed_fields

# A run of other length has another result.
FREE = FREE_FIELDS - {"training.steps"}


FIELDS = {"run", "seed", "measures", "nets", "experiment"}  # what a line cannot do without


class ResultsError(ValueError):
    """Results that cannot be used, or not for this study; one line."""


def file_of(output, share=(1, 1)):
    """The file that a shard of a study writes."""
    number, count = share
    return pathlib.Path(output, "results.jsonl" if count == 1 else f"results-{number}-of-{count}.jsonl")


def read_file(path):
    """(the lines of a file as dictionaries, what is to be said of a last line that was cut off, or "").

    Raises:
      ResultsError: for any other line that is no result.
    """
    lines, said = [], ""
    texts = [text for text in path.read_text(errors="replace").split("\n") if text] if path.is_file() else []
    for number, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except ValueError:
            line = None
        if isinstance(line, dict) and line.keys() >= FIELDS:
            lines.append(line)
        elif line is None and number == len(texts):
            said = f"{path}, line {number}: cut off; the others are used, and its run is done again"
        else:
            raise ResultsError(f"{path}, line {number}: is no result of a study; remove it")
    return lines, said


class Results:
    """Those of all files in a folder, and the file that is written.

    Attributes:
      lines: {(run, seed): line}; of several with the same run the one with most measures, else the first.
      remarks: what is to be said of the files, a line each.
    """

    def __init__(self, output, share=(1, 1)):
        self.path = file_of(output, share)
        self.lines, self.remarks, self._origin = {}, [], {}
        self._own = {}
        for path in sorted(pathlib.Path(output).glob("results*.jsonl")):
            lines, said = read_file(path)
            self.remarks += [said] if said else []
            for line in lines:
                self._join(line, path)

    def _join(self, line, path):
        key = line["run"], line["seed"]
        if path == self.path:
            self._own[key] = line
        there = self.lines.get(key)
        if there is not None and (names := differing(there, line)):
            shown = ", ".join(names[:3]) + (" ..." if names[3:] else "")
            self.remarks.append(f"{key[0]}, seed {key[1]}: {self._origin[key].name} and {path.name} differ in {shown}")
        if there is None or len(line["measures"]) > len(there["measures"]):
            self.lines[key], self._origin[key] = line, path

    def add(self, line):
        """Takes up a line, in the place of one that this file has of the same run, and writes the file.

        Raises:
          OSError: if it cannot be written; the file is left as it was.
        """
        key = line["run"], line["seed"]
        own = self._own | {key: line}
        atomic.write(self.path, "".join(json.dumps(each, allow_nan=False) + "\n" for each in own.values()))
        self._own, self.lines[key], self._origin[key] = own, line, self.path

    def check(self, study, found):
        """Refuses results of other configs, measures or nets than the study now has.

        Args:
          study: a Study.
          found: its jobs.

        Raises:
          ResultsError: one line, which names the run and the fields.
        """
        for job in found:
            line = self.lines.get((job.run.name, job.seed))
            if line is not None and (changes := _changes(study, job, line)):
                raise ResultsError(
                    f"{self._origin[job.run.name, job.seed]} has {job.name}, of another study: {'; '.join(changes)}; "
                    "bring back what it was, call the run otherwise, or remove its line"
                )

    def missing(self, job):
        """The keys of the measures that a job's line lacks; None if it has no line."""
        line = self.lines.get((job.run.name, job.seed))
        return None if line is None else [key for key in job.questions if key not in line["measures"]]


def differing(first, second):
    """The names of the values, of measures that both lines have, that are not the same; or of the config."""
    if first["experiment"] != second["experiment"]:
        return ["config"]
    names = []
    for key in first["measures"].keys() & second["measures"].keys():
        one, other = (line["measures"][key]["values"] for line in (first, second))
        names += [f"{key}/{name}" for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    return sorted(names)


def _changes(study, job, line):
    """In what a line is of another study."""
    try:
        # What has become a field since has its default.
        found = changed_fields(check(line["experiment"]), job.config, FREE)
    except ConfigError as error:
        found = [str(error)]
    for key, asked in job.questions.items():
        if key in line["measures"]:
            found += _changed_question(key, line["measures"][key], asked)
    for key, net in jobs.nets_of(study, {k: job.questions[k] for k in line["measures"].keys() & job.questions.keys()}).items():
        then = {name: line["nets"].get(key, {}).get(name) for name in vars(net)}
        found += [f"net {key}: {name} was {then[name]!r}, now {now!r}" for name, now in vars(net).items() if then[name] != now]
    return found


def _changed_question(key, then, now):
    if then["measure"] != now["measure"]:
        return [f"measure {key} was {then['measure']}, now {now['measure']}"]
    old = jobs.defaults(now["measure"]) | then["options"]
    old, new = ({name: _plain(value) for name, value in options.items()} for options in (old, now["options"]))
    changed = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    return [f"measure {key}: {name} was {old.get(name)!r}, now {new.get(name)!r}" for name in changed]


def _plain(value):
    """As JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value
