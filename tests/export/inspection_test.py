"""Programs that are refused before they are loaded: made by hand, as an attacker would."""

import re

import pytest
import tensorflow as tf

import zoo
from zoo.export import UnsafeModelError, manifest
from zoo.export.allowed_ops import ALLOWED

STRING = tf.TensorSpec([], tf.string, "x")


def save(folder, function, **more):
    """A SavedModel of one endpoint, with a true manifest."""
    root = tf.train.Checkpoint(encode=tf.function(function, input_signature=[STRING], autograph=False), **more)
    tf.saved_model.save(root, str(folder), signatures={"encode": root.encode})
    manifest.write(folder)
    return folder


def nested(function, depth=3):
    """The same behind several functions."""
    for _ in range(depth):
        function = tf.function(function, autograph=False)
    return function


def write(x):
    tf.io.write_file("stolen", x)
    return x


def in_a_branch(x):
    return tf.cond(tf.equal(x, "a"), lambda: tf.io.read_file(x), lambda: x)


def in_a_loop(x):
    return tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, tf.io.read_file(y)), (0, x))[1]


def in_a_map(x):
    return tf.map_fn(tf.io.read_file, tf.reshape(x, [1]))


def saves(x):
    tf.raw_ops.SaveV2(prefix=x, tensor_names=["a"], shape_and_slices=[""], tensors=[tf.constant(1.0)])
    return x


def restores(x):
    return tf.raw_ops.RestoreV2(prefix=x, tensor_names=["a"], shape_and_slices=[""], dtypes=[tf.float32])[0]


def merges(x):
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=[x], destination_prefix="there")
    return x


ENDPOINTS = {
    "writes a file": (write, "WriteFile"),
    "reads a file": (tf.io.read_file, "ReadFile"),
    "lists files": (tf.io.matching_files, "MatchingFiles"),
    "runs Python": (lambda x: tf.py_function(lambda y: y, [x], tf.string), "EagerPyFunc"),
    "runs Python by number": (lambda x: tf.numpy_function(lambda y: y, [x], tf.string), "PyFunc"),
    "prints, perhaps to a file": (lambda x: [tf.print(x, output_stream="file://there"), x][1], "PrintV2"),
    "hides it in a nested function": (nested(write), "WriteFile"),
    "hides it in a branch": (in_a_branch, "ReadFile"),
    "hides it in a loop": (in_a_loop, "ReadFile"),
    "hides it in a map": (in_a_map, "ReadFile"),
    "writes through SaveV2": (saves, "saves or restores files"),
    "reads through RestoreV2": (restores, "saves or restores files"),
    "moves files through MergeV2Checkpoints": (merges, "saves or restores files"),
    "saves behind nested functions": (nested(saves), "saves or restores files"),
    "maps a file": (
        lambda x: tf.raw_ops.ImmutableConst(dtype=tf.float32, shape=[1], memory_region_name="there"),
        "ImmutableConst",
    ),
}


# What operations are called that touch files, hosts, devices, tables or queues, run Python, or keep a state of their own.
REACHES_OUT = re.compile(
    "File|Save|Restore|Checkpoint|Write|Read(?!VariableOp$)|Summary|Print|PyFunc|Dataset|Iterator|Send|Recv|Rpc|Remote|Debug|Dump|"
    "Table|Queue|Barrier|Lmdb|Tpu|TPU|Xla|XLA|Collective|Nccl|Host|VarHandle|Mutex|Session|Immutable|SymbolicGradient|Stateful(?!P)"
)


def test_nothing_on_the_list_reaches_out():
    """By name, of all operations that this TensorFlow has; the list has none that it does not have."""
    every = {name for name in dir(tf.raw_ops) if not name.startswith("_")}
    assert every >= ALLOWED
    touching = {name for name in every if REACHES_OUT.search(name)}
    assert touching >= {"SaveV2", "MergeV2Checkpoints", "WriteFile", "PrintV2", "EagerPyFunc", "HashTableV2", "ImmutableConst"}
    assert not touching & ALLOWED


@pytest.mark.parametrize("what", ENDPOINTS)
def test_an_endpoint_that(what, tmp_path):
    function, named = ENDPOINTS[what]
    path = save(tmp_path / "model", function)
    with pytest.raises(UnsafeModelError, match=rf"is not loaded: .*{named}") as caught:
        zoo.load(path)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.glob("**/stolen*"))


def test_on_request_it_is_loaded_all_the_same(tmp_path):
    path = save(tmp_path / "model", tf.io.read_file)
    (tmp_path / "secret").write_text("known")
    assert zoo.load(path, allow_untrusted=True).encode(str(tmp_path / "secret")) == b"known"


def test_a_file_of_its_own(tmp_path):
    (tmp_path / "words").write_text("a\n")
    table = tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(str(tmp_path / "words"), tf.string, 0, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), 0
    )
    path = save(tmp_path / "model", table.lookup, table=table)
    with pytest.raises(UnsafeModelError):
        zoo.load(path)


def test_a_model_that_would_be_refused_is_not_exported(exported, tmp_path, monkeypatch):
    model = exported.model("gan")
    generate = model.generate
    monkeypatch.setattr(model, "generate", lambda z: generate(z) + tf.py_function(lambda: 0.0, [], tf.float32))
    with pytest.raises(UnsafeModelError, match="EagerPyFunc"):
        zoo.export.export(model, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []
