"""How the time of a step grows with its operations."""

import numpy as np


def exponent(entries):
    """{"exponent_of_operations": [slope of log time over log operations, in each round]}; 1 is linear."""
    points = [(entry.facts["operations"], entry.seconds) for entry in entries.values() if entry.seconds]
    if len(points) < 2:
        return {}
    rounds = zip(*(seconds for _, seconds in points), strict=False)
    operations = np.log([count for count, _ in points])
    return {"exponent_of_operations": [float(np.polyfit(operations, np.log(times), 1)[0]) for times in rounds]}
