"""Whole runs from a program: build, train, restore."""

from absl import logging

from zoo import config_files, models
from zoo import data as data_sets
from zoo.config import ConfigError, check
from zoo.data import given
from zoo.export import card, check_exportable, export
from zoo.interface import warm_start
from zoo.interface.model import Model
from zoo.training import dry_run, loop
from zoo.training.workdir import Workdir, WorkdirError
from zoo.training.workdir import restore as restore_run


def _experiment(config):
    return config_files.load(config) if isinstance(config, str) else check(config)


def build(config, *, data=None, event_shape=None, preprocessing=None, data_dir=None):
    """The compiled model of a config.

    Args:
      config: what `zoo.experiment` returns, or the name or path of a config file.
      data: in place of the config's: an array, (x, labels), a finite tf.data.Dataset (zoo/data/given.py); or a loaded data set
        that the config describes, to share one between models.
      event_shape, preprocessing: of one x, and of the pixels that become x, to build without any data; one of the two is
        enough. Such a model is trained on batches of x only.
      data_dir: where data sets lie, if the data is to be loaded here.

    Returns:
      zoo.Model, ready for `model.fit`.

    Raises:
      ConfigError: one line, for a config that cannot work.
    """
    config = _experiment(config)
    if data is not None and not isinstance(data, data_sets.Dataset):
        config, data = given.of(config, data)
    options = {"event_shape": event_shape, "preprocessing": preprocessing, "data_dir": data_dir}
    return models.build(config, data=data, face=Model, **options)


def described(config, data_dir=None):
    """What a run would be, by zoo.training.dry_run, whose errors and whose own are raised; nothing is written."""

    def checked(model):
        check_exportable(model)
        if config.training.start_from:
            warm_start.start(model, config.training)

    return dry_run.describe(config, data_dir, checked)


def run(config, workdir, *, data=None, data_dir=None, strategy=None, own_process=False):
    """Trains in a working directory, and exports the model there; started again, goes on exactly where it was.

    Args:
      config: an experiment.
      workdir: a path.
      data: in place of the config's: an array, (x, labels), a finite tf.data.Dataset, or a data set of the zoo, which comes
        before what the config says of its data. It has to be given again to go on.
      data_dir: where data sets lie.
      strategy: of zoo.training.strategy; None for one device.
      own_process: see zoo.training.loop.train.

    Returns:
      {"step", "reason"}: see zoo.training.loop.train, of which these are the errors too.
    """
    if data is not None:
        config, data = given.of(config, data)

    def finish(model, folder):
        about = card.about_run(folder.path.name, config, fingerprint=folder.fingerprint())
        export(model, folder.saved_model, overwrite=True, about=about)

    start = None
    if config.training.start_from:
        start = lambda model: warm_start.start(model, config.training)  # noqa: E731
    options = {"data": data, "start": start, "own_process": own_process}
    return loop.train(config, workdir, data_dir, finish, strategy, check_exportable, **options)


def train(config, workdir, *, data=None, data_dir=None):
    """Trains a config in a working directory, as tools.train does, and returns the model.

        model = zoo.train("vae_digits", "runs/faces", data=faces)      # uint8 [n, 28, 20]

    Started again with the same arguments it goes on where it was, or only returns the model where it had finished.

    Args:
      config: what `zoo.experiment` returns, or the name or path of a config file.
      workdir: a folder.
      data: see zoo/data/given.py; None for the data that the config names.
      data_dir: where data sets lie.

    Returns:
      zoo.Model.

    Raises:
      ConfigError, WorkdirError: one line each, before anything is written.
    """
    config = _experiment(config)
    run(config, workdir, data=data, data_dir=data_dir)
    return restore(workdir, data=data, data_dir=data_dir)


def restore(workdir, *, data=None, data_dir=None):
    """The trained model of a working directory, with its data.

    The best checkpoint where the run keeps one, else the newest; averaged weights where it keeps those.

    Args:
      workdir: the folder of a run.
      data: what the run was given, if it was given something.
      data_dir: where data sets lie.

    Returns:
      zoo.Model. Where its data cannot be loaded, or have changed, a warning says why, and `model.data` is None.

    Raises:
      WorkdirError: if there is no run, no usable checkpoint, or the data are others than those of the run.
    """
    config, _ = Workdir(workdir).read()
    if data is not None:
        given_config, data = given.of(config, data)
        if Workdir(workdir).fingerprint() != data.known_by(config.model) or given_config.data != config.data:
            raise WorkdirError(f"{workdir} was trained on other data than these; give what it was trained on, or none")
    else:
        data = _data(Workdir(workdir), config, data_dir)
    return restore_run(workdir, data=data, face=Model)[0]


def _data(workdir, config, data_dir):
    try:
        found = data_sets.load(config.data, data_dir)
        workdir.check_data(config, found)
    except (ConfigError, WorkdirError) as error:
        logging.warning("the model has no data: %s", error)
        return None
    return found
