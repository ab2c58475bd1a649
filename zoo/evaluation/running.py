"""Several measures of one model, one after the other: what one cannot answer does not stop the next."""

from zoo import registry
from zoo.evaluation import waiting
from zoo.evaluation.results import ERRORS, Unavailable, missing
from zoo.models import conditional


def check(measures, options):
    """Refuses a measure that does not exist, and an option that none of the measures has.

    Args:
      measures: names of parts of kind measure.
      options: {name: value}.

    Raises:
      ValueError: one line.
    """
    known = {name for measure in measures for name in registry.options("measure", measure)}
    for name in options.keys() - known:
        raise ValueError(f"--{name} is no option of {', '.join(measures)}; they have {', '.join(sorted(known))}")


def evaluate(model, data, measures, options):
    """Runs measures.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      measures: names of parts of kind measure.
      options: {name: value}; each measure takes those it has.

    Returns:
      {name: Result, or a setting} of all of them; {measure: Result} for one that raised.
    """
    check(measures, options)
    found = {}
    for measure in measures:
        chosen = {name: options[name] for name in registry.options("measure", measure) if name in options}
        try:
            module = registry.find("measure", measure)
            if conditional.classes(model) and not getattr(module, "OF_CLASSES", False):
                raise Unavailable(f"{measure} is not measured of class-conditional models")
            with waiting.task(f"measuring {measure} on {data.name}"):
                found |= module.measure(model, data, **chosen)
        except ERRORS as error:
            found[measure] = missing(error)
    return found


def quantities():
    """{name without what it has in brackets: Quantity} of every result of the project's measures."""
    declared = (registry.find("measure", name).RESULTS for name in registry.names("measure"))
    return {name: quantity for each in declared for name, quantity in each.items()}
