"""Reads the program of a SavedModel before it is loaded, and refuses what can do more than compute.

A SavedModel is a program: its graph, and a library of functions that call each other. Every operation of both must be on a
list (zoo/export/allowed_ops.py). What saves and restores its own weights stands in functions that nothing else may use
(zoo/export/saver.py). Names count wherever they stand, in any attribute.

Of objects only those are allowed that tf.train.Checkpoint, lists, functions and variables are made of: no tables, no files
(assets), no classes that some package has registered, nothing that runs at loading. A model without objects is one of
TensorFlow 1, whose graph says what runs when it is loaded; it is refused.
"""

from tensorflow.core.protobuf import saved_model_pb2

from zoo.export import saver
from zoo.export.allowed_ops import ALLOWED, BESIDE_THE_SAVER, ONLY_OUTSIDE_FUNCTIONS, SAVER
from zoo.export.saver import UnsafeModelError

OBJECTS = {"user_object", "function", "variable", "bare_concrete_function", "constant", "captured_tensor"}
CLASSES = {"_generic_user_object", "trackable_list_wrapper", "trackable_dict_wrapper", "signature_map"}
# What TensorFlow runs when it loads a model: an operation that does nothing, under these names.
INITIALIZERS = {"saved_model_main_op", "__saved_model_init_op"}
# The one attribute of Python's own that an object may have: it makes the object callable.
CALL = "__call__"


def check(program):
    """Refuses a program that is not made of allowed operations alone.

    Args:
      program: the bytes of saved_model.pb.

    Raises:
      UnsafeModelError: one line, with the operation and where it stands.
      ValueError: if it is no SavedModel.
    """
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(program)
    except Exception as error:  # protobuf's DecodeError: of a package that only TensorFlow requires
        raise ValueError(f"saved_model.pb is damaged: {error}") from error
    if len(saved.meta_graphs) != 1:
        raise ValueError(f"saved_model.pb holds {len(saved.meta_graphs)} graphs; a model has one")
    (meta,) = saved.meta_graphs
    if not meta.object_graph_def.nodes:
        raise UnsafeModelError("it has no objects, as models of TensorFlow 1, which run a part of their graph when loaded")
    library = _library(meta.graph_def.library)
    _check_operations(meta.graph_def.node, library)
    savers = saver.functions(library)
    _check_library(meta.graph_def.library, library, savers)
    using = saver.check(meta, library, savers)
    nodes = {node.name: node for node in meta.graph_def.node}
    if len(nodes) != len(meta.graph_def.node):
        raise UnsafeModelError("the graph has two nodes of one name")
    _check_signatures(meta.signature_def, nodes, using)
    _check_rest(meta, nodes)
    _check_objects(meta.object_graph_def, savers)
    _check_names(meta)


def _library(library):
    found = {function.signature.name: function for function in library.function}
    if len(found) != len(library.function):
        raise UnsafeModelError("the program has two functions of one name")
    if shadowing := sorted(found.keys() & (ALLOWED | SAVER | BESIDE_THE_SAVER | ONLY_OUTSIDE_FUNCTIONS)):
        raise UnsafeModelError(f"the program has a function with the name of an operation: {shadowing[0]}")
    return found


def _check_operations(graph, library):
    places = {"the graph": (graph, ALLOWED | ONLY_OUTSIDE_FUNCTIONS)}
    inside = ALLOWED | SAVER | BESIDE_THE_SAVER
    places |= {f"function {name}": (function.node_def, inside) for name, function in library.items()}
    for place, (nodes, allowed) in places.items():
        for node in nodes:
            if node.op not in allowed and node.op not in library:
                raise UnsafeModelError(f"operation {node.op} in {place} ({node.name}) is not on the list of allowed ones")


def _check_library(proto, library, savers):
    attributes = {name: set().union(*map(saver.strings, function.attr.values())) for name, function in library.items()}
    for entry in proto.gradient:
        attributes[f"the gradient of {entry.function_name}"] = {entry.function_name, entry.gradient_func}
    for entry in proto.registered_gradients:
        attributes[f"the gradient {entry.registered_op_type}"] = {entry.gradient_func}
    for name in savers:
        # TensorFlow exchanges functions that say that they implement the same thing; tfp has draws for each device so.
        if {"implements", "api_implements"} & library[name].attr.keys():
            raise UnsafeModelError(f"function {name}, which saves or restores files, says that it stands in for another")
    for name, named in attributes.items():
        if name not in savers and named & savers:
            raise UnsafeModelError(f"{name} names {min(named & savers)}, which saves or restores files")


def _does_nothing(node):
    return node.op == "NoOp" and not node.input


def _check_signatures(signatures, nodes, using):
    for name, signature in signatures.items():
        tensors = [*signature.outputs.values(), *signature.inputs.values(), *signature.defaults.values()]
        named = {saver.node_of(getattr(tensor, "name", "")) for tensor in tensors}
        if named & using:
            raise UnsafeModelError(f"signature {name} saves or restores files")
        if name in INITIALIZERS and not all(node in nodes and _does_nothing(nodes[node]) for node in named):
            raise UnsafeModelError(f"{name} does something when the model is loaded")


def _check_rest(meta, nodes):
    """Nothing runs at loading, and nothing is read but the weights."""
    for name, collection in meta.collection_def.items():
        named = {saver.node_of(node) for node in collection.node_list.value}
        if name not in INITIALIZERS or collection.WhichOneof("kind") != "node_list":
            raise UnsafeModelError(f"the graph has a collection {name!r}, of which a model needs none")
        if not all(node in nodes and _does_nothing(nodes[node]) for node in named):
            raise UnsafeModelError(f"{name} does something when the model is loaded")
    if meta.asset_file_def:
        raise UnsafeModelError("the model has files of its own (assets), of which it needs none")


def _check_objects(objects, savers):
    for name in objects.concrete_functions:
        if name in savers:
            raise UnsafeModelError(f"function {name}, which saves or restores files, can be called from outside")
    for node in objects.nodes:
        kind = node.WhichOneof("kind")
        if kind not in OBJECTS:
            raise UnsafeModelError(f"the model holds an object of kind {kind}")
        if kind == "user_object" and node.user_object.identifier not in CLASSES:
            raise UnsafeModelError(f"the model holds an object of class {node.user_object.identifier!r}")
        if node.registered_name or node.registered_saver or node.saveable_objects or node.slot_variables:
            raise UnsafeModelError("the model holds an object that says itself how it is saved and restored")
        named = {*node.function.concrete_functions, node.bare_concrete_function.concrete_function_name}
        if named & savers:
            raise UnsafeModelError(f"function {min(named & savers)}, which saves or restores files, can be called from outside")


def _check_names(meta):
    """No object takes a name that means something to Python or to TensorFlow: those begin with an underscore."""
    children = {child.local_name for node in meta.object_graph_def.nodes for child in node.children}
    if taken := sorted(name for name in children - {CALL} | meta.signature_def.keys() - INITIALIZERS if name.startswith("_")):
        raise UnsafeModelError(f"the model has something called {taken[0]!r}; names that begin with an underscore are taken")
