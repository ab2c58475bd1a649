"""What a training run asks of the machine: operations of the step, calls of compiled functions, Python in the graph."""

import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from tools.benchmarks import experiments, operations
from zoo.models import execution

pytestmark = pytest.mark.slow
PYTHON_OPS = {"PyFunc", "PyFuncStateless", "EagerPyFunc"}


def test_the_dense_vae_does_the_products_of_its_layers_and_no_more():
    """784-400-(40 and 40), 40-400-784: forwards, by the weights, and by the inputs of all layers but the first."""
    model = zoo.build(zoo.start_from("vae_static_mnist"), event_shape=(28, 28, 1))
    encoder, decoder = 784 * 400 + 400 * 80, 40 * 400 + 400 * 784
    once = 2 * (encoder + decoder) + 400 * 80 + decoder
    assert operations.count(model.train_step, tf.TensorSpec([100, 28, 28, 1])) == 2 * 100 * once


def test_the_ehm_does_the_products_of_its_passes_and_no_more():
    """DCGAN networks on 32x32x3. A network's layers in multiplications for one example, from the image on."""
    convolutions = [16 * 16 * 16 * 3 * 32, 8 * 8 * 16 * 32 * 64, 4 * 4 * 16 * 64 * 128]
    heads = {"encoder": 2048 * 128, "decoder": 64 * 2048, "critic": 2048}
    encoder, decoder, critic = (sum(convolutions) + heads[name] for name in ("encoder", "decoder", "critic"))
    first = convolutions[0]
    passes = [
        3 * encoder - first,  # wake: forwards and both gradients, none by x
        3 * encoder,  # sleep: the gradient by x reaches the decoder
        3 * decoder,  # wake: the gradient by z reaches the encoder
        3 * decoder - heads["decoder"],  # sleep: none by the prior's z
        2 * (3 * critic - first),  # the critic's own step, on real and generated examples
        # Its penalty: forwards, the gradient by x, and the two of that gradient; of the head neither value is needed.
        4 * critic - 2 * heads["critic"],
        2 * critic,  # the sleep phase, through the critic held fixed
    ]
    model = zoo.build(experiments.dcgan("extended_helmholtz"), event_shape=(32, 32, 3))
    assert operations.count(model.train_step, tf.TensorSpec([64, 32, 32, 3])) == 2 * 64 * sum(passes)


class Counted:
    """A compiled function that counts its calls."""

    def __init__(self, compiled, made):
        self.compiled, self.calls, self.graphs = compiled, 0, []
        made.append(self)

    def __call__(self, *arguments):
        self.calls += not tf.inside_function()
        self.graphs = [self.compiled.get_concrete_function(*arguments).graph]
        return self.compiled(*arguments)


@pytest.mark.parametrize("jit_compile", ["off", "on"])
@pytest.mark.parametrize("steps", [1, 5])
def test_an_execution_is_one_call_without_python(monkeypatch, steps, jit_compile):
    made, compile_function = [], tf.function

    def counting(*functions, **options):
        decorate = compile_function(*functions, **options)
        return Counted(decorate, made) if functions else lambda function: Counted(decorate(function), made)

    model = tiny.build("extended_helmholtz", training={"steps_per_execution": steps, "jit_compile": jit_compile})
    monkeypatch.setattr(execution.tf, "function", counting)
    model.make_train_function(force=True)
    monkeypatch.undo()
    x = tf.zeros([8, *tiny.VECTOR])
    model.fit(tf.data.Dataset.from_tensors(x).repeat(), steps_per_epoch=20, verbose=0, shuffle=False)
    assert sum(each.calls for each in made) == 20 // steps
    found = {node.op for each in made for graph in each.graphs for node in nodes(graph)}
    assert "MatMul" in found
    assert not found & PYTHON_OPS


def nodes(graph):
    """All nodes of a graph and of the functions in it."""
    definition = graph.as_graph_def()
    yield from definition.node
    for function in definition.library.function:
        yield from function.node_def
