"""Samplers: chains that keep a distribution known up to its constant, and flows that refine samples by a critic.

A sampler is a module with a function

    sampler(target, step_size, *, option=default, ...) -> a tfp.mcmc.TransitionKernel

    target         a zoo.samplers.targets.Target: log-densities and a critic, of states [chains, *event]
    step_size      a positive scalar

and

    NEEDS          the field of the target that it moves by: log_density, log_weight or critic
    EXACT          whether a move has a test of acceptance, so that it keeps the distribution whatever the step size
    FLOW           whether it ends after its steps and not in a distribution that it keeps: chains say nothing of it then
    STEP_SIZE      where nobody says, the first one; None for a sampler without
    ACCEPTANCE     the mean probability of acceptance that the step size is adapted to; None where it is not

zoo/samplers/running.py runs the chains, sizes the steps and says how far to trust them; zoo/samplers/targets.py has what they
are run on, and zoo/samplers/critics.py what is known of a model's critic. The options of a sampler are the keyword-only
parameters of its function, each with an annotation and a default.
"""
