"""The i-th of n equal shares of something, written `i/n`: of the runs of a study, of what a network learns from."""

import re


def parse(text, what):
    """(i, n) of the text `i/n`, 1 <= i <= n.

    Raises:
      ValueError: one line, which begins with `what`.
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        raise ValueError(f"{what}: must be a share like 1/2, the first of two, found {text!r}")
    return number, count


def taken(items, share):
    """The items of a share: each n-th, from the i-th."""
    number, count = share
    return items[number - 1 :: count]
