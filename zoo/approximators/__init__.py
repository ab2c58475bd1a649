"""Approximators: what stands in for a log-density that cannot be evaluated, with the loss that trains it.

A module has `STANDS_IN_FOR`, the names it can be used for (zoo/models/contrasts.py: log_q_x, log_p_z, log_ratio, ...), and
`build(shapes, *, ...)`, where `shapes` maps the inputs, "x" or "z" or both, to their shapes. It returns a Keras layer with

    KIND                    "density" (f = log Q(x)), "ratio" (f = log Q(x)/P(x)) or "potential" (f only orders x; not in nats)
    value(at)               f at a pair, [batch]
    losses(high, low, seed) a dictionary of [batch] tensors: "loss" is minimized, the others are shown. `high` and `low` are
                            the pairs on which f has to be high and low, with samples and log-densities held fixed.
    TERMS                   the names of those tensors
    constrain()             what has to be done to the weights after each update (weight clipping), or nothing

The descriptions speak of log_q_x: high on x ~ Q(x), the data, and low on x ~ P(x), the samples. For log_p_z read z for x,
the prior for the data and the posterior's codes for the samples.

Source: "Symmetric variational loss and GAN" (2017), section Approximating Q(x) and appendix A, corrected: the critic's loss
E_Q[-f] + E_P[f] plus the entropy H[P(x)] is a LOWER bound of the cross entropy of Q and Q' = exp(f)/Z,

    E_Q[-f] + E_P[f] + H[P(x)]  <=  E_Q[-f] + log Z,   with equality only if P(x) = Q'(x).

(The appendix passes from log E[1/w] to -log E[w], which is false.) Minimizing a lower bound while P lags behind does not
bring the cross entropy down: the critic grows without end. So a constraint on the critic is part of the objective.
"""
