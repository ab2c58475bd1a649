"""Reads the program of a SavedModel before it is loaded, and refuses what can do more than compute.

A SavedModel is a program: its graph, and a library of functions that call each other. Every operation of both must be on a
list (zoo/export/allowed_ops.py). Every SavedModel also has functions that save and restore its own weights, with operations
that write and read files. A function counts as the saver's if it has such an operation, or names a function that is. Those
may be called only by each other and by the two nodes of the graph that the SavedModel declares as its saver's, which nothing
else may use: no endpoint, no signature and no initializer. Names count wherever they stand, in any attribute.

Of objects only those are allowed that tf.train.Checkpoint, lists, functions and variables are made of: no tables, no files
(assets), no classes that some package has registered, nothing that runs at loading.
"""

from tensorflow.core.protobuf import saved_model_pb2

from zoo.export.allowed_ops import ALLOWED, BESIDE_THE_SAVER, ONLY_OUTSIDE_FUNCTIONS, SAVER

OBJECTS = {"user_object", "function", "variable", "bare_concrete_function", "constant", "captured_tensor"}
CLASSES = {"_generic_user_object", "trackable_list_wrapper", "trackable_dict_wrapper", "signature_map"}
# What TensorFlow runs when it loads a model: an operation that does nothing, under these names.
INITIALIZERS = {"saved_model_main_op", "__saved_model_init_op"}


class UnsafeModelError(ValueError):
    """A model whose program may do more than compute; the message is one line that says what was found."""


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
    library = _library(meta.graph_def.library)
    _check_operations(meta.graph_def.node, library)
    savers = _savers(library)
    _check_library(meta.graph_def.library, library, savers)
    _check_graph(meta, savers)
    _check_objects(meta.object_graph_def, savers)


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


def _strings(value):
    """Every string in an attribute, and every function's name with the strings of its attributes."""
    kind = value.WhichOneof("value")
    if kind == "s":
        return {value.s.decode("utf-8", "replace")}
    if kind == "func":
        return _function_strings(value.func)
    if kind == "list":
        return {text.decode("utf-8", "replace") for text in value.list.s}.union(*map(_function_strings, value.list.func))
    return {value.placeholder} if kind == "placeholder" else set()


def _function_strings(function):
    return {function.name}.union(*map(_strings, function.attr.values()))


def _names(node):
    """Everything that a node may call: its operation, and all names in its attributes."""
    return {node.op}.union(*map(_strings, node.attr.values()))


def _savers(library):
    """The functions that save or restore, or call one that does."""
    names = {name: set().union(*map(_names, function.node_def)) for name, function in library.items()}
    savers, grown = set(), {name for name, called in names.items() if called & SAVER}
    while grown != savers:
        savers = grown
        grown = savers | {name for name, called in names.items() if called & savers}
    return savers


def _check_library(proto, library, savers):
    attributes = {name: set().union(*map(_strings, function.attr.values())) for name, function in library.items()}
    for entry in proto.gradient:
        attributes[f"the gradient of {entry.function_name}"] = {entry.function_name, entry.gradient_func}
    for entry in proto.registered_gradients:
        attributes[f"the gradient {entry.registered_op_type}"] = {entry.gradient_func}
    for name, function in library.items():
        # The optimizer of graphs exchanges functions that say that they implement the same thing.
        if {"implements", "api_implements"} & function.attr.keys():
            raise UnsafeModelError(f"function {name} says that it stands in for another")
    for name, named in attributes.items():
        if name not in savers and named & savers:
            raise UnsafeModelError(f"{name} names {min(named & savers)}, which saves or restores files")


def _node_of(tensor):
    return tensor.lstrip("^").partition(":")[0]


def _check_graph(meta, savers):
    declared = {_node_of(meta.saver_def.save_tensor_name), _node_of(meta.saver_def.restore_op_name)} - {""}
    nodes = {node.name: node for node in meta.graph_def.node}
    if len(nodes) != len(meta.graph_def.node):
        raise UnsafeModelError("the graph has two nodes of one name")
    using = {name for name, node in nodes.items() if _names(node) & savers}
    if foreign := sorted(using - declared):
        raise UnsafeModelError(f"{foreign[0]} in the graph saves or restores files, and is not the saver")
    for name, node in nodes.items():
        if sources := sorted({_node_of(source) for source in node.input} & using):
            raise UnsafeModelError(f"{name} in the graph makes {sources[0]} run, which saves or restores files")
    _check_signatures(meta.signature_def, nodes, using)
    _check_rest(meta, nodes)


def _check_signatures(signatures, nodes, using):
    for name, signature in signatures.items():
        tensors = [*signature.outputs.values(), *signature.inputs.values(), *signature.defaults.values()]
        named = {_node_of(getattr(tensor, "name", "")) for tensor in tensors}
        if named & using:
            raise UnsafeModelError(f"signature {name} saves or restores files")
        if name in INITIALIZERS and any(nodes[node].op != "NoOp" for node in named & nodes.keys()):
            raise UnsafeModelError(f"{name} does something when the model is loaded")


def _check_rest(meta, nodes):
    """Nothing runs at loading, and nothing is read but the weights."""
    for name, collection in meta.collection_def.items():
        named = {_node_of(node) for node in collection.node_list.value}
        if name not in INITIALIZERS or collection.WhichOneof("kind") != "node_list":
            raise UnsafeModelError(f"the graph has a collection {name!r}, of which a model needs none")
        if any(node not in nodes or nodes[node].op != "NoOp" for node in named):
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
        if node.registered_name or node.registered_saver or node.saveable_objects:
            raise UnsafeModelError("the model holds an object that says itself how it is saved and restored")
        named = {*node.function.concrete_functions, node.bare_concrete_function.concrete_function_name}
        if named & savers:
            raise UnsafeModelError(f"function {min(named & savers)}, which saves or restores files, can be called from outside")
