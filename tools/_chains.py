"""What tools.sample does by a sampler: from a model and its critic to chains, pictures of before and after, and figures."""

import dataclasses
import json
import pathlib
import sys
import time

import numpy as np
import tensorflow as tf
from absl import flags

from zoo import atomic, noise, paths, registry
from zoo.evaluation import draws, features, results, samples, waiting
from zoo.evaluation.pictures import GAP, grid, save_png
from zoo.models import conditional
from zoo.samplers import buffer, calibration, critics, running, targets
from zoo.training import strategy

from . import _subject

SAMPLER = flags.DEFINE_enum("sampler", None, registry.names("sampler"), "Moves samples by what the model's critic knows.")
WORKDIR = flags.DEFINE_string("workdir", None, "With --sampler: folder of a run, in place of --model.")
DATA = flags.DEFINE_string("data", None, "With --sampler and --model: the data set; default that of the run it lies in.")
DATA_DIR = flags.DEFINE_string("data_dir", None, "Folder of the data sets; default TFDS_DATA_DIR or ~/tensorflow_datasets.")
SPACE = flags.DEFINE_enum("space", None, ["x", "z"], "Where chains move; default z for a ratio or --given, else x.")
GIVEN = flags.DEFINE_integer("given", None, "Samples codes of the test example with this number, P(z|x).", lower_bound=0)
NUM_STEPS = flags.DEFINE_integer("num_steps", 500, "Steps that are kept.", lower_bound=1)
BURN_IN = flags.DEFINE_integer("burn_in", None, "Steps before; default half as many, 0 for a flow.", lower_bound=0)
STEP_SIZE = flags.DEFINE_float("step_size", None, "The first one, where it is adapted; default the sampler's own.")
TEMPERATURE = flags.DEFINE_float("temperature", None, "T of the density's power 1/T; a potential's tilt has no other scale.")
START = flags.DEFINE_enum("start", "generator", ["generator", "data", "buffer"], "Where chains start.")
BUFFER = flags.DEFINE_string("buffer", None, "A .npy file of states: --start=buffer draws from it, and chains end in it.")
CALIBRATE = flags.DEFINE_bool("calibrate", None, "Fit the critic's log-ratio on held-out data; default for a ratio.")
MEASURE = flags.DEFINE_bool("measure", False, "Measures samples before and after against test examples, too.")
STRATEGY = flags.DEFINE_enum("strategy", "default", strategy.NAMES[:2], "Sample on one device, or on all of this machine.")
FEATURES = flags.DEFINE_string("features", "pixels", "With --measure: pixels, or the folder of a SavedModel.")
OPTION = flags.DEFINE_multi_string("option", [], "NAME=VALUE: an option of the sampler, like leapfrog_steps=20.")

BLOCKS = 20  # in which chains are run, each followed by a word on the time that is left
CALIBRATED_ON = 2000  # held-out examples at most, and as many samples


@dataclasses.dataclass
class Chains:
    """What is sampled: a model, its target, and what is to be said of both."""

    model: object
    data: object
    target: targets.Target
    told: dict
    x: object = None  # whose codes are sampled


def check(output):
    """Refuses what can be seen to be wrong before anything is loaded; raises ValueError."""
    if (START.value == "buffer") and not BUFFER.value:
        raise ValueError("--start=buffer needs --buffer, a .npy file that an earlier command has written")
    if BUFFER.value and pathlib.Path(BUFFER.value).suffix != ".npy":
        raise ValueError(f"--buffer {BUFFER.value}: give a name that ends in .npy")
    if output is not None and output.suffix.lower() not in (".png", ".npz"):
        raise ValueError(f"--output {output}: give a name that ends in .png, or .npz for arrays")
    if BUFFER.value:
        paths.to_write(BUFFER.value, "buffer")
    if GIVEN.value is not None and SPACE.value == "x":
        raise ValueError("--given samples codes z of an example: leave out --space=x")


def options():
    """{name: value} of --option, each of the type that the sampler's parameter has."""
    known, given = registry.options("sampler", SAMPLER.value), {}
    for text in OPTION.value:
        name, _, value = text.partition("=")
        if name not in known:
            raise ValueError(f"--option={text}: {SAMPLER.value} has {', '.join(known) or 'no options'}")
        kind = known[name].annotation
        try:
            given[name] = {"true": True, "false": False}[value.lower()] if kind is bool else kind(value)
        except (ValueError, KeyError):
            raise ValueError(f"--option={text}: {name} must be of type {kind.__name__}") from None
    return given


