"""Every prior and posterior with weights of its own trains in a model, and is restored from a checkpoint."""

import numpy as np
import pytest
import tensorflow as tf

from tests.distributions.learned import CASES, X, build, own
from zoo.training.checkpoints import Checkpoints


@pytest.mark.parametrize("case", CASES)
def test_it_trains_and_comes_back(case, tmp_path):
    model = build(case)
    before = [variable.numpy() for variable in own(case, model)]
    history = model.fit(tf.data.Dataset.from_tensor_slices(X).batch(8), verbose=0).history
    assert all(np.isfinite(values[-1]) for values in history.values())
    for variable, value in zip(own(case, model), before, strict=True):
        assert np.any(variable.numpy() != value), variable.path
    Checkpoints(model, tmp_path).save()
    restored = build(case, seed=9)
    assert Checkpoints(restored, tmp_path).restore() == 2
    for variable, again in zip(model.variables, restored.variables, strict=True):
        np.testing.assert_array_equal(variable, again, err_msg=variable.path)
