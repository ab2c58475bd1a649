"""How many floating-point operations the matrix products and convolutions of a step take, counted from its graph."""

import math

import tensorflow as tf


def _matmul(op):
    contracted = op.inputs[0].shape[-2 if op.get_attr("transpose_a") else -1]
    return math.prod(op.outputs[0].shape) * contracted


def _batch_matmul(op):
    return math.prod(op.outputs[0].shape) * op.inputs[0].shape[-2 if op.get_attr("adj_x") else -1]


def _convolution(one, other, kernel):
    """Each place of the smaller image meets the whole kernel, forwards and in both gradients."""
    places = min(math.prod(image[:3]) for image in (one, other))
    return places * math.prod(kernel)


# Multiplications of each operation that is a matrix product at heart.
PRODUCTS = {
    "MatMul": _matmul,
    "BatchMatMulV2": _batch_matmul,
    "Conv2D": lambda op: _convolution(op.inputs[0].shape, op.outputs[0].shape, op.inputs[1].shape),
    "Conv2DBackpropInput": lambda op: _convolution(op.inputs[2].shape, op.outputs[0].shape, op.inputs[1].shape),
    "Conv2DBackpropFilter": lambda op: _convolution(op.inputs[2].shape, op.inputs[0].shape, op.outputs[0].shape),
}


def _needed(graph):
    """The operations that something depends on: a gradient tape also writes down gradients that nobody asked for."""
    found, waiting = set(), [*(tensor.op for tensor in graph.outputs), *graph.control_outputs]
    while waiting:
        op = waiting.pop()
        if op not in found:
            found.add(op)
            waiting += [tensor.op for tensor in op.inputs] + list(op.control_inputs)
    return found


def by_kind(function, *specs):
    """{kind of operation: floating-point operations} of one call: two for each product, one to multiply and one to add.

    Args:
      function: of tensors of these specs, whose shapes must be known.
      *specs: tf.TensorSpec.

    Raises:
      ValueError: for a matrix product inside of a loop or a nested function, whose calls cannot be counted.
    """
    graph = tf.function(function, autograph=False).get_concrete_function(*specs).graph
    nested = {node.op for made in graph.as_graph_def().library.function for node in made.node_def}
    if hidden := nested & PRODUCTS.keys():
        raise ValueError(
            f"operations can be counted only outside of nested functions, found {', '.join(sorted(hidden))} in one"
        )
    counted = dict.fromkeys(PRODUCTS, 0)
    for op in _needed(graph):
        if op.type in PRODUCTS:
            counted[op.type] += 2 * PRODUCTS[op.type](op)
    return {kind: count for kind, count in counted.items() if count}


def count(function, *specs):
    """The sum of `by_kind`."""
    return sum(by_kind(function, *specs).values())