def _codes(model, data):
    size = data.size("test")
    if GIVEN.value >= size:
        raise ValueError(f"--given: the test split of {data.name} has examples 0 to {size - 1}, found {GIVEN.value}")
    raw = data.splits["test"].read_batch(np.array([GIVEN.value]))
    x = tf.convert_to_tensor(data.preprocessing(raw, noise.seed_for(0, 0, "evaluation")))
    return Chains(model, data, targets.of_codes(model, x, TEMPERATURE.value), {"given": GIVEN.value}, x)


def _calibrated(critic, model, data, seed):
    """(the critic as a calibrated log-ratio, what is to be said of it)."""
    split = "validation" if "validation" in data.splits else "test"
    real, _ = draws.examples(data, CALIBRATED_ON, seed, split)
    drawn = draws.generated(model, len(real), seed, critic.reads == "drawn" and model.has("log_p_x_given_z"))
    f = [tf.constant(draws.in_blocks(lambda x, positions: critic.f(x), x)) for x in (real, drawn)]
    scale, offset = (float(number) for number in calibration.calibrated(*f))
    told = {"scale": scale, "offset": offset, "split": split, "num_examples": len(real)}
    return critics.calibrated(critic, scale, offset), {"calibration": told}


def _of_critic(model, data, seed):
    critic = critics.of(model, model.critics if hasattr(model, "critics") else critics.facts(model))
    told = {"critic": critic.kind, "slope_held": critic.slope_held}
    warning, wanted = critic.warning, CALIBRATE.value
    if wanted and critic.kind not in ("ratio", "potential"):
        raise ValueError(f"--calibrate fits a log-ratio log Q(x)/P(x), and this critic is a {critic.kind}; leave it out")
    if wanted or (wanted is None and critic.kind == "ratio"):
        critic, more = _calibrated(critic, model, data, seed)
        told |= more
    space = SPACE.value or ("z" if critic.kind == "ratio" else "x")
    make = targets.in_z if space == "z" else targets.in_x
    temperature = TEMPERATURE.value
    if temperature is None and registry.find("sampler", SAMPLER.value).NEEDS == "critic":
        temperature = 1.0  # which it does not move by
    return Chains(
        model, data, make(model, critic, temperature), told | {"warnings": [warning] if warning and space == "x" else []}
    )


def prepared(subject, seed):
    """The Chains of a subject.

    Raises:
      ValueError: one line, for what cannot be sampled.
    """
    model, data = subject.model, subject.data
    if model.energy is not None:
        raise ValueError("a Boltzmann machine is sampled by its own Gibbs sweeps: leave out --sampler")
    if conditional.classes(model):
        raise ValueError("samplers are for models without classes, and this one is class-conditional")
    chains = _codes(model, data) if GIVEN.value is not None else _of_critic(model, data, seed)
    running.check(SAMPLER.value, chains.target, NUM_STEPS.value)
    return chains


def _start(chains, count, seed):
    own = noise.seed_for(0, seed, "chains/start")
    fresh = lambda: tf.convert_to_tensor(chains.target.propose(count, own))  # noqa: E731
    if START.value == "generator":
        return fresh()
    if START.value == "buffer":
        return buffer.drawn(paths.named(BUFFER.value), fresh(), seed)
    if chains.target.start_at is None:
        raise ValueError(f"--start=data: {chains.target.why_not['start_at']}")
    if chains.x is not None:
        return chains.target.start_at(tf.repeat(chains.x, count, 0), own)
    x, _ = draws.examples(chains.data, count, seed)
    if len(x) < count:
        raise ValueError(f"--start=data: the test split of {chains.data.name} has {len(x)} examples; lower --num_samples")
    return chains.target.start_at(tf.constant(x), own)


def _number(value, reason, name, reasons):
    """A number as JSON has it; None with its reason where there is none."""
    if value is not None and np.isfinite(value):
        return float(value)
    reasons[name] = reason if value is None else "chains that do not move, or values that are not finite, have none"
    return None


