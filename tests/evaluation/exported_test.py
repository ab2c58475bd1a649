"""An exported model gives the measures that the model itself gives."""

import types

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tests.export import families
from zoo.data import Preprocessing
from zoo.data.dataset import Dataset, Split
from zoo.distributions.descent import descended
from zoo.evaluation import draws, exported, likelihood, symmetry
from zoo.evaluation.exported import Exported
from zoo.evaluation.results import Unavailable
from zoo.evaluation.subject import Subject
from zoo.export import export, load

COUNT = 1000
# Of images in [0, 1]; in [-1, 1]; with a posterior of several layers; with one that has no density.
FAMILIES = ("vae_bernoulli", "vae", "helmholtz_machine", "adversarial_autoencoder")


class Both:
    """A model, and the same exported, of each family."""

    def __init__(self, folder):
        self.folder, self.made = folder, {}

    def __call__(self, family):
        if family not in self.made:
            model = families.build(family)
            export(model, self.folder / family)
            self.made[family] = model, Exported(load(self.folder / family))
        return self.made[family]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return Both(tmp_path_factory.mktemp("exported"))


def pair(model, count):
    z, x = draws.pairs(model, count, 1)
    return tf.constant(x), tf.constant(z)


def test_codes_are_independent_draws_of_the_prior(both):
    codes = draws.codes(both("vae_bernoulli")[1], COUNT, 0)
    assert len(np.unique(codes, axis=0)) == COUNT
    # Of N(0, 1): the mean of n has variance 1/n, their variance 2/n.
    assert (np.abs(codes.mean(0)) < 4 / np.sqrt(COUNT)).all()
    assert (np.abs(codes.var(0) - 1) < 4 * np.sqrt(2 / COUNT)).all()


def test_x_is_drawn_from_the_likelihood_and_not_its_mean(both):
    x = draws.pairs(both("vae_bernoulli")[1], COUNT, 0)[1]
    assert set(np.unique(x)) == {0.0, 1.0}
    assert len(np.unique(x.reshape(COUNT, -1), axis=0)) > 0.99 * COUNT


@pytest.mark.parametrize("family", FAMILIES)
def test_log_densities_are_the_models_own(both, family):
    own, found = both(family)
    x, z = pair(own, 5)
    assert isinstance(found, Subject)
    assert (found.code_support, found.likelihood_support) == (own.code_support, own.likelihood_support)
    assert found.has("log_q_z_given_x") == own.has("log_q_z_given_x") == (family != "adversarial_autoencoder")
    expected, given = own.log_densities(x, z), found.log_densities(x, z)
    for field in ("log_p_x_given_z", "log_p_z", "log_q_z_given_x"):
        if own.has(field):
            np.testing.assert_allclose(getattr(given, field), getattr(expected, field), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.generate(z), own.generate(z), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.reconstruct(x), own.reconstruct(x), rtol=1e-5, atol=1e-5)


