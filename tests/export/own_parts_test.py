"""Models with parts of a user's own: what can be exported, and that it is told before anything is written."""

import os
import uuid

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

import zoo
from tests.export import families, own_prior
from zoo.export import UnsafeModelError, check_exportable, export, saved_model
from zoo.export.allowed_ops import ALLOWED

SEED = tf.constant([1, 2])


def build(family):
    prior = {"name": "tests.export.own_prior", "family": family}
    return zoo.build(zoo.experiment(data={}, training={}, model=families.VAE | {"prior": prior}), event_shape=families.SHAPE)


def operations(function):
    """All operations of a function, and of what it calls."""
    graph = tf.function(function, autograph=False).get_concrete_function().graph.as_graph_def()
    nodes = [node for place in (graph.node, *(f.node_def for f in graph.library.function)) for node in place]
    return {node.op for node in nodes} - {f.signature.name for f in graph.library.function}


@pytest.mark.parametrize("family", own_prior.FAMILIES)
def test_what_distributions_are_made_of_is_on_the_list(family):
    """Seeded draws, log-densities, and the gradients of both."""
    part = own_prior.prior((4,), family=family)
    weights = [part.first.value, part.second.value]

    def gradients():
        with tf.GradientTape() as tape:
            drawn = part.distribution().sample(3, seed=SEED)
            value = tf.reduce_sum(drawn) + tf.reduce_sum(part.distribution().log_prob(drawn))
        return [gradient for gradient in tape.gradient(value, weights) if gradient is not None]

    assert operations(gradients) - ALLOWED == set()


@pytest.mark.parametrize(
    ("family", "density"),
    [("student_t", stats.t(4, loc=1)), pytest.param("laplace", stats.laplace(1), marks=pytest.mark.slow)],
)
def test_an_own_prior_is_exported(tmp_path, family, density):
    """Draws of a Student-t are by those of a gamma, whose gradient is an operation; a Laplace's have no static shape."""
    model = build(family)
    check_exportable(model)
    export(model, tmp_path / "model")
    loaded = zoo.load(tmp_path / "model")
    z = np.array([[0.0, 1.0, -3.0, 10.0], [1.0, 1.0, 1.0, 2.0]], np.float32)
    np.testing.assert_allclose(loaded.log_p_z(z), density.logpdf(z).sum(1), rtol=1e-5)
    np.testing.assert_allclose(loaded.sample(5, seed=3), loaded.generate(loaded.prior(5, seed=3)), rtol=1e-6, atol=1e-6)


def test_what_cannot_be_exported_is_said_without_a_trace_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(saved_model.uuid, "uuid4", lambda: uuid.UUID(int=1))
    model = build("laplace")
    drawn = model.prior_family.family
    model.prior_family.family = lambda a, b: drawn(a + tf.py_function(lambda: 0.0, [], tf.float32), b)
    with pytest.raises(UnsafeModelError, match=r"operation EagerPyFunc in function .* is not on the list") as caught:
        check_exportable(model)
    assert "\n" not in str(caught.value)
    assert os.listdir(tmp_path) == []
    assert not tf.io.gfile.exists(f"ram://{uuid.UUID(int=1)}")
