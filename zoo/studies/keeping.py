"""What is kept of a run that has been measured: its line, its pictures, and as much of its folder as is asked for."""

import json
import shutil

from zoo import atomic, config_files, machine
from zoo.studies import jobs, measuring
from zoo.studies.place import StudyError
from zoo.studies.processes import clock

KEEP = ("all", "model", "nothing")
# What --keep=model removes.
WEIGHTS = ("checkpoints", "best", "tensorboard")


def config_text(job):
    """The text of a config file of a job, by which anybody can train it again."""
    given = job.run.config if job.run.config in config_files.names() else str(config_files.find(job.run.config).absolute())
    return f'''{job.name + "."!r}

import zoo


def get_config():
    """The experiment."""
    return zoo.start_from({given!r}, {job.changes!r})
'''


def result(job, folder, nets, study):
    """The line of a run that has been measured."""
    measures = {}
    for key, asked in job.questions.items():
        found = measuring.read_json(measuring.answer_file(folder, key))
        if found is None:
            raise StudyError(f"{job.name}: {key} was not answered; see {folder}")
        measures[key] = {"measure": asked["measure"], "options": asked["options"]} | {
            name: found[name] for name in ("values", "reasons", "failed", "settings")
        }
    used = jobs.nets_of(study, job.questions)
    return {
        "run": job.run.name,
        "seed": job.seed,
        "config": job.run.config,
        "changes": job.changes,
        "commit": measuring.read_json(folder / "commit.json"),
        "measured_commit": machine.commit(),
        "machine": machine.described(),
        "training_seconds": round(clock(folder, "train"), 1),
        "evaluation_seconds": round(clock(folder, "measure"), 1),
        "parameters": (measuring.read_json(folder / "subject.json") or {}).get("parameters", {}),
        "nets": {key: nets[key] for key in used},
        "measures": measures,
        "experiment": json.loads(job.config.to_json()),
    }


def keep_pictures(folder, kept, job):
    """Copies a run's last picture of each kind to DIR/pictures/RUN_SEED_KIND.png."""
    # By step, which their names end with.
    for path in sorted(folder.glob("*.png")):
        with atomic.file(kept / f"{job.file_name}_{path.stem.rpartition('_')[0]}.png") as file:
            file.write(path.read_bytes())


def discard(folder, keep):
    """Removes what need not be kept of a run that is measured."""
    if keep == "nothing":
        shutil.rmtree(folder, ignore_errors=True)
    elif keep == "model":
        for name in WEIGHTS:
            shutil.rmtree(folder / "train" / name, ignore_errors=True)
