"""What the splits of a data set are called elsewhere."""

# Ours -> what it may be called, in any case. The first that is there is taken.
NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "valid", "val", "development", "dev"),
    "test": ("test", "testing", "evaluation", "eval"),
}
_OURS = {name: ours for ours, names in NAMES.items() for name in names}


def ours(name):
    """Our name of a split that somebody named; None for anything else."""
    return _OURS.get(name.lower())


def found(names):
    """{our name of a split: its name} of those among some names that are splits."""
    by_lower = {name.lower(): name for name in names}
    first = {split: next((by_lower[name] for name in known if name in by_lower), None) for split, known in NAMES.items()}
    return {split: name for split, name in first.items() if name is not None}
