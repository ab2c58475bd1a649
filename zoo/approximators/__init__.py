"""Approximators: what stands in for a log-density that cannot be evaluated, with the loss that trains it.

A module has `STANDS_IN_FOR`, the names it can be used for (zoo/stand_ins.py: log_q_x, log_p_z, log_ratio, ...), and
`build(shapes, *, ...)`, where `shapes` maps the inputs, "x" or "z" or both, to their shapes. It returns a Keras layer with

    KIND                    what its f is (below); an objective names the kinds that it takes
    value(at)               f at a pair, [batch]
    losses(high, low, seed) a dictionary of [batch] tensors: "loss" is minimized, the others are shown. `high` and `low` are
                            the pairs on which f has to be high and low, with samples and log-densities held fixed.
    TERMS                   the names of those tensors
    DENSITIES_OF_PAIRS      True where it works with `at.log_weight` (optional): pairs need the densities that they are drawn
                            from. For any Q(z|x), the mean over P(x,z) of Q''(x) Q(z|x) / P(x,z) is the integral of Q''(x),
                            where P > 0 wherever Q'' > 0
    OF_THE_WHOLE_BATCH      True where the loss is no mean over examples (optional): the batch cannot be taken in parts
    SLOPE_HELD              where the slope of a critic was held in training (optional): "everywhere", or on "segments" between
                            data and samples only
    HAS_GRADIENT            False where value(at) is held fixed (optional)
    constrain()             what has to be done to the weights after each update (weight clipping), or nothing

The kinds:

    density     f = log Q(x) in nats, up to a constant where the module says so
    ratio       f = log Q(x)/P(x) in nats; as log Q(x) in the EHM it makes another objective, by H[P(x)]
    potential   f only orders x: not in nats, flat where P = Q, its scale a free hyper-parameter
    gradient    only the gradient of f with respect to x means anything, and that is the one of log Q(x)

The descriptions speak of log_q_x: high on x ~ Q(x), the data, and low on x ~ P(x), the samples. For log_p_z read z for x,
the prior for the data and the posterior's codes for the samples.

Source: "Symmetric variational loss and GAN" (2017), section Approximating Q(x) and appendix A, corrected: the critic's loss
E_Q[-f] + E_P[f] plus the entropy H[P(x)] is a LOWER bound of the cross entropy of Q and Q' = exp(f)/Z,

    E_Q[-f] + E_P[f] + H[P(x)]  <=  E_Q[-f] + log Z,   with equality only if P(x) = Q'(x).

(The appendix passes from log E[1/w] to -log E[w], which is false.) Minimizing a lower bound while P lags behind does not
bring the cross entropy down: the critic grows without end. So a constraint on the critic is part of the objective. What
rescues the derivation is that

    log Z  =  max over P and Q(z|x) of  E_P(x,z)[ f(x) + log Q(z|x) - log P(x|z) - log P(z) ],

which is what the Symmetric VAE's sleep phase climbs.
"""
