"""Shares are disjoint and make the whole; a text that is no share is refused in one line."""

import pytest

from zoo import shares


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shares_are_a_partition(count):
    items = list(range(10))
    parts = [shares.taken(items, shares.parse(f"{number}/{count}", "it")) for number in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == items


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "a/b", "1.5/2"])
def test_what_is_no_share_is_refused(text):
    with pytest.raises(ValueError, match=r"^--shard: must be a share like 1/2, the first of two, found [^\n]*$"):
        shares.parse(text, "--shard")
