"""Imputation: what is missing of an example, drawn from P(x_missing | x_seen).

Rounds of pseudo-Gibbs sampling come first, which find the neighbourhood but have no known limit:

    z ~ Q(z|x)        x_missing ~ P(x|z)

Then Metropolis-within-Gibbs, whose limit is P(z, x_missing | x_seen), however good Q(z|x) is:

    z' ~ Q(z|x), taken with probability min(1, w(z')/w(z)), w(z) = P(x|z) P(z) / Q(z|x)        x_missing ~ P(x|z)

P(x|z) has to be independent over the values of x, so that what is missing can be drawn beside what is seen.

Source: Rezende et al. (2014), appendix F; Mattei and Frellsen, "Leveraging the Exact Likelihood of Deep Latent Variable Models"
(2018), section 3.
"""

import numpy as np
import tensorflow as tf

from zoo import noise
from zoo.applications import inputs


def impute(model, x, seen, gibbs=20, metropolis=100, seed=0):
    """Draws of what is missing.

    Args:
      model: a model in memory, or what zoo.load returns, with an encoder and densities all round.
      x: [n, *event_shape], as `fit` takes it; values that are not seen do not count, and may be NaN.
      seen: bool, of the shape of x or of one example.
      gibbs, metropolis: rounds of each kind.
      seed: of the draws, which go with the position of an example.

    Returns:
      (x with draws in place of what is missing, float [n, *event_shape]; the share of the proposals that were taken [n]).

    Raises:
      ValueError: for a model without bound, a mask of another shape, or no rounds.
    """
    model = inputs.subject(model)
    if not model.has_likelihood_bound:
        raise ValueError("imputation needs a posterior, a prior and a likelihood with densities; the model lacks one")
    if gibbs < 0 or metropolis < 0 or not gibbs + metropolis:
        raise ValueError(f"give one round of gibbs or metropolis at least, found {gibbs} and {metropolis}")
    x = inputs.examples(model, x, finite=False)
    try:
        seen = np.broadcast_to(_with_channel(np.asarray(seen, bool), model.event_shape), x.shape)
    except ValueError:
        raise ValueError(f"seen must have the shape of x, {x.shape}, or of one example, found {np.shape(seen)}") from None
    if not np.isfinite(x[seen]).all():
        raise ValueError("what is seen of x must be finite; say by `seen` what is missing")
    start = np.where(seen, x, 0).astype(np.float32)
    return inputs.in_blocks(model, lambda at, *rows: _chain(at, rows, gibbs, metropolis, seed), start, seen)


def _with_channel(seen, event_shape):
    """Masks of grey images may lack the axis of their channel, as the images may."""
    return seen[..., np.newaxis] if tuple(event_shape[-1:]) == (1,) and seen.shape[-1:] != (1,) else seen


def _chain(model, rows, gibbs, metropolis, seed):
    start, seen, positions = rows
    begin = noise.seed_for(0, seed, "imputation")

    def seeds(number):
        own = tf.random.fold_in(tf.random.fold_in(begin, positions[0]), number)
        return [tf.random.fold_in(own, purpose) for purpose in range(3)]

    def drawn(z, own):
        return tf.where(seen, start, model.likelihood(z).sample(seed=own))

    def step(number, x, z, taken):
        code, accept, missing = seeds(number)
        proposed = model.posterior(x).sample(seed=code)
        gain = model.log_densities(x, proposed).log_weight - model.log_densities(x, z).log_weight
        uniform = noise.standard_uniform(tf.shape(gain), accept, gain.dtype)
        accepted = (tf.math.log1p(-uniform) < gain) | (number < gibbs)
        z = tf.where(accepted[:, tf.newaxis], proposed, z)
        counted = tf.where(number < gibbs, tf.zeros_like(gain), tf.cast(accepted, gain.dtype))
        return number + 1, drawn(z, missing), z, taken + counted

    z = model.posterior(start).sample(seed=tf.random.fold_in(begin, positions[0]))
    total = gibbs + metropolis
    state = (tf.constant(0), start, z, tf.zeros_like(z[:, 0]))
    _, x, _, taken = tf.while_loop(lambda number, *_: number < total, step, state, parallel_iterations=1)
    return x, taken / max(metropolis, 1)