def diagnosed(run):
    """What chains say of themselves: of coordinates the one that is worst off."""
    reasons, flow = {}, "a flow ends after its steps, in no distribution that its chains could tell of"
    effective = None if run.effective_sample_size is None else run.effective_sample_size.min()
    r_hat = None if run.r_hat is None else run.r_hat.max()
    found = {
        "step_size": run.step_size,
        "acceptance": _number(run.acceptance, f"{SAMPLER.value} has no test of acceptance", "acceptance", reasons),
        "effective_sample_size": _number(effective, flow, "effective_sample_size", reasons),
        "r_hat": _number(r_hat, flow, "r_hat", reasons),
    }
    return found | ({"reasons": reasons} if reasons else {})


def sampled(chains, count, seed):
    """(x before, x after, what is said): runs the chains, and keeps their ends in the buffer."""
    module, chosen = registry.find("sampler", SAMPLER.value), options()
    burn_in = BURN_IN.value if BURN_IN.value is not None else (0 if module.FLOW else NUM_STEPS.value // 2)
    start, began = _start(chains, count, seed), time.monotonic()
    own = noise.seed_for(0, seed, "chains/moves")
    settings = {"step_size": STEP_SIZE.value, "forgotten": burn_in, "blocks": BLOCKS, "counted": waiting.counted}
    with waiting.task(f"{SAMPLER.value}: {count} chains of {burn_in + NUM_STEPS.value} steps"):
        run = running.run(SAMPLER.value, chains.target, start, NUM_STEPS.value, own, **settings, **chosen)
    seconds, end = time.monotonic() - began, run.states[-1]
    if not np.isfinite(end).all():
        raise ValueError(f"{SAMPLER.value}: states are not finite any more; lower --step_size, now {run.step_size}")
    if BUFFER.value:
        buffer.keep(paths.named(BUFFER.value), end)
    before, after = (draws.in_blocks(lambda rows, positions: chains.target.x_of(rows), np.asarray(s)) for s in (start, end))
    told = {"sampler": SAMPLER.value, "space": chains.target.space, "density": None if module.FLOW else chains.target.formula}
    told |= chains.told
    told |= {"temperature": TEMPERATURE.value, "start": START.value, "num_samples": count, "seed": seed}
    told |= {"num_steps": NUM_STEPS.value, "burn_in": burn_in, **chosen} | diagnosed(run) | {"seconds": round(seconds, 2)}
    return before, after, told


def _write(output, data, before, after):
    """Two pictures side by side, or both as arrays; images in [0, 1]."""
    before, after = (samples.to_unit(data, x) for x in (before, after))
    if output.suffix.lower() == ".npz":
        with atomic.file(output) as file:
            np.savez(file, before=before, after=after)
        return
    one, other = grid(before), grid(after)
    save_png(np.concatenate([one, np.full((len(one), 8 * GAP, one.shape[2]), 255, np.uint8), other], 1), output)


def main(model, output, count, seed):
    """Samples, writes, and prints one JSON object."""
    check(output)
    options()
    with strategy.make(STRATEGY.value).scope():
        _sampled(model, output, count, seed)


def _sampled(model, output, count, seed):
    net = features.load(FEATURES.value) if MEASURE.value else None
    subject = _subject.load(WORKDIR.value, model, DATA.value, DATA_DIR.value)
    shape = tuple(subject.data.event_shape)
    if output is not None and output.suffix.lower() == ".png" and (len(shape) != 3 or shape[-1] not in (1, 3)):
        raise ValueError(f"--output {output}: x of shape {shape} are no images; give a name that ends in .npz")
    with waiting.told():
        chains = prepared(subject, seed)
        for warning in chains.told.get("warnings", ()):
            print(f"warning: {warning}", file=sys.stderr)
        before, after, told = sampled(chains, count, seed)
    if MEASURE.value:
        real, _ = draws.examples(subject.data, count, seed)
        for name, x in (("before", before), ("after", after)):
            told[name] = results.as_json(samples.scores(net, subject.data, real, x, seed))
    if output is not None:
        _write(output, subject.data, before, after)
    print(json.dumps(subject.setup | told, allow_nan=False))
