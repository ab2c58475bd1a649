"""True exports whose program was changed by hand, where no Python code could make such a one: each is refused."""

import shutil

import pytest
from tensorflow.core.protobuf import saved_model_pb2

import zoo
from zoo.export import UnsafeModelError, inspection, manifest


@pytest.fixture(scope="module")
def program(exported):
    return (exported.path("gan") / "saved_model.pb").read_bytes()


@pytest.fixture
def saved(program):
    proto = saved_model_pb2.SavedModel()
    proto.ParseFromString(program)
    return proto


def functions_with(meta, operation):
    return [f for f in meta.graph_def.library.function if any(node.op == operation for node in f.node_def)]


def saver(meta, operation="SaveV2"):
    (function,) = functions_with(meta, operation)
    return function.signature.name


def endpoint(meta):
    """The body of the critic, which everything else that calls it goes through."""
    return next(f for f in meta.graph_def.library.function if f.signature.name.startswith("__inference_signature_wrapper"))


def node(place, operation, **attributes):
    added = place.add(name="added", op=operation)
    for name, value in attributes.items():
        if isinstance(value, bytes):
            added.attr[name].s = value
        else:
            added.attr[name].func.name = value
    return added


def custom_operation(meta):
    node(meta.graph_def.node, "Namespace>Custom")


def in_a_function_nobody_calls(meta):
    function = meta.graph_def.library.function.add()
    function.signature.name = "idle"
    node(function.node_def, "WriteFile")


def call_the_saver(meta):
    node(endpoint(meta).node_def, "StatefulPartitionedCall", f=saver(meta))


def call_the_restorer(meta):
    node(endpoint(meta).node_def, "PartitionedCall", f=saver(meta, "RestoreV2"))


def call_the_saver_as_an_operation(meta):
    node(endpoint(meta).node_def, saver(meta))


def call_the_saver_by_a_string(meta):
    node(endpoint(meta).node_def, "StatefulPartitionedCall", f="x", _gradient=saver(meta).encode())


def call_the_saver_from_a_list(meta):
    added = endpoint(meta).node_def.add(name="added", op="Case")
    added.attr["branches"].list.func.add(name=saver(meta))


def call_the_saver_in_an_argument(meta):
    added = node(endpoint(meta).node_def, "StatefulPartitionedCall", f="x")
    added.attr["f"].func.attr["g"].func.name = saver(meta)


def call_the_saver_through_another(meta):
    middle = meta.graph_def.library.function.add()
    middle.signature.name = "middle"
    node(middle.node_def, "StatefulPartitionedCall", f=saver(meta))
    node(endpoint(meta).node_def, "StatefulPartitionedCall", f="middle")


def a_second_saver_in_the_graph(meta):
    node(meta.graph_def.node, "StatefulPartitionedCall", f=saver(meta))


def saver_operation_in_the_graph(meta):
    node(meta.graph_def.node, "SaveV2")


def depend_on_the_saver(meta):
    target = next(n for n in meta.graph_def.node if n.op == "NoOp")
    target.input.append("^" + meta.saver_def.restore_op_name)


def signature_gives_what_the_saver_gives(meta):
    output = next(iter(meta.signature_def["generate"].outputs.values()))
    output.name = meta.saver_def.save_tensor_name


def initializer_is_the_saver(meta):
    output = meta.signature_def["__saved_model_init_op"].outputs["__saved_model_init_op"]
    output.name = meta.saver_def.restore_op_name


def initializer_does_something(meta):
    name = next(n.name for n in meta.graph_def.node if n.op == "StatefulPartitionedCall")
    meta.collection_def["saved_model_main_op"].node_list.value[:] = [name]


def other_initializers(meta):
    meta.collection_def["table_initializer"].node_list.value.append("NoOp")


def gradient_is_the_saver(meta):
    meta.graph_def.library.gradient.add(function_name=endpoint(meta).signature.name, gradient_func=saver(meta))


def registered_gradient_is_the_saver(meta):
    meta.graph_def.library.registered_gradients.add(gradient_func=saver(meta), registered_op_type="Mul")


