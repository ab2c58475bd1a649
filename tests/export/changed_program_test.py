"""True exports whose program was changed by hand, where no Python code could make such a one: each is refused."""

import contextlib
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


def initializer_does_something_beside_nothing(meta):
    name = next(n.name for n in meta.graph_def.node if n.op == "StatefulPartitionedCall")
    meta.collection_def["saved_model_main_op"].node_list.value.append(name)


def initializer_gives_something_beside_nothing(meta):
    name = next(n.name for n in meta.graph_def.node if n.op == "StatefulPartitionedCall")
    meta.signature_def["__saved_model_init_op"].outputs["more"].name = f"{name}:0"


def other_initializers(meta):
    meta.collection_def["table_initializer"].node_list.value.append("NoOp")


def gradient_is_the_saver(meta):
    meta.graph_def.library.gradient.add(function_name=endpoint(meta).signature.name, gradient_func=saver(meta))


def registered_gradient_is_the_saver(meta):
    meta.graph_def.library.registered_gradients.add(gradient_func=saver(meta), registered_op_type="Mul")


def function_attribute_names_the_saver(meta):
    endpoint(meta).attr["forward_function_name"].s = saver(meta).encode()


def saver_stands_in_for_an_endpoint(meta):
    endpoint(meta).attr["api_implements"].s = b"it"
    of_the_saver(meta, "RestoreV2")[1].attr["api_implements"].s = b"it"


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


def of_the_saver(meta, operation):
    """A node of the saver's functions, by its operation, and the function."""
    function = next(f for f in functions_with(meta, operation) if "__traced_" in f.signature.name)
    return next(node for node in function.node_def if node.op == operation), function


def name_a_file(meta, operation, position):
    """A constant in place of what names a file."""
    changed, function = of_the_saver(meta, operation)
    constant = function.node_def.add(name="elsewhere", op="Const")
    constant.attr["value"].tensor.string_val.append(b"/victim/weights")
    changed.input[position] = "elsewhere:output:0"


def restore_other_files(meta):
    name_a_file(meta, "RestoreV2", 0)


def save_over_other_files(meta):
    name_a_file(meta, "SaveV2", 0)


def write_shards_elsewhere(meta):
    name_a_file(meta, "ShardedFilename", 0)


def merge_to_another_place(meta):
    name_a_file(meta, "MergeV2Checkpoints", 1)


def merge_other_files(meta):
    name_a_file(meta, "MergeV2Checkpoints", 0)


def pack_other_files(meta):
    name_a_file(meta, "Pack", 0)


def join_another_name(meta):
    name_a_file(meta, "StringJoin", 0)


def leave_the_folder_by_a_suffix(meta):
    _, function = of_the_saver(meta, "SaveV2")
    constant = next(n for n in function.node_def if n.op == "Const" and list(n.attr["value"].tensor.string_val) == [b".part"])
    constant.attr["value"].tensor.string_val[:] = [b"/../../victim/weights"]


def restore_what_another_argument_names(meta):
    changed, function = of_the_saver(meta, "RestoreV2")
    function.signature.input_arg.add(name="other")
    changed.input[0] = "other"


def restore_what_nothing_names(meta):
    del of_the_saver(meta, "RestoreV2")[0].input[:]


def caller(meta):
    name = meta.saver_def.restore_op_name
    return next(node for node in meta.graph_def.node if node.name == name)


def feed_the_saver_with_a_constant(meta):
    meta.graph_def.node.add(name="elsewhere", op="Const").attr["value"].tensor.string_val.append(b"/victim/weights")
    caller(meta).input[0] = "elsewhere"


def declare_a_constant_as_the_name(meta):
    feed_the_saver_with_a_constant(meta)
    meta.saver_def.filename_tensor_name = "elsewhere:0"


def name_the_files_by_default(meta):
    prefix = meta.saver_def.filename_tensor_name.partition(":")[0]
    next(node for node in meta.graph_def.node if node.name == prefix).op = "PlaceholderWithDefault"


def restore_in_a_loop(meta):
    caller(meta).op = "While"


def idle_function_that_restores(meta):
    added = meta.graph_def.library.function.add()
    added.CopyFrom(of_the_saver(meta, "RestoreV2")[1])
    added.signature.name = "idle"


def initializer_waits_for_something(meta):
    doing = next(n.name for n in meta.graph_def.node if n.op == "StatefulPartitionedCall" and n.name not in caller(meta).name)
    next(n for n in meta.graph_def.node if n.op == "NoOp").input.append(f"^{doing}")


def no_objects(meta):
    meta.ClearField("object_graph_def")


def no_objects_but_the_field(meta):
    meta.object_graph_def.Clear()
    meta.object_graph_def.SetInParent()


def initializer_of_tensorflow_1(meta):
    meta.collection_def["legacy_init_op"].node_list.value.append("NoOp")


def collection_of_assets(meta):
    meta.collection_def["saved_model_assets"].any_list.value.add()


def main_op_that_is_not_there(meta):
    meta.collection_def["saved_model_main_op"].node_list.value[:] = ["nowhere"]


