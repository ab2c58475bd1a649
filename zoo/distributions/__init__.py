"""Distributions: parameters in, tfd out.

A module with `conditional(event_shape, *, ...)` is a family for Q(z|x) or P(x|z): an object with `parameter_shape`, what a
network has to output, and `distribution(parameters)`. A module with `prior(event_shape, *, ...)` is a P(z): an object with
`distribution()`. Both are Keras layers, so that weights of their own are trained and saved; neither is called, because a
Keras layer must not return a distribution. `PATHWISE` says whether a gradient passes through samples, `DENSITY` whether
log_prob is a number.
"""