def function_attribute_names_the_saver(meta):
    endpoint(meta).attr["forward_function_name"].s = saver(meta).encode()


def function_stands_in_for_another(meta):
    endpoint(meta).attr["api_implements"].s = b"it"


def saver_offered_as_a_function(meta):
    next(n for n in meta.object_graph_def.nodes if n.HasField("function")).function.concrete_functions.append(saver(meta))


def saver_offered_as_a_concrete_function(meta):
    meta.object_graph_def.concrete_functions[saver(meta)].SetInParent()


def function_named_like_an_operation(meta):
    endpoint(meta).signature.name = "MatMul"


def two_functions_of_one_name(meta):
    meta.graph_def.library.function.add().CopyFrom(endpoint(meta))


def two_nodes_of_one_name(meta):
    meta.graph_def.node.add().CopyFrom(meta.graph_def.node[0])


def variable_by_name_in_a_function(meta):
    node(endpoint(meta).node_def, "VarHandleOp")


def asset(meta):
    meta.asset_file_def.add(filename="passwords")


def asset_object(meta):
    meta.object_graph_def.nodes.add().asset.asset_file_def_index = 0


def resource_object(meta):
    meta.object_graph_def.nodes.add().resource.SetInParent()


def class_of_some_package(meta):
    meta.object_graph_def.nodes.add().user_object.identifier = "_tf_keras_model"


def registered_object(meta):
    meta.object_graph_def.nodes[0].registered_name = "package.Class"


def own_saver(meta):
    meta.object_graph_def.nodes[0].registered_saver = "package.saver"


def own_restore_function(meta):
    meta.object_graph_def.nodes[0].saveable_objects["x"].restore_function = 3


CHANGES = [
    *(custom_operation, in_a_function_nobody_calls, call_the_saver, call_the_restorer),
    *(call_the_saver_as_an_operation, call_the_saver_by_a_string, call_the_saver_from_a_list),
    *(call_the_saver_in_an_argument, call_the_saver_through_another, a_second_saver_in_the_graph),
    *(saver_operation_in_the_graph, depend_on_the_saver, signature_gives_what_the_saver_gives),
    *(initializer_is_the_saver, initializer_does_something, other_initializers, gradient_is_the_saver),
    *(registered_gradient_is_the_saver, function_attribute_names_the_saver, function_stands_in_for_another),
    *(saver_offered_as_a_function, saver_offered_as_a_concrete_function, function_named_like_an_operation),
    *(two_functions_of_one_name, two_nodes_of_one_name, variable_by_name_in_a_function, asset, asset_object),
    *(resource_object, class_of_some_package, registered_object, own_saver, own_restore_function),
]


def test_the_unchanged_program_passes(program):
    inspection.check(program)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_program(saved, change):
    change(saved.meta_graphs[0])
    with pytest.raises(UnsafeModelError) as caught:
        inspection.check(saved.SerializeToString())
    assert "\n" not in str(caught.value)


def test_two_graphs(saved):
    saved.meta_graphs.add().CopyFrom(saved.meta_graphs[0])
    with pytest.raises(ValueError, match="holds 2 graphs"):
        inspection.check(saved.SerializeToString())


@pytest.fixture
def changed(exported, tmp_path):
    """A function that gives the path of a model with a changed program and a true manifest."""

    def make(change):
        path = shutil.copytree(exported.path("gan"), tmp_path / change.__name__)
        proto = saved_model_pb2.SavedModel()
        proto.ParseFromString((path / "saved_model.pb").read_bytes())
        change(proto.meta_graphs[0])
        (path / "saved_model.pb").write_bytes(proto.SerializeToString())
        manifest.write(path)
        return path

    return make


@pytest.mark.parametrize("change", [call_the_saver, initializer_is_the_saver])
def test_loading_asks_the_inspection(changed, change):
    with pytest.raises(UnsafeModelError, match="is not loaded: "):
        zoo.load(changed(change))
