"""Random examples until the time is up, and what a call makes of one: a result, or an error of one line."""

import time

import hypothesis

from tests.robustness.budget import FUZZ_SECONDS, FUZZ_SEED


def fuzz(strategy, check, at_once=100):
    """Checks random examples, so many at once, until the time is up; prints how many."""
    end, rounds, count = time.monotonic() + FUZZ_SECONDS, 0, 0

    def counted(example):
        nonlocal count
        count += 1
        check(example)

    while time.monotonic() < end:
        run = hypothesis.given(strategy)(counted)
        run = hypothesis.seed(FUZZ_SEED + rounds)(run)
        hypothesis.settings(
            max_examples=at_once, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
        )(run)()
        rounds += 1
    print(f"\n{count} examples in {FUZZ_SECONDS:.0f} s")


def outcome(refused, call, *arguments, **options):
    """(result, "") of a call, or (None, message) if it was refused, in one line."""
    try:
        return call(*arguments, **options), ""
    except refused as error:
        message = str(error)
    assert message
    assert "\n" not in message
    return None, message
