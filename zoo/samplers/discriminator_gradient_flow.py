"""Discriminator gradient flow (DGflow): a few noisy steps down an entropy-regularized divergence between P(x) and Q(x).

    x' = x - e grad h'(P(x)/Q(x)) + sqrt(2 e g) n,      n ~ N(0, I),      log P(x)/Q(x) = -f(x), a critic

    divergence D_h      h'(r)                 -grad h'(r) is grad f times
    KL                  log r + 1             1
    JS                  log(2 r / (r + 1))    sigmoid(f)
    logD                log(r + 1) + 1        sigmoid(-f)

e is the step size and g the weight of the negative entropy, which keeps the samples apart. In z the same is done to codes, with
f(x(z)). The ratio is that of the samples it began with and is not estimated again, so a flow is for few steps: run on, it
leaves Q(x) behind (in x with KL its limit is exp(f / g)).

Source: Ansari, Ang and Soh, "Refining Deep Generative Models via Discriminator Gradient Flow" (2021), algorithm 1; speeds as in
the authors' code.
"""

import tensorflow as tf
import tensorflow_probability as tfp

from zoo import noise
from zoo.samplers.flow import Flow, per_chain

NEEDS = "critic"
EXACT, FLOW = False, True
STEP_SIZE, ACCEPTANCE = 0.01, None
SPEEDS = {"KL": tf.ones_like, "JS": tf.sigmoid, "logD": lambda f: tf.sigmoid(-f)}


def sampler(target, step_size, *, divergence: str = "KL", entropy: float = 0.01):
    """See zoo/samplers/__init__.py.

    Raises:
      ValueError: for another divergence, a negative entropy, or a critic that is no log-ratio.
    """
    if divergence not in SPEEDS:
        raise ValueError(f"discriminator_gradient_flow: divergence must be of {', '.join(SPEEDS)}, found {divergence!r}")
    if entropy < 0:
        raise ValueError(f"discriminator_gradient_flow: entropy must be at least 0, found {entropy:g}")
    if target.critic_kind != "ratio":
        raise ValueError(f"discriminator_gradient_flow needs a ratio, and this critic is a {target.critic_kind}; calibrate it")

    def move(state, began, seed):
        del began
        f, slope = tfp.math.value_and_gradient(target.critic, state)
        drift = per_chain(SPEEDS[divergence](f), state) * slope
        n = noise.standard_normal(tf.shape(state), seed, state.dtype)
        return state + step_size * drift + tf.sqrt(2 * step_size * entropy) * n

    return Flow(move)
