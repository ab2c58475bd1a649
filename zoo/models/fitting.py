"""Between steps: fits a prior that is not trained but estimated from codes of the data, as fitted_mixture is.

Then it fits the posterior that follows it, as noisy_code does, to codes of samples.
"""

import numpy as np

from zoo import noise
from zoo.config import ConfigError
from zoo.models import conditional

BLOCK = 500  # examples that are encoded at once
SAMPLES = 2_000  # of each normal of P(z), whose codes the posterior is fitted to


def _prior(model):
    prior = model.named_parts().get("prior")
    return prior if hasattr(prior, "fit") else None


def check(model, data, training):
    """Refuses a run whose prior could not be fitted.

    Args:
      model: of latent variables, or a joint.
      data: of the run, a zoo.data.Dataset.
      training: the section of the config.

    Raises:
      ConfigError: one line.
    """
    prior = _prior(model)
    if not prior:
        return
    if not model.has_posterior:
        raise ConfigError("config.model.prior: is fitted to codes, and this model has no encoder; choose standard_normal")
    if training.keep_best or training.early_stopping_patience:
        raise ConfigError(
            "config.training: the best step in validation is one before the prior is fitted; set keep_best to False and "
            "early_stopping_patience to 0"
        )
    if prior.components > (size := data.size("train")):
        raise ConfigError(f"config.model.prior.components: {prior.components} are more than the {size} training examples")


def check_steps(trainable):
    """Refuses steps of a model whose prior is fitted, and that has no data to fit it to, by a ValueError."""
    if _prior(trainable.model) and trainable.data is None:
        raise ValueError("the prior is fitted to codes of the training split: build the model with data=, or use zoo.train")


def after_steps(trainable, number):
    """Fits the prior, if one of its fits lies within the steps just taken.

    Args:
      trainable: a TrainableModel.
      number: of these steps.

    Raises:
      ValueError: one line, for codes that no mixture can be fitted to.
    """
    prior, options = _prior(trainable.model), trainable.training_step.options
    if not prior:
        return
    step = int(trainable.step.numpy())
    if step * prior.fits // options.steps == (step - number) * prior.fits // options.steps:
        return
    model, data = trainable.model, trainable.data
    with trainable.averaged():
        prior.fit(codes(model, data, prior.examples, options.seed), options.seed)
        if hasattr(model.posterior_family, "fit"):
            model.posterior_family.fit(codes_of_samples(model, data, SAMPLES, options.seed))


def codes(model, data, count, seed):
    """Codes of at most `count` training examples, a choice that the seed makes: float32 [n, latent_size].

    One draw of Q(z|x) each, of which Q(z) is made. Of a noisy code it is the code itself.
    """
    split = data.splits["train"]
    rows = np.sort(np.random.RandomState(seed).permutation(split.size)[:count])
    return np.concatenate([_codes(model, data, part, seed) for part in np.array_split(rows, -(-len(rows) // BLOCK))])


def codes_of_samples(model, data, count, seed):
    """Codes of the mean of P(x|z), for `count` codes z from each normal of P(z): float32 [K, n, latent_size].

    Of a model of classes the labels are those of as many training examples.
    """
    _, means, factors = (part.numpy() for part in model.prior_family.normals())
    random = np.random.RandomState(seed)
    e = random.normal(size=(len(means), count, means.shape[1]))
    z = (means[:, np.newaxis] + np.einsum("kij,knj->kni", factors, e)).astype(np.float32).reshape(-1, means.shape[1])
    labels = random.choice(data.splits["train"].labels, len(z)).astype(np.int32) if conditional.classes(model) else None
    found = []
    for first in range(0, len(z), BLOCK):
        part = slice(first, first + BLOCK)
        at = conditional.at(model, None if labels is None else labels[part])
        found.append(at.code(at.generate(z[part])).numpy())
    return np.concatenate(found).reshape(e.shape)


def _codes(model, data, rows, seed):
    split, first = data.splits["train"], int(rows[0])
    x = data.preprocessing(split.read_batch(rows), noise.seed_for(0, first, "fit"))
    at = conditional.at(model, split.labels[rows].astype(np.int32) if conditional.classes(model) else None)
    found = at.code(x) if model.has("code") else noise.draw(at.posterior(x), noise.seed_for(seed, first, "fit/codes"))
    return found.numpy()
