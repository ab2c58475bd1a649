"""Discriminator optimal transport (DOT): each sample y goes to where the critic is high and y is near.

    T(y) = argmin over x of |x - y| - f(x) / K,      K = max |f(x_1) - f(x_2)| / |x_1 - x_2| over pairs of samples

by gradient descent from y. Where f is the best potential of the Wasserstein distance, T transports P(x) to Q(x). In z the same
is done to codes, with f(x(z)) and distances of codes; for a standard normal prior the gradient's part along z is taken off,
because nearly all of its codes have one length.

Nothing is drawn, and nothing is kept apart: many samples may end in one place.

Source: Tanaka, "Discriminator optimal transport" (2019), in target and latent space; the offset of 0.001 and the number of
pairs are of the authors' code, which divides the part along z by sqrt(dimensions) and not by |z|^2.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.samplers.flow import Flow, per_chain

NEEDS = "critic"
EXACT, FLOW = False, True
STEP_SIZE, ACCEPTANCE = 0.01, None
PAIRS = 100
OFFSET = 1e-3  # in each coordinate of x - y, whose length has no gradient at 0


def _rows(state):
    return tf.reshape(state, [tf.shape(state)[0], -1])


def steepest(critic, propose, pairs=PAIRS):
    """K, the effective Lipschitz constant of a critic over pairs of proposals; a scalar."""
    one, other = (propose(pairs, noise.seed_for(0, number, "steepest")) for number in (0, 1))
    return tf.reduce_max(tf.abs(critic(one) - critic(other)) / tf.norm(_rows(one - other), axis=1))


def sampler(target, step_size, *, lipschitz: float = 0.0, keep_length: bool = True):
    """See zoo/samplers/__init__.py; `lipschitz` is K (0: estimated), `keep_length` is for codes of a standard normal prior.

    Raises:
      ValueError: for a negative K.
    """
    if lipschitz < 0:
        raise ValueError(f"optimal_transport: lipschitz must be at least 0, found {lipschitz:g}")
    k = lipschitz or steepest(target.critic, target.propose)

    def cost(state, began):
        return tf.norm(_rows(state - began + OFFSET), axis=1) - target.critic(state) / k

    def move(state, began, seed):
        del seed
        _, slope = tfp.math.value_and_gradient(lambda x: cost(x, began), state)
        if keep_length and target.space == "z":
            along = tf.reduce_sum(_rows(slope * state), 1) / tf.reduce_sum(_rows(state**2), 1)
            slope -= per_chain(along, state) * state
        return state - step_size * slope

    return Flow(move)
