"""A whole run: build, go on from where it was, fit, draw, export."""

import contextlib

import tensorflow as tf

from zoo import data as data_sets
from zoo.config import ConfigError
from zoo.evaluation import draws
from zoo.models import build
from zoo.training.guard import Guard
from zoo.training.logs import RECONSTRUCTED, Events, Metrics, Pictures
from zoo.training.progress import Progress
from zoo.training.saving import Saving
from zoo.training.signals import Signals, Stopping
from zoo.training.strategy import check_together, is_chief
from zoo.training.workdir import Workdir, keeps_best, write_json


def train(config, workdir, data_dir=None, finish=None, strategy=None, check=None, data=None, start=None, own_process=False):
    """Trains a config in a working directory; started again, goes on exactly where it was.

    Args:
      config: what `zoo.config.check` returns.
      workdir: a path.
      data_dir: where data sets lie.
      finish: called with the trained model and the Workdir before the run counts as finished (the export), by the chief.
      strategy: of zoo.training.strategy; None for one device.
      check: called with the model before the first step of a new run, to refuse one that could not be finished.
      data: the data set of the config, if it is loaded already.
      start: called with the model where the run has no checkpoint yet, to put other weights into it.
      own_process: whether the process is there for this run alone, so that a signal may end it at once.

    Returns:
      {"step", "reason"}: where and why the run ended ("steps" or "early stopping").

    Raises:
      ConfigError, WorkdirError: one line each, before anything is written.
      SystemExit: after SIGTERM or SIGINT, with 128 + the signal's number; the run is saved (zoo/training/signals.py).
      KeyboardInterrupt: for SIGINT where nothing is unsaved, or a second one, if the process is not the run's own.
    """
    workdir = Workdir(workdir)
    workdir.check(config)
    if finished := workdir.finished(config):
        return finished
    data = data or data_sets.load(config.data, data_dir)
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model = build(config, data=data)
    check_run(config, data, model)
    if check and workdir.is_new():
        check(model)
    if start and not workdir.has_checkpoint():
        with strategy.scope():
            start(model)
    chief = is_chief(strategy)
    with workdir.locked() if chief else contextlib.nullcontext(), Signals(own_process) as signals, _own_words(data):
        if chief:
            workdir.check(config)
            workdir.sweep()
            workdir.write(config, data.preprocessing, data.known_by(config.model))
        end = _run(config, workdir, data, model, signals, chief)
        if chief:
            _finish(model, workdir, end, finish)
        # A worker that leaves early looks dead to the others.
        check_together(strategy, end["step"])
        return end


def _finish(model, workdir, end, finish):
    if finish:
        with model.averaged():
            finish(model, workdir)
    write_json(workdir.finished_file, end)


def check_run(config, data, model):
    """What only the data and the model together can tell; raises ConfigError."""
    training = config.training
    if config.data.batch_size > data.size("train"):
        raise ConfigError(f"config.data.batch_size: {config.data.batch_size} is more than the {data.size('train')} examples")
    if training.validate_every and "validation" not in data.splits:
        raise ConfigError("config.training.validate_every: there is no validation split; set config.data.validation_fraction")
    if training.start_networks and not training.start_from:
        raise ConfigError("config.training.start_networks: is of training.start_from, which names no model; leave it out")
    for field, off in (("early_stopping_patience", 0), ("keep_best", False)):
        if training[field] and not model.has_likelihood_bound:
            raise ConfigError(f"config.training.{field}: this model has no ELBO to watch; set it to {off}")


def _run(config, workdir, data, model, signals, chief):
    saving = Saving(model, workdir, config.training, chief)
    step = saving.restore()
    check_together(model.distribute_strategy, step)
    guard = Guard(config, data, workdir.path if chief else None)
    shown, close = _shown(config, workdir, data, step) if chief else ([], lambda: None)
    # Saving comes after what logs, and stopping after saving.
    callbacks = [guard, *shown, saving, Stopping(saving, signals, model.distribute_strategy)]
    for callback in callbacks:
        callback.set_model(model)  # `fit` does so too, and is not called where no step is left
    _fit(config, data, model, saving, callbacks)
    saving.save()
    signals.unsaved = False
    end = {"step": int(model.step.numpy()), "reason": "early stopping" if saving.stopped_early else "steps"} | saving.best_known
    if keeps_best(config.training):
        saving.best.restore()
    close()
    return end


def _shown(config, workdir, data, step):
    """The callbacks by which the chief shows the run, on the terminal and in files, and what ends them."""
    events = Events(workdir.path / "tensorboard", step)
    progress = Progress(step, config.training.steps)
    metrics = Metrics(workdir.path / "metrics.jsonl", events, step)
    pictures = _pictures(config, workdir, data, events, step)

    def close():
        progress.close()
        for picture in pictures:
            picture.draw()

    return [progress, metrics, *pictures], close


def _pictures(config, workdir, data, events, step):
    if len(data.event_shape) != 3 or data.event_shape[-1] not in (1, 3):
        return []
    examples, labels = draws.examples(data, RECONSTRUCTED)
    training = config.training
    return [Pictures(workdir.pictures, events, examples, training.pictures_every, training.seed, step, labels)]


def _fit(config, data, model, saving, callbacks):
    """One Keras epoch is one log interval, or what is left of it where the run was stopped within one."""
    training, told = config.training, bool(config.model.num_classes)
    while (step := int(model.step.numpy())) < training.steps and not saving.stopped_early:
        interval = min(training.log_every, training.steps)
        whole = (training.steps - step) // interval if step % interval == 0 else 0
        length = interval if whole else min(interval - step % interval, training.steps - step)
        validation = training.validate_every and (step + length) % interval == 0
        first = step // interval
        model.fit(
            data.batches("train", config.data.batch_size, seed=training.seed, start_step=step, labels=told),
            initial_epoch=first,
            epochs=first + max(whole, 1),
            steps_per_epoch=length,
            callbacks=callbacks,
            validation_data=data.ordered_batches("validation", config.data.batch_size, told) if validation else None,
            validation_freq=training.validate_every // training.log_every if validation else 1,
            verbose=0,
        )


@contextlib.contextmanager
def _own_words(data):
    """Why reading failed, in place of the error that tf.data makes of it."""
    try:
        yield
    except tf.errors.OpError:
        if data.failure:
            raise data.failure from None
        raise
