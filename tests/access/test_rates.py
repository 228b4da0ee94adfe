"""A client may ask so many times a minute, and a burst at once."""

from __future__ import annotations

import pytest

from mpi.access.policy import Rate
from mpi.access.rates import Rates
from mpi.errors import TooManyRequests

RATE = Rate(per_minute=60, burst=3)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rates(clock):
    return Rates(clock)


def take(rates, times, client="clinic"):
    for _ in range(times):
        rates.take(client, RATE)


def test_a_burst_is_let_in_and_no_more(rates):
    take(rates, 3)
    with pytest.raises(TooManyRequests) as refused:
        take(rates, 1)
    assert refused.value.where["retry_after"] == 1


def test_clients_do_not_take_from_each_other(rates):
    take(rates, 3)
    take(rates, 3, "office")


def test_waiting_as_long_as_was_said_is_enough(rates, clock):
    take(rates, 3)
    for _ in range(5):
        with pytest.raises(TooManyRequests) as refused:
            take(rates, 1)
        clock.now += refused.value.where["retry_after"]
        take(rates, 1)


def test_what_is_not_used_is_not_saved_beyond_a_burst(rates, clock):
    take(rates, 3)
    clock.now += 3600
    take(rates, 3)
    with pytest.raises(TooManyRequests):
        take(rates, 1)


def test_over_an_hour_the_rate_is_what_it_says(rates, clock):
    let_in = 0
    for _ in range(36_000):
        clock.now += 0.1
        try:
            rates.take("clinic", RATE)
        except TooManyRequests:
            continue
        let_in += 1
    assert 3600 - 3 <= let_in <= 3600 + 3


def test_a_batch_is_paid_for_before_the_next_request(rates, clock):
    take(rates, 1)
    rates.owe("clinic", 10)
    with pytest.raises(TooManyRequests) as refused:
        take(rates, 1)
    assert refused.value.where["retry_after"] == 9
    clock.now += 9
    take(rates, 1)


def refused(rates):
    with pytest.raises(TooManyRequests) as error:
        take(rates, 1)
    return error.value


def test_of_refusals_the_first_is_said_and_then_one_a_minute_with_their_number(rates, clock):
    take(rates, 3)
    assert [refused(rates).repeated for _ in range(3)] == [False, True, True]
    for _ in range(59):
        clock.now += 1
        take(rates, 1)
        assert refused(rates).repeated
    clock.now += 1
    take(rates, 1)
    said = refused(rates)
    assert (said.repeated, said.refusals) == (False, 1)


def test_refusals_that_nobody_said_are_said_with_the_next_request_or_refusal(rates, clock):
    take(rates, 3)
    for _ in range(5):
        refused(rates)
    clock.now += 60
    assert rates.take("clinic", RATE) == 4
    assert rates.take("clinic", RATE) == 0
    take(rates, 1)
    assert refused(rates).refusals == 1
    for _ in range(7):
        refused(rates)
    clock.now += 0.5
    assert refused(rates).repeated
    clock.now += 60
    take(rates, 3)
    assert refused(rates).refusals == 1
