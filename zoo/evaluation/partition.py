"""Normalizing constant: log Z of a model known up to it, and with it log P(x) of test examples.

    log P(x) = f(x) - log Z          log Z by enumeration, or by annealed importance sampling (zoo/samplers/partition.py)

Annealing forwards gives a lower bound of log Z in expectation, and so too high a log P(x) where its steps are too few. Beside
it stands annealing backwards from the model's own samples: an upper bound as far as these are of the model.
"""

import math

import numpy as np

from zoo import noise
from zoo.evaluation import draws
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate
from zoo.samplers import partition

RESULTS = {
    "log_z": Quantity(
        "nats",
        name="Log of the normalizing constant",
        meaning="Enumerated, or annealed: then below the true value in expectation, the more so the fewer the steps.",
    ),
    "log_z_effective_sample_size": Quantity(
        "weights",
        "higher",
        "Effective weights of log Z",
        "How many of the annealed chains count. A handful says that the estimate rests on these and may be far too low.",
    ),
    "log_z_backwards": Quantity(
        "nats",
        name="Log of the normalizing constant, annealed backwards",
        meaning="Above the true value in expectation, if the chains that it starts from are samples of the model.",
    ),
    "log_likelihood": Quantity(
        "nats",
        "higher",
        "Log-likelihood",
        "log P(x) of test examples by the estimated log Z: too high by as much as that is too low.",
    ),
}


def measure(model, data, *, num_examples: int = 0, annealing_steps: int = 5000, annealing_chains: int = 100, seed: int = 0):
    """log Z, and the mean of log P(x) over test examples; in nats of x in the model's range.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: how many test examples, chosen by the seed; 0 for all.
      annealing_steps, annealing_chains: of annealed importance sampling, where log Z is not enumerated.
      seed: of the draws and the choice of examples.

    Returns:
      log_z with its standard error; log_z_effective_sample_size of its weights; log_z_backwards; log_likelihood, whose
      standard error is that of the test examples and of log Z together; log_z_method. Of a single chain no error is known.
    """
    if model.energy is None:
        raise Unavailable("the model is no joint known up to its normalizing constant (config.model.joint)")
    x, _ = draws.examples(data, num_examples or None, seed)
    machine, found = model.energy.machine, {}

    def forwards():
        if not annealing_steps:
            raise Unavailable("it was not asked for: --annealing_steps is 0")
        found["z"] = partition.of(machine, annealing_chains, annealing_steps, seed)
        return {"log_z": Result(found["z"].log_z, found["z"].standard_error, count=annealing_chains)}

    def weights():
        if "z" not in found or found["z"].effective_sample_size is None:
            raise Unavailable("log Z was not annealed")
        return {"log_z_effective_sample_size": Result(found["z"].effective_sample_size, count=annealing_chains)}

    questions = {
        ("log_z",): forwards,
        ("log_z_effective_sample_size",): weights,
        ("log_z_backwards",): lambda: _backwards(machine, found, annealing_chains, annealing_steps, seed),
        ("log_likelihood",): lambda: _log_likelihood(model.energy, found, x),
    }
    answered = answers(questions, RESULTS, len(x))
    if "z" in found:
        answered["log_z_method"] = "annealing" if found["z"].effective_sample_size else "enumeration"
    return answered | {"num_examples": len(x)}


def _backwards(machine, found, chains, steps, seed):
    if "z" not in found or found["z"].effective_sample_size is None:
        raise Unavailable("log Z was not annealed")
    if any(couplings is not None for couplings in machine.couplings):
        raise Unavailable("annealing backwards needs units that are independent within each layer")
    samples = machine.fantasies(chains, noise.seed_for(0, seed, "partition/samples"))
    upper = partition.annealed_backwards(machine, *samples, steps, seed)
    return {"log_z_backwards": Result(upper.log_z, upper.standard_error, count=chains)}


def _log_likelihood(energy, found, x):
    if "z" not in found:
        raise Unavailable("log Z is not known")
    if not energy.has_posterior:
        raise Unavailable("the hidden units are coupled: log P(x) + log Z has no closed form")
    values = draws.in_blocks(lambda rows, positions: energy.unnormalized_log_p(rows), x)
    mean = estimate(np.asarray(values, np.float64) - found["z"].log_z)
    of_log_z = found["z"].standard_error
    error = None if of_log_z is None else math.hypot(mean.standard_error or 0.0, of_log_z)
    return {"log_likelihood": Result(mean.value, error)}
