"""Distributions: parameters in, tfd out.

A module with `conditional(event_shape, *, ...)` is a family for Q(z|x) or P(x|z); one with `prior(event_shape, *, ...)` is a
P(z). Both make Keras layers, so that weights of their own are trained and saved; neither is called, because a Keras layer
must not return a distribution. Each has

    distribution(parameters)   the tfd; distribution() for a prior, without batch
    parameter_shape            of a conditional: what a network has to output for each example
    described(distribution)    of a conditional: what an export tells of it beside a sample: {"loc": ..., "scale": ...}
    SUPPORT                    what is drawn: "real", "binary" (0 or 1) or "unit" ([0, 1]); that of posterior and prior agree
    DENSITY                    whether log_prob is a number
    PATHWISE                   whether the gradient of a sample, all of it, passes to the weights and parameters

and may have

    PATHWISE_IF                how else to choose its options, or what else to choose, where PATHWISE is False
    training_distribution(parameters)   what a conditional puts in its place in training, for its gradient
    inferred(parameters, model, x, training)   Q(z|x) of a posterior that looks at x and at P(x, z) too;
                               with `num_steps`, which an export's `encode` then takes
    check(model)               of a posterior: refuses a model that it does not go with, by a ValueError of one line
    code(distribution)         of a conditional over codes: the one that stands for all, where that is not the mode
    levels                     how many grey levels it gives a probability each; without it "unit" is a density
    decoded_shape              of a prior over several layers: how much of z the decoder sees, z[..., :n]
    connect(model)             called once the model is put together
    initialize(examples)       called when the data are there; examples(n) gives n training examples x
    fit(codes, seed)           of a prior that is not trained: fits it to codes [n, latent_size], `fits` times in a run, of
                               `examples` training examples
    fit(codes)                 of a posterior that follows such a prior: told after each of its fits the codes of samples,
                               [K, n, size] of n samples from each of the prior's normals
    normals()                  of a prior over real codes that has a noise that keeps it: the normals that it is a mixture of,
                               (P(k) [K], their means [K, d], lower factors [K, d, d] of C_k). That noise is of size s:
                               k ~ P(k|z),  z -> mean_k + sqrt(1 - s^2) (z - mean_k) + s e,  e ~ N(0, C_k)

Samples under several replicas are the single device's (zoo/noise.py) only if a conditional draws all its noise in calls of
shape samples + batch + anything.
"""
