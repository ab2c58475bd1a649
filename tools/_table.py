"""Tables on standard output, for people."""


def aligned(rows):
    """Rows of words as lines, in columns as wide as their widest word."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def _cell(one):
    spread = one["standard_deviation"]
    return f"{one['accuracy']:.4f}" + ("" if spread is None else f" ± {spread:.4f}")


def of_accuracies(told):
    """What tools.fine_tune found: a line for each number of labels, a column for each setup."""
    setups = list(next(iter(told["num_labels"].values())))
    rows = [[str(count), *(_cell(found[name]) for name in setups)] for count, found in told["num_labels"].items()]
    rows.insert(0, ["labels", *setups])
    return f"accuracy of {told['model']} on {told['data']}, over {told['seeds']} seeds\n{aligned(rows)}"
