"""Samplers: chains that keep a distribution known up to its constant, and what annealing along them says of that constant.

A sampler is a module with a function

    sampler(log_density, step_size, *, option=default, ...) -> a tfp.mcmc.TransitionKernel

    log_density    of states [chains, *event], [chains] in nats up to a constant
    step_size      a positive scalar

and EXACT, whether a move has a test of acceptance, so that it keeps the distribution whatever the step size.
zoo/samplers/running.py runs the chains, sizes the steps and says how far to trust them; zoo/samplers/targets.py has what they
are run on.
"""
