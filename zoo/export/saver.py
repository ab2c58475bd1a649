"""The saver of a SavedModel: the functions that write and read its weights, and what else they could be made to do.

A function counts as the saver's if it has an operation that touches files, or names a function that does. There are at most
two: what the two nodes call that the SavedModel declares as its saver's. Nothing else may name them or use those nodes: no
endpoint, no signature, no initializer, no attribute. Which files they touch is up to whoever calls them: every file name is
made of the function's first argument, as tf.saved_model.save writes it, and that argument is the declared placeholder.
"""

from zoo.export.allowed_ops import SAVER

PREFIX = "the first argument"
# Operation -> what its first inputs come from. Pack's one source is that of all its inputs.
SOURCES = {
    "SaveV2": ("ShardedFilename",),
    "RestoreV2": (PREFIX,),
    "MergeV2Checkpoints": ("Pack", PREFIX),
    "Pack": ("ShardedFilename",),
    "ShardedFilename": ("StringJoin",),
    "StringJoin": (PREFIX, "Select"),
    "Select": ("StaticRegexFullMatch", "Const", "Const"),
}
# Between the argument and the number of a shard, while a checkpoint is written.
SUFFIXES = {b".part", b"_temp/part"}


class UnsafeModelError(ValueError):
    """A model whose program may do more than compute; the message is one line that says what was found."""


def strings(value):
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
    return {function.name}.union(*map(strings, function.attr.values()))


def names(node):
    """Everything that a node may call: its operation, and all names in its attributes."""
    return {node.op}.union(*map(strings, node.attr.values()))


def node_of(tensor):
    """The name of the node that a tensor, or a control input, is of."""
    return tensor.lstrip("^").partition(":")[0]


def functions(library):
    """The names of the functions that save or restore, or name one that does.

    Args:
      library: name -> FunctionDef.
    """
    called = {name: set().union(*map(names, function.node_def)) for name, function in library.items()}
    savers, grown = set(), {name for name in called if called[name] & SAVER}
    while grown != savers:
        savers = grown
        grown = savers | {name for name in called if called[name] & savers}
    return savers


def check(meta, library, savers):
    """Refuses a graph in which the saver's functions do anything but save and restore.

    Args:
      meta: the MetaGraphDef.
      library: name -> FunctionDef.
      savers: what `functions` gives.

    Returns:
      The names of the nodes of the graph that call them.

    Raises:
      UnsafeModelError: one line.
    """
    declared = {node_of(meta.saver_def.save_tensor_name), node_of(meta.saver_def.restore_op_name)} - {""}
    nodes = {node.name: node for node in meta.graph_def.node}
    using = {name for name, node in nodes.items() if names(node) & savers}
    if foreign := sorted(using - declared):
        raise UnsafeModelError(f"{foreign[0]} in the graph saves or restores files, and is not the saver")
    for name, node in nodes.items():
        if sources := sorted({node_of(source) for source in node.input} & using):
            raise UnsafeModelError(f"{name} in the graph makes {sources[0]} run, which saves or restores files")
    called = {nodes[name].attr["f"].func.name for name in using}
    if others := sorted(savers - called):
        raise UnsafeModelError(f"function {others[0]} saves or restores files, and is not the saver's")
    for name in sorted(using):
        _check_placeholder(meta, nodes, nodes[name])
    for name in sorted(savers):
        _check_function(library[name])
    return using


def _check_placeholder(meta, nodes, caller):
    """The first argument of the saver's function is what a loader feeds with the path of the model's own files."""
    prefix = node_of(meta.saver_def.filename_tensor_name)
    if caller.op not in ("PartitionedCall", "StatefulPartitionedCall") or not caller.input or caller.input[0] != prefix:
        raise UnsafeModelError(f"{caller.name} in the graph is not a call of the saver with the declared name of its files")
    if prefix not in nodes or nodes[prefix].op != "Placeholder":
        raise UnsafeModelError("the saver's files are named by the model, and not by whoever loads it")


def _check_function(function):
    """Every name of a file is made of the first argument."""
    prefix = function.signature.input_arg[0].name if function.signature.input_arg else ""
    nodes = {node.name: node for node in function.node_def}
    for node in function.node_def:
        given = [source for source in node.input if not source.startswith("^")]
        wanted = SOURCES.get(node.op, ())
        wanted = wanted * len(given) if node.op == "Pack" else wanted
        found = [_source(source, nodes, prefix) for source in given[: len(wanted)]]
        if found != list(wanted):
            raise UnsafeModelError(
                f"{node.name} in function {function.signature.name} names a file that is not the model's own: "
                f"its inputs are {', '.join(found) or 'none'}, not {', '.join(wanted)}"
            )
        if node.op == "Select":
            _check_suffixes(function, [nodes[node_of(source)] for source in given[1:]])


def _source(source, nodes, prefix):
    """The operation that an input comes from, or PREFIX."""
    if source == prefix:
        return PREFIX
    return nodes[node_of(source)].op if node_of(source) in nodes else "another argument"


def _check_suffixes(function, constants):
    for constant in constants:
        texts = list(constant.attr["value"].tensor.string_val)
        if len(texts) != 1 or texts[0] not in SUFFIXES:
            raise UnsafeModelError(f"{constant.name} in function {function.signature.name} is a part of a file's name: {texts}")
