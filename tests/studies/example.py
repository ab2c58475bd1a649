"""A small study for the tests, and commands in place of its processes that need no TensorFlow."""

import json
import sys

from zoo.studies import Measure, Net, Run, Study, jobs

SHORT = {"training.steps": 20, "training.log_every": 10, "training.steps_per_execution": 5, "training.pictures_every": 0}


def study(**changes):
    """Two rows of two seeds, and a floor, measured in two ways."""
    parts = {
        "runs": [
            Run("VAE", "vae_digits"),
            Run("EHM, z 4", "ehm_digits", {"model.latent_size": 4}, baseline="VAE"),
            Run("data", "vae_digits", floor=True),
        ],
        "seeds": 2,
        "changes": SHORT,
        "measures": {"pixels": Measure("samples", num_examples=50), "bound": Measure("likelihood", num_samples=2)},
    }
    return Study(**(parts | changes))


def line(job, values=None, **more):
    """A line of the results of a job, with a number for each measure."""
    measures = {
        key: asked | {"values": (values or {}).get(key, {"number": [1.0, 0.1]}), "reasons": {}, "failed": [], "settings": {}}
        for key, asked in job.questions.items()
    }
    about = {"run": job.run.name, "seed": job.seed, "measures": measures, "nets": {}, "parameters": {}}
    about |= {"experiment": json.loads(job.config.to_json()), "training_seconds": 2.0} | more
    return json.loads(json.dumps(about))


ANSWER = """
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
asked = json.loads((folder / "questions.json").read_text())
(folder / "measures").mkdir(exist_ok=True)
for key, question in asked["measures"].items():
    found = {"asked": question, "values": {"number": [1.0, 0.1]}, "reasons": {}, "failed": [], "settings": {}}
    (folder / "measures" / f"{key}.json").write_text(json.dumps(found))
"""


class Commands:
    """Processes that are over at once.

    Attributes:
      programs: {name of a run's folder: the Python program that is run as its training}.
      started: the folders of those trained.
    """

    def __init__(self, programs=None, measure=ANSWER):
        self.programs, self.answer, self.started = programs or {}, measure, []

    def train(self, config, workdir):
        """See zoo.studies.running.work."""
        self.started.append(workdir.parent.name)
        return [sys.executable, "-S", "-c", self.programs.get(workdir.parent.name, ""), str(workdir)]

    def measure(self, folder):
        """Answers all with 1."""
        return [sys.executable, "-S", "-c", self.answer, str(folder)]

    def net(self, net, folder):
        """Cannot be trained."""
        return [sys.executable, "-S", "-c", "raise SystemExit('error: no net')"]


__all__ = ["Commands", "Measure", "Net", "Run", "jobs", "line", "study"]
