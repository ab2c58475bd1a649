"""A checkpoint of somebody else, beside a model that was made to move, write or read it: the model is refused."""

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import zoo
from zoo.export import UnsafeModelError, manifest

v1 = tf.compat.v1


class Victim:
    """A checkpoint that a model could be made to touch, and a place where nothing must come to be."""

    def __init__(self, folder):
        self.around, self.folder, self.stolen = folder, folder / "victim", folder / "stolen"
        self.prefix = str(self.folder / "weights")
        tf.train.Checkpoint(weights=tf.Variable([1.0, 2.0])).write(self.prefix)
        self.before = self._files()

    def _files(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()} if self.folder.exists() else {}

    def untouched(self):
        return self._files() == self.before and {path.name for path in self.around.iterdir()} == {"victim", "model"}


@pytest.fixture
def victim(tmp_path):
    (tmp_path / "victim").mkdir()
    return Victim(tmp_path)


def merge(victim):
    """Moves the victim's files to another name, and deletes their folder."""
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[victim.prefix], destination_prefix=str(victim.stolen / "weights"), delete_old_dirs=True
    )


def save(victim):
    tf.raw_ops.SaveV2(prefix=victim.prefix, tensor_names=["weights"], shape_and_slices=[""], tensors=[tf.constant([0.0, 0.0])])


def save_elsewhere(victim):
    tf.raw_ops.SaveV2(prefix=str(victim.stolen), tensor_names=["a"], shape_and_slices=[""], tensors=[tf.constant(0.0)])


def restore(victim):
    """Reads the victim's weights, and writes them where others can read them."""
    name = "weights/.ATTRIBUTES/VARIABLE_VALUE"
    (read,) = tf.raw_ops.RestoreV2(prefix=victim.prefix, tensor_names=[name], shape_and_slices=[""], dtypes=[tf.float32])
    tf.io.write_file(str(victim.stolen), tf.strings.as_string(tf.reduce_sum(read)))


def write(victim):
    tf.io.write_file(f"{victim.prefix}.index", "gone")


def print_to_a_file(victim):
    tf.print("made", output_stream=f"file://{victim.stolen}")


def save_version_1(victim):
    tf.raw_ops.Save(filename=str(victim.stolen), tensor_names=["a"], data=[tf.constant(0.0)])


def summarize(victim):
    writer = tf.raw_ops.SummaryWriter(shared_name="a", container="")
    tf.raw_ops.CreateSummaryFileWriter(
        writer=writer, logdir=str(victim.stolen), max_queue=1, flush_millis=1, filename_suffix=""
    )
    tf.raw_ops.CloseSummaryWriter(writer=writer)


ATTACKS = (merge, save, save_elsewhere, restore, write, print_to_a_file, save_version_1, summarize)


def version_1(folder, attack, place):
    """A model of TensorFlow 1, with a true manifest, that does something as a part of its restoring or its initializing."""

    @tf.function(autograph=False)
    def body(value):
        attack()
        with tf.control_dependencies(v1.get_default_graph().get_operations()):
            return tf.identity(value)  # of a constant it would be folded away

    with v1.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None], "x")
        weight = v1.get_variable("weight", initializer=1.0, use_resource=True)
        signature = v1.saved_model.predict_signature_def({"x": x}, {"y": weight * x})
        session.run(weight.initializer)
        done = body(weight).op.name
        builder = v1.saved_model.Builder(str(folder))
        builder.add_meta_graph_and_variables(session, ["serve"], {"serving_default": signature})
        builder.save()
    change(folder, lambda meta: _put(meta, place, done))
    return folder


def _put(meta, place, name):
    if place == "restore":
        meta.saver_def.restore_op_name = name
    else:
        meta.collection_def[place].node_list.value[:] = [name]


def change(folder, how):
    """Changes the program of a model, and makes its manifest true again."""
    path = folder / "saved_model.pb"
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(path.read_bytes())
    how(proto.meta_graphs[0])
    path.write_bytes(proto.SerializeToString())
    manifest.write(folder)


PLACES = ("restore", "saved_model_main_op", "legacy_init_op")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_a_model_of_tensorflow_1(victim, tmp_path, attack, place):
    path = version_1(tmp_path / "model", lambda: attack(victim), place)
    with pytest.raises(UnsafeModelError, match="is not loaded: it has no objects") as caught:
        zoo.load(path)
    assert "\n" not in str(caught.value)
    assert victim.untouched()


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_the_attacks_are_real(victim, tmp_path, attack, place):
    """TensorFlow's own loader runs them."""
    path = version_1(tmp_path / "model", lambda: attack(victim), place)
    zoo.load(path, allow_untrusted=True)
    assert not victim.untouched()
