import itertools

from server.media.bandwidth import LADDER, PublisherBudget, ViewerLadder


def test_a_budget_starts_at_the_most_and_stays_there_without_loss() -> None:
    budget = PublisherBudget()
    assert budget.update(received_bps=1_000_000, loss=0.0) == PublisherBudget.MOST_BPS


def test_loss_takes_a_budget_below_what_arrived_and_peace_lets_it_rise() -> None:
    budget = PublisherBudget()
    assert budget.update(received_bps=1_000_000, loss=0.2) == 850_000
    assert budget.update(received_bps=900_000, loss=0.05) == 850_000
    assert budget.update(received_bps=800_000, loss=0.0) == 918_000
    assert budget.update(received_bps=0, loss=1.0) == 918_000
    for _ in range(100):
        budget.update(received_bps=1, loss=0.5)
    assert budget.bps == PublisherBudget.LEAST_BPS


def test_two_bad_reports_go_down_one_rung_and_a_terrible_one_two() -> None:
    ladder = ViewerLadder()
    assert not ladder.report(0.0, 0.10)
    assert ladder.report(1.0, 0.10)
    assert ladder.rung == 1
    assert not ladder.report(2.0, 0.30)
    assert ladder.report(3.0, 0.30)
    assert ladder.rung == 3
    for second in range(4, 20):
        ladder.report(float(second), 0.5)
    assert ladder.rung == len(LADDER) - 1
    assert not ladder.step.video


def test_eight_quiet_seconds_go_up_one_rung() -> None:
    ladder = ViewerLadder()
    for second in (0.0, 1.0):
        ladder.report(second, 0.10)
    for second in range(2, 10):
        assert not ladder.report(float(second), 0.0)
    assert ladder.report(10.0, 0.0)
    assert ladder.rung == 0


def test_a_rung_that_failed_is_tried_again_only_after_twice_the_time() -> None:
    ladder = ViewerLadder()
    now = 0.0
    climbs = []
    for _ in range(200):
        now += 1.0
        loss = 0.10 if ladder.rung == 0 else 0.0
        before = ladder.rung
        ladder.report(now, loss)
        if ladder.rung < before:
            climbs.append(now)
    pauses = [b - a for a, b in itertools.pairwise(climbs)]
    assert pauses == sorted(pauses)
    assert pauses[0] > 16
