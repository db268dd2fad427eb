"""Which job is next, and giving one up."""

from datetime import datetime

from cityloop.store.records.plans.models import Experiment, JobState


def find_next() -> Experiment | None:
    """Find the job to go on with: one that a restart has cut off, or the oldest that waits."""
    open_ones = Experiment.objects.order_by("pk")
    running = open_ones.filter(state=JobState.RUNNING).first()
    return running or open_ones.filter(state=JobState.WAITING).first()


def fail_experiment(one: Experiment, trouble: str, now: datetime) -> None:
    """Give a job up.

    Parameters
    ----------
    one
        The job.
    trouble
        Why.
    now
        The present time.
    """
    Experiment.objects.filter(pk=one.pk).update(
        state=JobState.FAILED, trouble=trouble, ended_at=now, seconds_left=None
    )
