"""Who does not answer is asked again after pauses that grow, and differ between machines."""

from __future__ import annotations

from rla.sync.background.backoff import Backoff


def test_pauses_double_up_to_the_longest_and_are_at_least_half_of_that() -> None:
    backoff = Backoff(1.0, 300.0)
    for allowed in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        assert allowed / 2 <= backoff.pause() <= allowed


def test_a_success_begins_anew() -> None:
    backoff = Backoff(1.0, 300.0)
    for _ in range(5):
        backoff.pause()
    backoff.reset()
    assert backoff.pause() <= 1.0


def test_machines_that_were_cut_off_together_do_not_come_back_together() -> None:
    assert len({Backoff(1.0, 300.0).pause() for _ in range(50)}) > 40
