"""Approximators: what stands in for a log-density that cannot be evaluated, with the loss that trains it.

A module has `build(event_shape, *, ...)`, which returns a Keras layer with

    KIND                    "density" (f = log Q(x)), "ratio" (f = log Q(x)/P(x)) or "potential" (f only orders x; not in nats)
    value(x)                f, [batch]
    losses(wake, sleep, seed)   a dictionary of [batch] tensors: "loss" is minimized, the others are shown. `wake` and
                            `sleep` are pairs (x, z) whose samples and log-densities are held fixed.
    TERMS                   the names of those tensors
    constrain()             what has to be done to the weights after each update (weight clipping), or nothing

Source: "Symmetric variational loss and GAN" (2017), section Approximating Q(x) and appendix A, corrected: the critic's loss
E_Q[-f] + E_P[f] plus the entropy H[P(x)] is a LOWER bound of the cross entropy of Q and Q' = exp(f)/Z,

    E_Q[-f] + E_P[f] + H[P(x)]  <=  E_Q[-f] + log Z,   with equality only if P(x) = Q'(x).

(The appendix passes from log E[1/w] to -log E[w], which is false.) Minimizing a lower bound while P lags behind does not
bring the cross entropy down: the critic grows without end. So a constraint on the critic is part of the objective.
"""
