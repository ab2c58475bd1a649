"""What a study comes to: each run and seed with its whole config and the questions asked of it. Refuses what cannot work."""

import dataclasses

from zoo import config_files, fields, paths, registry
from zoo.changes import changed
from zoo.config import ConfigError, experiment
from zoo.evaluation import features
from zoo.studies.study import Run, Study, file_name

FLOOR = "floor"  # the measure that a floor is asked


@dataclasses.dataclass(frozen=True)
class Job:
    """One run with one seed.

    Attributes:
      run, seed: which.
      config: its experiment, an ml_collections.ConfigDict.
      changes: of the config file, those of the study, of the run and of the seed together.
      questions: {key: {"measure": name, "options": {name: value}}} with every option filled in.
    """

    run: Run
    seed: int
    config: object
    changes: dict
    questions: dict

    @property
    def name(self):
        """As it is spoken of."""
        return f"{self.run.name}, seed {self.seed}"

    @property
    def file_name(self):
        """Of its folder and its pictures."""
        return f"{file_name(self.run.name)}_{self.seed}"


def load(given):
    """(Study, its jobs in the order of work) of a study file.

    Args:
      given: the name of one of the zoo's studies, or a path.

    Raises:
      ConfigError: one line.
    """
    return config_files.evaluated(given, "study", lambda study: (study, jobs(study)))


def read(given):
    """The Study of a file alone, which is quick: its configs are not looked at."""
    return config_files.evaluated(given, "study", _study)


def _study(found):
    if not isinstance(found, Study):
        raise ConfigError(f"get_study must return a zoo.studies.Study, found {found!r}")
    return found


def jobs(study):
    """Every run and seed of a study, checked, in the order of work.

    Raises:
      ConfigError: one line.
    """
    _study(study)
    for key, net in study.nets.items():
        _about(f"net {key}", experiment, data={"name": net.data}, model={}, training={})
    questions = {key: _about(f"measure {key}", question, study, measure) for key, measure in study.measures.items()}
    floors = {key: floor_of(asked) for key, asked in questions.items() if "features" in asked["options"]}
    for shown in [*study.tables, *study.figures]:
        _about(shown.title, shown.check, study)
    return [_job(study, run, seed, floors if run.floor else questions) for run, seed in study.order_of_work()]


def _about(where, function, *arguments, **named):
    """What a function returns; its errors say what they are about."""
    try:
        return function(*arguments, **named)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def _job(study, run, seed, questions):
    changes = study.changes | run.changes | {"training.seed": seed}
    if run.floor:
        changes = {path: value for path, value in changes.items() if path.partition(".")[0] == "data"}
    config = _about(f"run {run.name}", lambda: changed(config_files.load(run.config), changes))
    asked = {key: question for key, question in questions.items() if run.measures is None or key in run.measures}
    return Job(run, seed, config, changes, asked)


def defaults(measure):
    """{option: its default} of a measure.

    Raises:
      ValueError: for an unknown measure.
    """
    return {name: parameter.default for name, parameter in registry.options("measure", measure).items()}


def question(study, measure):
    """A measure with all its options, checked.

    Raises:
      ValueError: for a measure or an option that does not exist, or a value of another type.
    """
    known, options = defaults(measure.name), {}
    for name, default in known.items():
        options[name] = default
        if name in measure.options:
            options[name] = fields.typed(name, measure.options[name], default)
    if wrong := measure.options.keys() - known.keys():
        raise ValueError(f"{min(wrong)} is no option of {measure.name}; it has {', '.join(sorted(known))}")
    net = options.get("features", features.PIXELS)
    if net not in (features.PIXELS, *study.nets) and not (paths.expanded(net) / "saved_model.pb").is_file():
        choices = ", ".join([features.PIXELS, *study.nets])
        raise ValueError(f"features {net!r} is no net of the study; choose from {choices}, or give the folder of a SavedModel")
    return {"measure": measure.name, "options": options}


def floor_of(asked):
    """What a floor is asked in place of a question: the same features, and as many examples."""
    known = defaults(FLOOR)
    return {"measure": FLOOR, "options": known | {name: value for name, value in asked["options"].items() if name in known}}


def nets_of(study, questions):
    """The nets of the study that questions need, {key: Net}."""
    wanted = {asked["options"].get("features") for asked in questions.values()}
    return {key: net for key, net in study.nets.items() if key in wanted}
