"""The benchmark: counted operations against hand counts, the same networks on every side, ratios, the pipe, the works."""

import json
import math
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from tests.repository import ROOT
from tools.benchmarks import experiments, keras_models, operations, profiling, results, running, table
from tools.benchmarks.blocks import Blocks
from tools.benchmarks.contestants import Contestant
from tools.benchmarks.workers import Failed, Workers
from zoo import registry


def test_a_product_of_matrices_counts_two_for_each_multiplication():
    specs = [tf.TensorSpec([3, 4]), tf.TensorSpec([3, 5])]
    assert operations.count(lambda a, b: tf.matmul(a, b, transpose_a=True), *specs) == 2 * 4 * 3 * 5
    specs = [tf.TensorSpec([7, 3, 4]), tf.TensorSpec([7, 5, 4])]
    assert operations.count(lambda a, b: tf.matmul(a, b, adjoint_b=True), *specs) == 2 * 7 * 3 * 4 * 5


@pytest.mark.parametrize("layer", [keras.layers.Conv2D, keras.layers.Conv2DTranspose])
def test_a_convolution_and_its_two_gradients_count_the_same(layer):
    """8 x 8 with 3 channels and 4 x 4 with 5, one kernel of 4 x 4 between each place of the smaller and the larger image."""
    sides = (8, 3, 5) if layer is keras.layers.Conv2D else (4, 5, 3)
    convolution = layer(sides[2], 4, strides=2, padding="same")
    x = tf.TensorSpec([2, sides[0], sides[0], sides[1]])
    convolution.build(x.shape)

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = convolution(x)
        return y, tape.gradient(y, [x, convolution.kernel.value])

    assert operations.count(step, x) == 3 * 2 * (2 * 4 * 4 * 4 * 4 * 3 * 5)


def test_products_in_a_nested_function_are_refused():
    nested = tf.function(lambda a: tf.matmul(a, a))
    with pytest.raises(ValueError, match="only outside of nested functions, found MatMul"):
        operations.count(nested, tf.TensorSpec([3, 3]))


def test_a_step_of_a_small_vae_counts_as_by_hand():
    """4 -> 5 -> (3 and 3) -> 5 -> 4, batch 8. Forwards, by the weights, by the inputs of all layers but the first."""
    encoder, decoder = 4 * 5 + 5 * 6, 3 * 5 + 5 * 4
    by_inputs = 5 * 6 + decoder
    model = tiny.build("vae")
    assert operations.count(model.train_step, tf.TensorSpec([8, 4])) == 2 * 8 * (2 * (encoder + decoder) + by_inputs)


@pytest.mark.parametrize("jit_compile", ["off", "on"])
def test_a_profile_has_the_products_of_a_step(jit_compile):
    """The small VAE above: 4 products forwards, 4 by the weights, 3 by the inputs, and some milliseconds for them."""
    model = tiny.build("vae", training={"jit_compile": jit_compile, "steps_per_execution": 5})
    batches = tf.data.Dataset.from_tensors(tf.zeros([8, *tiny.VECTOR])).repeat()
    found = profiling.of_step(model, batches)
    products = [kind for name, kind in found["kinds"].items() if "MatMul" in name]
    assert sum(kind["operations"] for kind in products) == 11
    assert sum(kind["milliseconds"] for kind in products) > 0
    assert found["milliseconds"] > 0
    assert "MatMul" in table.of_profile("small", found)


OBJECTIVES = ("vae", "gan", "extended_helmholtz")
SIZE = {"image_size": 16, "width": 4, "batch_size": 4}


def ours(config, event_shape):
    model = zoo.build(config, event_shape=event_shape)
    return model, sum(math.prod(v.shape) for name in model.networks() for v in model.networks().get(name, []))


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_stock_keras_has_the_same_networks_and_does_the_same_products(objective):
    config = experiments.dcgan(objective, **SIZE)
    model, parameters = ours(config, (16, 16, 3))
    stock = keras_models.build(config.to_dict(), (16, 16, 3), registry.make)
    stock.compile()
    assert sum(math.prod(v.shape) for v in stock.trainable_variables) == parameters
    spec = tf.TensorSpec([4, 16, 16, 3])
    counted, of_stock = (operations.by_kind(each.train_step, spec) for each in (model, stock))
    # What the zoo leaves out: zeros, carried back through the critic by the second derivative of its leaky ReLU.
    assert all(of_stock[kind] >= counted[kind] for kind in counted)
    assert counted["Conv2D"] == of_stock["Conv2D"]
    assert sum(of_stock.values()) < 1.2 * sum(counted.values())