def test_descent_from_the_code_is_the_models_own(both):
    """Through endpoints, and from the model's range to that of pictures."""
    own, found = both("vae")
    x, _ = pair(own, 5)
    first, second = (descended(model.code(x), model, x, 5).numpy() for model in (own, found))
    np.testing.assert_allclose(second, first, rtol=1e-4, atol=1e-5)
    assert np.abs(first - own.code(x)).max() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_the_code_is_the_models_own_and_is_what_a_reconstruction_decodes(both, family):
    own, found = both(family)
    x, _ = pair(own, 5)
    np.testing.assert_allclose(found.code(x), own.code(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(found.generate(found.code(x)), found.reconstruct(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES[:3])
def test_a_posterior_scores_a_table_of_codes(both, family):
    """[k, 1, latent] at [n] examples: [k, n]."""
    own, found = both(family)
    x, z = pair(own, 6)
    table = found.posterior(x).log_prob(z[:4, tf.newaxis])
    assert table.shape == (4, 6)
    np.testing.assert_allclose(table, own.posterior(x).log_prob(z[:4, tf.newaxis]), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_moments_of_the_posterior_are_the_models_own(both, family):
    """Those of layers, and of an implicit one, are not known; the probabilities of `encode` are no mean."""
    own, found = both(family)
    x, _ = pair(own, 3)
    expected, given = draws.moments(own.posterior(x)), draws.moments(found.posterior(x))
    assert given.keys() == expected.keys() == ({"mean", "stddev"} if family in FAMILIES[:2] else set())
    for name, value in expected.items():
        np.testing.assert_allclose(given[name], value, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_codes_have_one_shape_and_dtype(both, family):
    own, found = both(family)
    x, _ = pair(own, 3)
    for distribution in (found.prior(), found.posterior(x)):
        assert tuple(distribution.event_shape) == (own.latent_size,)
        assert distribution.dtype == tf.float32
    assert tuple(found.posterior(x).sample(seed=[0, 7]).shape) == (3, own.latent_size)


@pytest.mark.parametrize(("family", "support"), [("vae", "real"), ("helmholtz_machine", "binary")])
def test_the_support_of_codes_that_model_json_does_not_name_is_that_of_encode(both, family, support):
    _, found = both(family)
    loaded = types.SimpleNamespace(signatures=found.loaded.signatures, prior=found.loaded.prior, facts={})
    assert Exported(loaded).code_support == support


@pytest.mark.parametrize("name", ["sleep_reconstruction", "sleep_information", "sleep_error"])
@pytest.mark.parametrize("family", FAMILIES[:3])
def test_sleep_measures_are_the_models_own(both, family, name):
    own, found = (symmetry.sleep(model, COUNT, seed=3)[name] for model in both(family))
    assert abs(own.value - found.value) < 4 * np.hypot(own.standard_error, found.standard_error)


def test_codes_of_layers_are_drawn_one_given_the_other(both):
    """Q(h2|x) by draws of h1, and not by its most probable value: the means of many draws agree with the model's."""
    own, found = both("helmholtz_machine")
    x = tf.repeat(pair(own, 1)[0], 4 * COUNT, 0)
    means = [model.posterior(x).sample(seed=[0, 7]).numpy().mean(0) for model in (own, found)]
    assert (np.abs(means[0] - means[1]) < 4 * np.sqrt(2 * 0.25 / (4 * COUNT))).all()


def test_a_cell_of_grey_levels_is_known_of_an_exported_model(both):
    """log 2 / levels in [-1, 1], from the likelihood's support and the range in model.json: so bits per dimension are known."""
    own, found = both("vae")
    levels = np.linspace(-1, 1, 5, dtype=np.float32)
    np.testing.assert_array_equal(found.preprocessing.to_unit(levels), own.preprocessing.to_unit(levels))
    dequantized = type(own.preprocessing)(families.SHAPE, 17, "symmetric", "uniform")
    for model in (own, found):
        assert likelihood._log_cell(dequantized, model) == pytest.approx(np.log(2 / 17))
    found = Exported(found.loaded)
    found.likelihood_support = None
    with pytest.raises(Unavailable, match="does not say"):
        likelihood._log_cell(dequantized, found)


@pytest.mark.parametrize(
    ("told", "endpoints", "known"),
    [
        ({"log_q_x": "potential"}, ("critic",), True),
        ({"log_q_x": "potential"}, (), False),
        ({"log_q_x": "potential", "log_p_z": "ratio"}, ("critic",), False),
        ({"log_likelihood_ratio": "ratio"}, ("critic",), False),
        ({}, ("critic",), False),
    ],
)
def test_the_endpoint_critic_is_log_q_x_where_there_is_no_other(both, told, endpoints, known):
    _, found = both("adversarial_autoencoder")
    signatures = {name: found.loaded.signatures[name] for name in ("sample", "prior", "draw")}
    loaded = types.SimpleNamespace(
        facts={"critics": told},
        signatures=signatures | dict.fromkeys(endpoints),
        prior=found.loaded.prior,
        critic=lambda x: tf.reduce_sum(x, [1, 2, 3]),
    )
    subject = Exported(loaded)
    assert subject.has("log_q_x") == known
    x = tf.constant(np.random.default_rng(0).random((3, *subject.event_shape), np.float32))
    if known:
        np.testing.assert_array_equal(subject.log_densities(x, None).log_q_x, loaded.critic(x))


def test_blocks_of_the_bound_have_seeds_of_their_own(both, monkeypatch):
    """The same examples in two blocks are given other draws: of a block, the endpoint's with the seed plus its number."""
    _, found = both("vae_bernoulli")
    monkeypatch.setattr(exported, "BLOCK", 4)
    x = np.tile(pair(found, 4)[0], (2, 1, 1, 1))
    values = found.bounds(x, 3, 5)
    for number in range(2):
        rows = slice(4 * number, 4 * number + 4)
        np.testing.assert_allclose(values["importance_weighted_bound"][rows], found.loaded.log_prob(x[rows], 3, 5 + number))
        np.testing.assert_allclose(values["elbo"][rows], found.loaded.elbo(x[rows], 5 + number))
    for name in ("importance_weighted_bound", "elbo"):
        assert (values[name][:4] != values[name][4:]).all()


def test_bits_per_dimension_of_an_exported_model_are_the_models_own(both):
    """In [-1, 1], of dequantized x: the range and the likelihood's support stand in model.json."""
    raw = np.random.default_rng(0).integers(0, 17, (40, *families.SHAPE)).astype(np.uint8)
    seen = {"value_range": "symmetric", "dequantization": "uniform"}
    data = Dataset("grey", {"test": Split(raw)}, Preprocessing(families.SHAPE, 17, **seen))
    own, found = (likelihood.measure(model, data, num_samples=20)["bits_per_dim"] for model in both("vae"))
    assert abs(own.value - found.value) < 4 * np.hypot(own.standard_error, found.standard_error)
    assert both("vae")[1].seen == seen | {"dequantization": "none", "binarization": "none", "threshold": 0.5}


def test_a_posterior_is_of_the_parameters_that_encode_tells():
    z, probs = np.array([[1.0, 0.0], [0.0, 0.0]], np.float32), np.array([[0.2, 0.7], [0.5, 0.1]], np.float32)
    binary = exported.POSTERIORS["bernoulli"]({"probs": tf.constant(probs)})
    np.testing.assert_allclose(binary.log_prob(z), np.log([0.2 * 0.3, 0.5 * 0.9]), rtol=1e-6)
    assert binary.sample(seed=[0, 0]).dtype == tf.float32
    normal = exported.POSTERIORS["normal"]({"loc": tf.constant(z), "scale": tf.constant(probs)})
    expected = [stats.norm(z[row], probs[row]).logpdf(z[row]).sum() for row in range(2)]
    np.testing.assert_allclose(normal.log_prob(z), expected, rtol=1e-6)


def test_a_savedmodel_of_others_is_told_what_it_lacks():
    for endpoints, lacking in (({}, "sample; it has none"), ({"sample": None, "draw": None}, "prior; it has sample, draw")):
        with pytest.raises(ValueError, match=f"^the SavedModel has no endpoint {lacking}$"):
            Exported(types.SimpleNamespace(signatures=endpoints))
    assert not Exported.has_distributions


def fake(value_range, *names, **facts):
    """Endpoints of x and z of two numbers that tell what they were given."""
    shape, inputs = {"output_0": tf.TensorSpec([None, 2])}, facts.pop("inputs", {})
    signature = types.SimpleNamespace(structured_outputs=shape, structured_input_signature=((), inputs))
    return types.SimpleNamespace(
        signatures=dict.fromkeys(("sample", "prior", "draw", *names), signature),
        facts={"preprocessing": {"value_range": value_range, "event_shape": (2,), "levels": 256}} | facts,
        generate=lambda z: z / 4,
        draw=lambda z, seed: z / 2,
        reconstruct=lambda x: x / 2,
        encode_mean=lambda x: 10 * x,
        log_p_z=lambda z: 1000 * z[:, 0],
        log_p_x_given_z=lambda x, z: 100 * x[:, 0] + z[:, 1],
        log_q_z_given_x=lambda x, z: 10 * x[:, 1] + z[:, 0],
    )


@pytest.mark.parametrize("value_range", ["unit", "symmetric"])
def test_endpoints_have_values_from_0_to_1_whatever_the_models_range(value_range):
    """u in [0, 1] is 2 u - 1 in [-1, 1]."""
    model = Exported(fake(value_range, "log_p_z", "log_p_x_given_z", "log_q_z_given_x"))
    scale, shift = (2, -1) if value_range == "symmetric" else (1, 0)
    u, z = np.array([[0.25, 0.75]]), np.array([[1.0, 2.0]])
    x = scale * u + shift
    for made in (model.generate(z), model.likelihood(z).mean()):
        np.testing.assert_allclose(made, scale * z / 4 + shift)
    np.testing.assert_allclose(model.likelihood(z).sample([0, 0]), scale * z / 2 + shift)
    np.testing.assert_allclose(model.reconstruct(x), scale * u / 2 + shift)
    np.testing.assert_allclose(model.code(x), 10 * u)
    found = model.log_densities(x, z)
    assert (found.log_p_z, found.log_p_x_given_z, found.log_q_z_given_x) == (1000, 25 + 2, 7.5 + 1)
    assert found.log_weight == 1000 + 27 - 8.5
    assert model.likelihood(z).log_prob(x) == 27


def test_a_weight_takes_all_three_densities():
    found = Exported(fake("unit", "log_p_z", "log_p_x_given_z")).log_densities(np.ones((1, 2)), np.ones((1, 2)))
    assert set(vars(found)) == {"log_p_z", "log_p_x_given_z"}


def test_what_a_model_has_is_what_its_endpoints_are():
    assert Exported(fake("unit", "elbo")).has_likelihood_bound
    assert not Exported(fake("unit")).has_likelihood_bound
    with pytest.raises(ValueError, match="class-conditional, and is not measured yet"):
        Exported(fake("unit", inputs={"label": None}))
