"""Variance reduction: other estimates of the gradients that a step of training descends (config.training.variance_reduction).

A method is a module with a function

    step(arguments, reduced, *, option=default, ...) -> a zoo.models.step.Step

    arguments    of Step, a tuple
    reduced      names of the networks whose gradients it is to reduce, () for all that it can

and, where an option may be a schedule over the steps of the run, SCHEDULED, the names of these.

The step it returns is one of zoo/variance_reduction/reduced.py: it shows what it costs, `passes/forward` and `passes/backward`
of a batch through the networks, of which a plain step has one each, and has

    estimate(x, seed)    {network: its gradient at a batch, as it would be descended}; moves nothing that is trained
    walk(x, seed)        the same in the course of a training whose weights stay: what the method remembers moves
    own_state()          {name: variable} of what it remembers, which is in checkpoints and in Keras' files

and may have prepare(strategy), which is called between two executions of steps.
"""