@pytest.mark.parametrize("name", ["vae_static_mnist", "vamp_prior_static_mnist", "boltzmann_machine_static_mnist", *OBJECTIVES])
def test_pytorch_has_the_same_networks(name):
    torch = pytest.importorskip("torch")
    from tools.benchmarks import pytorch_models, pytorch_side

    config, shape = (experiments.dcgan(name, **SIZE), (16, 16, 3)) if name in OBJECTIVES else (None, (28, 28, 1))
    config = config or zoo.start_from(name, {"optimizers.joint.learning_rate": 0.01} if "boltzmann" in name else {})
    _, parameters = ours(config, shape)
    peer = pytorch_models.build(config.to_dict(), shape)
    assert sum(weight.numel() for weight in peer.parameters()) == parameters
    before = [weight.detach().clone() for weight in peer.parameters()]
    shown = peer.step(pytorch_side._layout(torch.rand(4, *shape), config.to_dict()))
    assert torch.isfinite(shown).all()
    assert all((a != b).any() for a, b in zip(before, peer.parameters(), strict=True) if a.numel() > 1)


def entry(seconds, side="zoo", **facts):
    made = running.Entry(Contestant(side, "train", {}))
    made.seconds, made.facts = seconds, facts
    return made


def test_ratios_are_taken_within_rounds():
    """A machine that is twice as slow in the second round changes both, and not the ratio."""
    work = types.SimpleNamespace(
        __doc__="W.", SUITE="train", UNIT="step", UNITS=2, AIMS={"fastest_pytorch_over_zoo": (">=", 2.0)}
    )
    entries = {
        "zoo": entry([1.0, 2.0, 1.0], operations=30),
        "pytorch": entry([3.0, 6.0, 3.0], "pytorch"),
        "pytorch_compiled": entry([4.0, 5.0, 3.0], "pytorch"),
        "matrix_products": entry([0.5, 1.0, 0.5], operations=20),
    }
    found = results.report(work, entries)
    assert found["figures"]["pytorch_over_zoo"] == {"median": 3.0, "low": 3.0, "high": 3.0}
    fastest = found["figures"]["fastest_pytorch_over_zoo"]
    assert (fastest["median"], fastest["aim"], fastest["met"]) == (3.0, ">= 2", True)
    assert fastest["low"] == 2.75
    assert found["figures"]["share_of_floor"]["median"] == 0.75
    assert found["contestants"]["zoo"]["seconds"]["median"] == 0.5
    json.dumps(found, allow_nan=False)


def test_quartiles():
    assert results.spread([5.0, 1.0, 2.0, 3.0, 4.0]) == {"median": 3.0, "low": 2.0, "high": 4.0}


def test_every_work_is_complete_and_its_aims_have_names():
    for name in running.names():
        work = running.load(name)
        assert work.contestants("data"), name
        assert all(sense in results.MET for sense, _ in work.AIMS.values()), name
    with pytest.raises(ValueError, match=r"unknown work 'nothing'; choose from .*vae_epoch"):
        running.load("nothing")


def test_a_contestant_that_fails_is_out_with_the_reason_and_the_worker_lives_on(tmp_path):
    """Through the pipe, in a worker process: a tool that does not exist, then one that does."""
    with open(tmp_path / "log", "w") as log, Workers(log) as workers:
        options = {"arguments": ("tools.nothing",), "line": "never"}
        worker = workers.of(Contestant("process", "until", options))
        with pytest.raises(Failed, match=r"No module named tools\.nothing"):
            worker.prepare("bad", "until", options)
        worker.prepare("good", "until", {"arguments": ("this",), "line": "The Zen of Python"})
        seconds, peak = worker.measure("good")
        assert seconds > 0
        assert peak > 2**20


def test_a_worker_that_ends_leaves_nothing_behind(tmp_path, monkeypatch):
    """A task that waits for its turn is told that there is none, and clears away what it made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    with open(tmp_path / "log", "w") as log, Workers(log) as workers:
        options = {"arguments": ("this",), "line": "The Zen of Python", "count": 1}
        worker = workers.of(Contestant("process", "with_more_parts", options))
        assert worker.prepare("parts", "with_more_parts", options)["parts_added"] == 1
        assert len(list(folder.iterdir())) == 1
    assert worker.process.returncode == 0
    assert not list(folder.iterdir())


def test_an_epoch_of_fit_is_a_block():
    """The first epoch compiles; each later one begins when it is its turn, and is reported."""
    said = []

    class Turns:
        def ready(self, facts):
            said.append(facts)

        def wait(self):
            said.append("turn")
            return 0.0

        def done(self, seconds):
            said.append("done")

    model = tiny.build("vae")
    x = tf.data.Dataset.from_tensors(np.zeros([8, *tiny.VECTOR], "float32")).repeat()
    model.fit(x, steps_per_epoch=2, epochs=3, callbacks=[Blocks(Turns(), "facts")], verbose=0)
    assert said == ["facts", "turn", "done", "turn", "done"]


def test_the_peer_process_of_pytorch_needs_neither_tensorflow_nor_keras():
    """They would take its memory and its threads."""
    program = "import tools.benchmarks.turns, sys; sys.exit(str({'tensorflow', 'keras'} & set(sys.modules) or ''))"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.stderr.strip() == ""
