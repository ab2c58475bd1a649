"""The object that is saved: the endpoints, and networks to train on, by the Reusable SavedModel interface of TF Hub.

The root and each of its sub-objects `encoder`, `decoder` and `critic` has `__call__(inputs, training=False)`, `variables`,
`trainable_variables` and `regularization_losses`. The root's call is the decoder's. With training=True batch normalization
uses the batch and moves its statistics, as in training.
"""

import functools

import tensorflow as tf

from zoo.export import endpoints


def root(model):
    """The root, and the functions of its signatures: (tf.train.Checkpoint, {name: function}).

    All are of that class, because a tf.Module would come back without its lists of variables.
    """
    functions, networks = endpoints.functions(model), endpoints.networks(model)
    parts = {name: _reusable(call, owners) for name, (call, owners) in networks.items()}
    signatures = functions | {"serving_default": functions["generate"]}
    if "critic" in networks:
        signatures["critic"] = _signature(networks["critic"][0], model)
    return _reusable(networks["decoder"][0], (model,), **functions, **parts), signatures


def _signature(critic, model):
    """A signature has no Python arguments: the critic, not in training."""
    inputs = [endpoints.specs(model)[name] for name in endpoints.critic_inputs(model)]
    return tf.function(lambda *tensors: critic(*tensors, training=False), input_signature=inputs, autograph=False)


def _reusable(call, owners, **attributes):
    trainable = [variable for owner in owners for variable in owner.trainable_variables]
    return tf.train.Checkpoint(
        **attributes,
        **{"__call__": call},
        variables=[variable.value for owner in owners for variable in owner.variables],
        trainable_variables=[variable.value for variable in trainable],
        regularization_losses=[
            tf.function(functools.partial(variable.regularizer, variable), input_signature=[])
            for variable in trainable
            if variable.regularizer is not None
        ],
    )
