"""From the times of a work to its figures: ratios within each round, their median and quartiles, and whether they suffice."""

import operator
import statistics

MET = {">=": operator.ge, "<=": operator.le}


def spread(values):
    """{"median", "low", "high"}: the median and the quartiles."""
    if len(values) < 2:
        return {"median": values[0], "low": values[0], "high": values[0]}
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "low": low, "high": high}


def _over_zoo(entries):
    """{label_over_zoo: how many times as long it takes, in each round}."""
    own = entries["zoo"].seconds
    peers = {label: entry.seconds for label, entry in entries.items() if entry.contestant.side in ("keras", "pytorch")}
    found = {f"{label}_over_zoo": divided(times, own) for label, times in peers.items() if times}
    both = [found[name] for name in ("pytorch_over_zoo", "pytorch_compiled_over_zoo") if name in found]
    return found | ({"fastest_pytorch_over_zoo": [min(ratios) for ratios in zip(*both, strict=False)]} if both else {})


def divided(above, below):
    """Round by round."""
    return [a / b for a, b in zip(above, below, strict=False)]


def _share_of_floor(entries):
    """The time that the matrix products of the zoo's block would take alone, over the time that it takes."""
    own, products = entries["zoo"], entries.get("matrix_products")
    if products is None or not products.seconds or "operations" not in own.facts:
        return {}
    floor = own.facts["operations"] / products.facts["operations"]
    return {"share_of_floor": [floor * a / b for a, b in zip(products.seconds, own.seconds, strict=False)]}


def figures(work, entries):
    """{figure: [value of each round]}: the comparisons with the zoo, the share of the floor, and the work's own."""
    compared = _over_zoo(entries) | _share_of_floor(entries) if "zoo" in entries else {}
    return compared | (work.figures(entries) if hasattr(work, "figures") else {})


def _contestant(entry, units):
    """What is reported of one contestant; null times and the reason if it could not take part."""
    left_out = ("examples", "levels", "operations") + (() if entry.contestant.alone else ("imported_bytes",))
    told = {key: value for key, value in entry.facts.items() if key not in left_out}
    if entry.reason is not None or not entry.seconds:
        return {"seconds": None, "reason": entry.reason} | told
    found = {"seconds": spread([seconds / units for seconds in entry.seconds])} | told
    if "operations" in entry.facts:
        rates = [entry.facts["operations"] / seconds / 1e9 for seconds in entry.seconds]
        found |= {"gflop": entry.facts["operations"] / units / 1e9, "gflop_per_second": spread(rates)}
    return found | ({"peak_bytes": entry.peak_bytes} if entry.contestant.alone else {})


def report(work, entries):
    """All that is known of a work, as plain values.

    Returns:
      {"unit", "rounds", "contestants": {label: {...}}, "figures": {name: {"median", "low", "high", "aim", "met"}}}.
    """
    found = {name: spread(values) for name, values in figures(work, entries).items() if values}
    for name, (sense, number) in work.AIMS.items():
        median = found.get(name, {}).get("median")
        met = None if median is None else MET[sense](median, number)
        found[name] = found.get(name, {"median": None}) | {"aim": f"{sense} {number:g}", "met": met}
    return {
        "what": work.__doc__.partition("\n")[0],
        "suite": work.SUITE,
        "unit": work.UNIT,
        "rounds": max((len(entry.seconds) for entry in entries.values()), default=0),
        "contestants": {label: _contestant(entry, work.UNITS) for label, entry in entries.items()},
        "figures": found,
    }
