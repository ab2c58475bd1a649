"""What each approximator is shown in a training step: which pairs are high, which low, and noise of its own each time."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny

X = tf.constant(np.random.default_rng(0).normal(size=(8, *tiny.VECTOR)), "float32")


def shown(model):
    """{approximator: [(high pair, low pair, seed) of each of its steps]} of one training step."""
    seen = {}

    def recording(name, losses):
        def record(high, low, seed):
            seen.setdefault(name, []).append((high, low, seed))
            return losses(high, low, seed)

        return record

    for name, part in model.approximators.items():
        part.losses = recording(name, part.losses)
    model.train_step(X)
    return seen


def test_each_step_of_a_critic_has_noise_of_its_own():
    critic = {"name": "wasserstein", "network": tiny.MLP, "steps": 3}
    seeds = [tuple(seed.numpy()) for *_, seed in shown(tiny.build("gan", approximators={"log_q_x": critic}))["log_q_x"]]
    assert len(set(seeds)) == 3


def same(first, second):
    return np.array_equal(first, second)


@pytest.mark.parametrize(
    ("name", "objective"),
    [("log_posterior_ratio", "as_vae"), ("log_likelihood_ratio", "as_vae"), ("log_ratio", "joint_ratio"), ("log_q_x", "gan")],
)
def test_an_approximator_is_high_where_its_numerator_is(name, objective):
    """log Q(z|x)/P(z) on (x, z) ~ Q against the data with codes of the prior; log P(x|z)/Q(x) on (x, z) ~ P against these."""
    ((high, low, _),) = shown(tiny.build(objective))[name]
    if name == "log_likelihood_ratio":
        assert same(low.x, X)
        assert not same(high.x, X)
        assert same(high.z, low.z)
    else:
        assert same(high.x, X)
        assert same(low.x, X) == (name == "log_posterior_ratio")
