"""An exported model gives the measures of the sleep phase that the model itself gives."""

import numpy as np
import pytest

from tests.export import families
from zoo.evaluation import draws, exported, symmetry
from zoo.evaluation.exported import Exported
from zoo.export import export, load

COUNT = 1000


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """(a model that sees images as they are exported, the same exported)."""
    path = tmp_path_factory.mktemp("exported") / "model"
    model = families.build("vae_bernoulli")
    export(model, path)
    return model, Exported(load(path))


def test_each_block_of_examples_has_draws_of_its_own(both, monkeypatch):
    monkeypatch.setattr(exported, "BLOCK", 1)
    x = np.repeat(draws.generated(both[1], 1, 0), 2, axis=0)
    for name, (first, second) in both[1].bounds(x, num_samples=2, seed=0).items():
        assert abs(first - second) > 1e-3, name


def test_codes_are_independent_draws_of_the_prior(both):
    codes = draws.codes(both[1], COUNT, 0)
    assert len(np.unique(codes, axis=0)) == COUNT
    # Of N(0, 1): the mean of n has variance 1/n, their variance 2/n.
    assert (np.abs(codes.mean(0)) < 4 / np.sqrt(COUNT)).all()
    assert (np.abs(codes.var(0) - 1) < 4 * np.sqrt(2 / COUNT)).all()


def test_x_is_drawn_from_the_likelihood_and_not_its_mean(both):
    x = draws.pairs(both[1], COUNT, 0)[1]
    assert set(np.unique(x)) == {0.0, 1.0}
    assert len(np.unique(x.reshape(COUNT, -1), axis=0)) > 0.99 * COUNT


@pytest.mark.parametrize("name", ["sleep_reconstruction", "sleep_information", "sleep_error"])
def test_sleep_measures_are_the_models_own(both, name):
    own, found = (symmetry.sleep(model, COUNT, seed=3) for model in both)
    own, found = own[name], found[name]
    assert abs(own.value - found.value) < 4 * np.hypot(own.standard_error, found.standard_error)
