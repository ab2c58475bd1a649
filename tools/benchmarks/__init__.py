"""How fast the zoo is, beside stock Keras, PyTorch and what the machine's matrix products allow.

A work is a file of tools/benchmarks/works, found by its name. It defines

    SUITE           train, evaluate, data, start or curves
    UNIT            what one unit of the work is ("epoch", "step", "image", ...), as the table calls it
    UNITS           units in one measurement
    AIMS            {figure: (">=" or "<=", number)}; may be empty
    ROUNDS          how many rounds, where the flag is not to decide; optional
    contestants(data_dir)   {label: contestants.Contestant}; "zoo" is the one that the others are compared to
    figures(entries)        {figure: [value of each round]} that the comparison with "zoo" does not give; optional

Contestants of one side (zoo, keras, pytorch, process) share one worker process, a thread each, and take turns: round by round
each measures one block while all others wait. So a machine that is busy for a while is busy for all of them, and what is
reported is the ratio within a round: its median, and its quartiles as the spread.
"""

import pathlib

import zoo

# The package of the tools (`tools` in a checkout, `zoo.tools` once installed), and the folder that it is imported from.
TOOLS = __package__.rpartition(".")[0]
ROOT = pathlib.Path(zoo.__file__).parents[1]
