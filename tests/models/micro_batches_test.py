"""A batch taken in parts makes the update of the whole batch; what cannot is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo import noise, replicas
from zoo.config import ConfigError

BATCH, STEPS = 8, 2
NOISELESS = "tests.models.noiseless"
TWICE = {"log_q_x": {"name": "wasserstein", "network": tiny.MLP, "steps": 2}}
CASES = {
    "vae": {},
    "iwae": {"num_samples": 3},
    "reweighted_wake_sleep": {"num_samples": 3},
    "extended_helmholtz": {"approximators": TWICE, "noise_x": 0.1, "noise_z": 0.1},
    "symmetric_vae": {"approximators": {"log_q_x": "logistic"}, "prior": "vamp_prior"},
    "gan": {},
    "mim": {"approximators": {"log_q_x": "normalizing_flow"}},
}


def trained(objective, micro_batches, jit_compile="off", batch_size=BATCH, **model):
    config = tiny.experiment(objective, training={"micro_batches": micro_batches, "steps_per_execution": STEPS}, **model)
    config.training.jit_compile = jit_compile
    config.data.batch_size = batch_size
    built = zoo.build(config, event_shape=tiny.VECTOR)
    x = np.random.default_rng(0).normal(size=(STEPS * BATCH, *tiny.VECTOR))
    data = tf.data.Dataset.from_tensor_slices(x.astype(keras.config.floatx())).batch(BATCH, drop_remainder=True)
    history = built.fit(data, steps_per_epoch=STEPS, verbose=0, shuffle=False).history
    return [v.numpy() for v in built.variables], {name: values[0] for name, values in history.items()}


QUICK = ("vae", "extended_helmholtz", "gan")


@pytest.mark.parametrize("objective", [c if c in QUICK else pytest.param(c, marks=pytest.mark.slow) for c in CASES])
def test_parts_make_the_update_of_the_whole(objective, float64):
    whole, shown = trained(objective, 1, **CASES[objective])
    weights, terms = trained(objective, 4, **CASES[objective])
    for a, b in zip(whole, weights, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-9)
    assert terms == {name: pytest.approx(value, rel=1e-5, abs=1e-5) for name, value in shown.items()}


def test_parts_work_under_xla():
    """XLA's random numbers depend on their shape, so these are parts that draw none, and plain descent."""
    parts = {"posterior": NOISELESS, "likelihood": NOISELESS, "prior": NOISELESS, "optimizers": tiny.sgd()}
    critic = {"log_q_x": {"name": "wasserstein", "network": tiny.MLP, "constraint": "clip"}}
    (whole, _), (split, _) = (
        trained("extended_helmholtz", count, jit_compile="on", approximators=critic, **parts) for count in (1, 4)
    )
    for a, b in zip(whole, split, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-5, atol=1e-5)


def test_a_part_sees_its_share_of_the_noise():
    whole = noise.normal([6, 2], (1, 2))
    found = [noise.normal([2, 2], (1, 2), part=replicas.Part(index, 3)) for index in range(3)]
    np.testing.assert_array_equal(np.concatenate(found), whole)


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (
            {"encoder": tiny.network("mlp", normalization="batch")},
            "normalization batch and spectral depends on",
        ),
        ({"decoder": tiny.network("mlp", normalization="spectral")}, "normalization batch and spectral"),
        ({"approximators": {"log_q_x": "self_normalized"}}, "approximator self_normalized depends on the whole batch"),
        ({"approximators": {"log_q_x": "noise_contrastive"}}, "approximator noise_contrastive depends on the whole batch"),
        ({"batch_size": 9}, "2 equal parts cannot be made of a replica's 9 examples"),
    ],
)
def test_what_would_be_another_update_is_refused(parts, reason):
    with pytest.raises(ConfigError, match=reason):
        trained("symmetric_vae", 2, **parts)
