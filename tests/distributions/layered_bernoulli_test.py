"""Layers of binary variables: all their probabilities by enumeration, upwards and downwards."""

import itertools

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tests.distributions.families import numbers, randomize, states
from tests.models import tiny
from zoo.distributions import layered_bernoulli

pytestmark = pytest.mark.usefixtures("float64")

SIZES = (3, 2, 1)
LOGITS = numbers(0, 4, 3)


def bernoulli(h, logits):
    """The probability of binary h [..., n]."""
    p = scipy.special.expit(logits)
    return np.prod(np.where(h == 1, p, 1 - p), -1)


def upwards(family, z):
    """Q(h1) Q(h2|h1) Q(h3|h2) at z [states, 6] for each of LOGITS: [states, 4]."""
    layers = np.split(z, np.cumsum(SIZES)[:-1], -1)
    found = bernoulli(layers[0][:, None], LOGITS)
    for dense, below, above in zip(family.dense, layers, layers[1:], strict=False):
        kernel, bias = dense.get_weights()
        found = found * bernoulli(above, below @ kernel + bias)[:, None]
    return found


def downwards(family, z):
    """P(h3) P(h2|h3) P(h1|h2) at z [states, 6]: [states]."""
    h1, h2, h3 = np.split(z, np.cumsum(SIZES)[:-1], -1)
    (kernel2, bias2), (kernel1, bias1) = (dense.get_weights() for dense in family.dense)
    found = bernoulli(h3, family.bias.numpy())
    return found * bernoulli(h2, h3 @ kernel2 + bias2) * bernoulli(h1, h2 @ kernel1 + bias1)


def make(kind):
    """The family with random weights, its tfd, and the probability of every state [64, batch]."""
    family = getattr(layered_bernoulli, kind)((6,), sizes=SIZES)
    randomize(family, scale=1.0)
    if kind == "prior":
        return family, family.distribution(), downwards(family, states(6))[:, None]
    return family, family.distribution(tf.constant(LOGITS)), upwards(family, states(6))


@pytest.fixture(params=["conditional", "prior"])
def made(request):
    return make(request.param)


def test_probabilities_of_all_states(made):
    _, tfd, expected = made
    batch = expected.shape[1:] if tfd.batch_shape.rank else ()
    found = np.exp(tfd.log_prob(states(6).reshape(64, *[1] * len(batch), 6))).reshape(64, -1)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    np.testing.assert_allclose(found.sum(0), np.ones(found.shape[1]), rtol=1e-10)


def test_samples_come_with_their_probabilities(made):
    _, tfd, expected = made
    count = 20_000
    z = tfd.sample(count, seed=(1, 2)).numpy().reshape(count, -1, 6)
    assert set(np.unique(z)) == {0.0, 1.0}
    number = (z @ 2 ** np.arange(6)).astype(int)
    frequencies = np.stack([np.bincount(column, minlength=64) for column in number.T], 1) / count
    assert np.all(np.abs(frequencies - expected) < 5 * np.sqrt(expected * (1 - expected) / count))


def test_the_mode_goes_layer_by_layer(made):
    family, tfd, _ = made
    found = tfd.mode().numpy().reshape(-1, 6)
    starts = [family.bias.numpy()] if hasattr(family, "bias") else LOGITS
    for row, logits in zip(found, starts, strict=True):
        layers = [(logits > 0).astype(float)]
        for dense in family.dense:
            kernel, bias = dense.get_weights()
            layers.append((layers[-1] @ kernel + bias > 0).astype(float))
        np.testing.assert_array_equal(row, np.concatenate(layers[:: -1 if hasattr(family, "bias") else 1]))


def test_leading_dimensions_of_samples(made):
    _, tfd, _ = made
    z = tfd.sample([2, 5], seed=(1, 2))
    assert z.shape == (2, 5, *tfd.batch_shape, 6)
    whole = tfd.log_prob(z)
    assert whole.shape == (2, 5, *tfd.batch_shape)
    np.testing.assert_allclose(whole[1, 3], tfd.log_prob(z[1, 3]), rtol=1e-12)


def test_every_weight_has_a_gradient(made):
    family, tfd, _ = made
    z = tfd.sample(20, seed=(1, 2))
    variables = [variable.value for variable in family.trainable_variables]
    assert len(variables) == 4 + hasattr(family, "bias")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(make_again(family).log_prob(z))
    assert all(np.abs(gradient).max() > 0 for gradient in tape.gradient(total, variables))


def make_again(family):
    """The tfd of a family, made under the tape."""
    return family.distribution() if hasattr(family, "bias") else family.distribution(tf.constant(LOGITS))


def test_what_an_export_tells():
    family, tfd, _ = make("conditional")
    found = family.described(tfd)["probs"].numpy()
    mode = tfd.mode().numpy()
    np.testing.assert_allclose(found[:, :3], scipy.special.expit(LOGITS), rtol=1e-12)
    kernel, bias = family.dense[0].get_weights()
    np.testing.assert_allclose(found[:, 3:5], scipy.special.expit(mode[:, :3] @ kernel + bias), rtol=1e-12)


@pytest.mark.parametrize("kind", ["conditional", "prior"])
def test_without_sizes_there_is_one_layer(kind):
    family = getattr(layered_bernoulli, kind)((4,))
    assert family.sizes == (4,)
    assert not family.dense


def test_only_the_lowest_layer_is_decoded():
    layers = {"name": "layered_bernoulli", "sizes": (2, 1)}
    model = tiny.build("wake_sleep", posterior=layers, prior=layers, likelihood="bernoulli")
    assert model.encoder.output_shape == (None, 2)
    assert model.decoder.input_shape == (None, 2)
    for h1 in itertools.product((0.0, 1.0), repeat=2):
        means = model.generate(tf.constant([[*h1, 0.0], [*h1, 1.0]], tf.float64))
        np.testing.assert_allclose(means[0], means[1], rtol=1e-14)


@pytest.mark.parametrize("kind", ["conditional", "prior"])
@pytest.mark.parametrize(
    ("shape", "sizes", "message"),
    [
        ((6,), (3, 2), r"sum to latent_size 6, found \(3, 2\) with sum 5"),
        ((6,), (7, -1), r"must be positive and sum to latent_size 6, found \(7, -1\)"),
        ((2, 2, 1), (4,), "codes, which are vectors"),
    ],
    ids=str,
)
def test_it_refuses(kind, shape, sizes, message):
    with pytest.raises(ValueError, match=message):
        getattr(layered_bernoulli, kind)(shape, sizes=sizes)
