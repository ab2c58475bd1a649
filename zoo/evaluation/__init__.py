"""Evaluation: one file answers one question about a model.

A measure is a module with a function

    measure(model, data, *, option=default, ...) -> {name: Result, or a setting}

    model    a zoo.evaluation.subject.Subject: a trained model, or an exported one
    data     a zoo.data.Dataset; the model is measured on its test split
    Result   a value with its standard error and unit, or the reason why there is none: zoo/evaluation/results.py

and RESULTS, {name: Quantity}, of all that it returns. Options of one name mean the same in every measure, and
tools/evaluate.py sets them by flags of that name: num_samples, seed, features, num_examples ...

Every random number is a function of the seed and of the example it is for, so that no batch size shows in a value; a
distribution that tfp cannot slice (a tfd without `_parameter_properties`) is drawn from in blocks of a fixed size instead.
"""