def slot_variable(meta):
    meta.object_graph_def.nodes[0].slot_variables.add(slot_name="m")


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
    *(initializer_does_something_beside_nothing, initializer_gives_something_beside_nothing),
    *(registered_gradient_is_the_saver, function_attribute_names_the_saver, saver_stands_in_for_an_endpoint),
    *(saver_offered_as_a_function, saver_offered_as_a_concrete_function, function_named_like_an_operation),
    *(two_functions_of_one_name, two_nodes_of_one_name, variable_by_name_in_a_function, asset, asset_object),
    *(resource_object, class_of_some_package, registered_object, own_saver, own_restore_function, slot_variable),
    *(restore_other_files, save_over_other_files, write_shards_elsewhere, merge_to_another_place, merge_other_files),
    *(pack_other_files, join_another_name, leave_the_folder_by_a_suffix, restore_what_another_argument_names),
    *(restore_what_nothing_names, feed_the_saver_with_a_constant, declare_a_constant_as_the_name, restore_in_a_loop),
    *(name_the_files_by_default, idle_function_that_restores, initializer_waits_for_something, no_objects),
    *(no_objects_but_the_field, initializer_of_tensorflow_1, collection_of_assets, main_op_that_is_not_there),
]


def test_the_unchanged_program_passes(program):
    inspection.check(program)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_program(saved, change):
    change(saved.meta_graphs[0])
    with pytest.raises(UnsafeModelError) as caught:
        inspection.check(saved.SerializeToString())
    assert "\n" not in str(caught.value)


PYTHONS = ("__class__", "__init__", "__getattr__", "__setattr__", "__del__", "__reduce__", "__dict__", "_restore_from_tensors")


def owner(meta, place):
    """The root, or the object that holds the signatures."""
    objects = meta.object_graph_def.nodes
    signatures = next(node for node in objects if node.user_object.identifier == "signature_map")
    return objects[0] if place == "of the root" else signatures


@pytest.mark.parametrize("name", PYTHONS)
@pytest.mark.parametrize("place", ["of the root", "of the signatures", "signature"])
def test_names_that_are_taken(saved, name, place):
    """Of an endpoint, of an object of the signatures, of a signature."""
    (meta,) = saved.meta_graphs
    if place == "signature":
        meta.signature_def[name].CopyFrom(meta.signature_def["generate"])
    else:
        objects = meta.object_graph_def.nodes
        owner = (
            objects[0] if place == "of the root" else next(o for o in objects if o.user_object.identifier == "signature_map")
        )
        owner.children.add(node_id=owner.children[0].node_id, local_name=name)
    with pytest.raises(UnsafeModelError, match=f"something called '{name}'; names that begin with an underscore are taken"):
        inspection.check(saved.SerializeToString())


def test_two_graphs(saved):
    saved.meta_graphs.add().CopyFrom(saved.meta_graphs[0])
    with pytest.raises(ValueError, match="holds 2 graphs"):
        inspection.check(saved.SerializeToString())


@pytest.fixture
def changed(exported, tmp_path):
    """A function that gives the path of a model with a changed program and a true manifest."""

    def make(change):
        path = shutil.copytree(exported.path("gan"), tmp_path / change.__name__, dirs_exist_ok=True)
        proto = saved_model_pb2.SavedModel()
        proto.ParseFromString((path / "saved_model.pb").read_bytes())
        change(proto.meta_graphs[0])
        (path / "saved_model.pb").write_bytes(proto.SerializeToString())
        manifest.write(path)
        return path

    return make


def root_without_signatures(meta):
    children = meta.object_graph_def.nodes[0].children
    children.remove(next(child for child in children if child.local_name == "signatures"))


def root_whose_signatures_are_a_list(meta):
    root = meta.object_graph_def.nodes[0]
    root_without_signatures(meta)
    variables = next(child for child in root.children if child.local_name == "variables")
    root.children.add(node_id=variables.node_id, local_name="signatures")


def root_that_is_a_function(meta):
    meta.object_graph_def.nodes[0].CopyFrom(next(n for n in meta.object_graph_def.nodes if n.HasField("function")))


NO_MODELS = (root_without_signatures, root_whose_signatures_are_a_list, root_that_is_a_function)


@pytest.mark.parametrize("allow_untrusted", [False, True])
@pytest.mark.parametrize("change", NO_MODELS)
def test_a_harmless_program_that_is_no_model_of_this_package(changed, change, allow_untrusted):
    with pytest.raises(ValueError, match=r"has no signatures|is a damaged SavedModel") as caught:
        zoo.load(changed(change), allow_untrusted=allow_untrusted)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PYTHONS)
@pytest.mark.parametrize("place", ["of the root", "of the signatures"])
def test_on_request_too_such_a_name_is_no_traceback(changed, place, name):
    def called(meta):
        owner(meta, place).children.add(node_id=owner(meta, place).children[0].node_id, local_name=name)

    with contextlib.suppress(ValueError):
        zoo.load(changed(called), allow_untrusted=True)
    with pytest.raises(UnsafeModelError, match="names that begin with an underscore are taken"):
        zoo.load(changed(called))


@pytest.mark.parametrize("change", [call_the_saver, initializer_is_the_saver])
def test_loading_asks_the_inspection(changed, change):
    with pytest.raises(UnsafeModelError, match="is not loaded: "):
        zoo.load(changed(change))
