"""An export in the runtimes of phones and of other languages: converted to LiteRT and to ONNX it gives the same numbers."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny

ENDPOINTS = ("encode_mean", "generate", "reconstruct")
RANDOM = {
    "StatelessRandomUniformV2",
    "StatelessRandomNormalV2",
    "StatelessRandomUniformFullIntV2",
    "StatelessRandomGetKeyCounter",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An exported model of convolutions, dense layers and normalizations."""
    network = tiny.network("dcgan", normalization="batch")
    preprocessing = zoo.data.Preprocessing(tiny.IMAGE, 256)
    config = tiny.experiment(
        "vae", encoder=network, decoder=network, likelihood={"name": "normal", "loc_activation": "sigmoid"}
    )
    path = tmp_path_factory.mktemp("runtimes") / "model"
    zoo.build(config, preprocessing=preprocessing).export(path)
    return path


@pytest.fixture(scope="module")
def expected(folder):
    """{endpoint: (input, output)}; a batch of three, where the export leaves its size open."""
    rng, loaded = np.random.default_rng(0), zoo.load(folder)
    given = {"x": rng.uniform(size=(3, *tiny.IMAGE)).astype(np.float32), "z": rng.normal(size=(3, 3)).astype(np.float32)}
    inputs = {"encode_mean": "x", "generate": "z", "reconstruct": "x"}
    return {name: (inputs[name], given[inputs[name]], getattr(loaded, name)(given[inputs[name]]).numpy()) for name in ENDPOINTS}


def operations(function):
    """The kinds of all operations of a concrete function, those that it calls included."""
    graph = function.graph.as_graph_def()
    return {node.op for part in (graph.node, *(each.node_def for each in graph.library.function)) for node in part}


def test_the_mean_of_the_code_draws_nothing(folder, expected):
    loaded = zoo.load(folder)
    _, x, mean = expected["encode_mean"]
    np.testing.assert_array_equal(mean, loaded.encode(x)["loc"])
    assert operations(loaded.signatures["encode"]) & RANDOM
    for name in ENDPOINTS:
        assert not operations(loaded.signatures[name]) & RANDOM


def test_litert_gives_the_same(folder, expected):
    litert = pytest.importorskip("ai_edge_litert.interpreter", reason="needs ai-edge-litert")
    converter = tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=ENDPOINTS)
    interpreter = litert.Interpreter(model_content=converter.convert())
    for name, (key, given, wanted) in expected.items():
        found = interpreter.get_signature_runner(name)(**{key: given})["output_0"]
        np.testing.assert_allclose(found, wanted, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("name", ENDPOINTS)
def test_onnx_gives_the_same(folder, expected, name):
    tf2onnx = pytest.importorskip("tf2onnx", reason="needs tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
    key, given, wanted = expected[name]
    endpoint = zoo.load(folder).signatures[name]
    spec = [tf.TensorSpec([None, *given.shape[1:]], tf.float32, key)]
    function = tf.function(lambda tensor: endpoint(**{key: tensor})["output_0"], input_signature=spec)
    program, _ = tf2onnx.convert.from_function(function, spec, opset=18)
    session = onnxruntime.InferenceSession(program.SerializeToString())
    (found,) = session.run(None, {session.get_inputs()[0].name: given})
    np.testing.assert_allclose(found, wanted, atol=1e-5)
