"""Exact derivatives of closed forms: f'(x) = Im f(x + ih) / h, whose rounding error is that of f itself."""

import numpy as np

STEP = 1e-30  # no difference is taken, so nothing cancels; the error of the method is of the order of STEP^2


def gradient(function, parameters):
    """The gradient of a real function of a dictionary of arrays, which may use +, *, /, exp, log and sums, but not abs.

    Returns:
      A dictionary of arrays of the same shapes.
    """
    found = {}
    for name, value in parameters.items():
        found[name] = np.zeros(np.shape(value))
        for index in np.ndindex(np.shape(value)):
            moved = np.array(value, complex)
            moved[index] += 1j * STEP
            found[name][index] = function(parameters | {name: moved}).imag / STEP
    return found
