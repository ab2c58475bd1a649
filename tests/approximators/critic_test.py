"""Critics learn in training mode, and are asked in the mode of whoever asks."""

import pytest
import tensorflow as tf

from tests.approximators.pairs import known
from zoo.approximators import joint_log_ratio, logistic, noise_contrastive, wasserstein

NETWORK = {"name": "mlp", "hidden_sizes": (4,), "normalization": "batch"}
CRITICS = {
    "logistic": (logistic, {}),
    "wasserstein": (wasserstein, {"constraint": "clip"}),
    "noise_contrastive": (noise_contrastive, {}),
    "joint_log_ratio": (joint_log_ratio, {}),
}


def pair(seed, training=True):
    x, z = (tf.random.stateless_normal([6, 2], [seed, part]) for part in (0, 1))
    fields = dict.fromkeys(("log_p_x_given_z", "true_log_p_z", "log_q_z_given_x"), tf.zeros([6]))
    found = known(x=x, z=z, **fields)
    found.training = training
    return found


@pytest.mark.parametrize("name", CRITICS)
def test_its_loss_moves_the_statistics_of_a_batch_normalization_and_its_value_as_asked(name):
    module, options = CRITICS[name]
    critic = module.build({"x": (2,)} | ({"z": (2,)} if name == "joint_log_ratio" else {}), network=NETWORK, **options)
    moving = [variable for variable in critic.non_trainable_variables if variable.name.startswith("moving")]
    assert moving

    def moved(function):
        before = [variable.numpy() for variable in moving]
        function()
        return [bool((variable.numpy() != value).any()) for variable, value in zip(moving, before, strict=True)]

    assert all(moved(lambda: critic.losses(pair(0), pair(1), (0, 0))))
    assert all(moved(lambda: critic.value(pair(0))))
    assert not any(moved(lambda: critic.value(pair(0, training=False))))
