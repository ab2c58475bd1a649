"""The Helmholtz machine learns bars: its exact likelihood comes near the entropy of the data."""

import numpy as np
import pytest

import zoo
from configs import helmholtz_machine_bars
from zoo.data import bars
from zoo.evaluation.exact import exact_log_likelihood

ENTROPY = 3.379  # nats


@pytest.mark.slow  # 50,000 steps: a minute on a quiet machine
def test_wake_sleep_comes_within_0_4_nats_of_the_entropy_of_bars():
    config = helmholtz_machine_bars.get_config()
    model = zoo.build(config)
    batches = model.data.batches("train", config.data.batch_size, seed=0)
    model.fit(batches, steps_per_epoch=config.training.steps, epochs=1, shuffle=False, verbose=0)
    images, probabilities = bars.table()
    values, method = exact_log_likelihood(model, images.astype(np.float32))
    cross_entropy = -np.sum(probabilities * values)
    print(f"cross entropy {cross_entropy:.3f} nats by {method}, entropy {ENTROPY}")
    assert method == "enumeration"
    assert ENTROPY < cross_entropy < ENTROPY + 0.4
