"""Which parts of a model are trained together, by one optimizer: of any model that has `named_parts` and OWNERS."""


def owners(model):
    """{name: its parts} of what may have an optimizer of its own: encoder, decoder, prior, approximators; or the joint."""
    named = model.named_parts()
    own = {**model.OWNERS, **{name: (name,) for name in model.approximators}}
    return {name: [named[part] for part in parts if part in named] for name, parts in own.items()}


def networks(model):
    """{name: trainable variables} of what has any."""
    found = {name: [v for part in own for v in part.trainable_variables] for name, own in owners(model).items()}
    return {name: variables for name, variables in found.items() if variables}
