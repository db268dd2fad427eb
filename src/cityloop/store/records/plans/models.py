"""Plans of corridors from the draft to the field, and experiments from the order to the report."""

from typing import ClassVar

from django.db import models

from cityloop.store.records.accounts.models import Account


class PlanState(models.TextChoices):
    """Where a set of plans stands."""

    PROVEN = "proven"
    REFUSED = "refused"
    APPLIED = "applied"
    UNDONE = "undone"


class PlanSet(models.Model):
    """Plans of the signals of one corridor, with what the gate has said of them.

    `plans` is the text of a plan file; `proof` has lines by signal, or why it was refused.
    """

    scenario = models.CharField(max_length=200)
    signals = models.JSONField(default=list)
    cycle_s = models.IntegerField()
    plans = models.TextField()
    state = models.CharField(max_length=16, choices=PlanState.choices)
    proof = models.JSONField(default=dict)
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        """Read newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        """Give its number and where it is for."""
        return f"{self.pk} {self.signals[0]} - {self.signals[-1]}"


class JobState(models.TextChoices):
    """Where an experiment stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Experiment(models.Model):
    """A comparison of controllers that somebody ordered.

    `order` says what runs; `runs` keeps each finished run by its place in the order, so that a
    restart goes on behind it.
    """

    name = models.CharField(max_length=200)
    order = models.JSONField()
    state = models.CharField(max_length=16, choices=JobState.choices, db_index=True)
    cancel = models.BooleanField(default=False)
    done = models.FloatField(default=0.0)
    seconds_left = models.FloatField(null=True)
    trouble = models.TextField(blank=True)
    made_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """Read newest first."""

        ordering: ClassVar[list[str]] = ["-id"]

    def __str__(self) -> str:
        """Give its number and name."""
        return f"{self.pk} {self.name}"


class ExperimentRun(models.Model):
    """One finished run of an experiment: figures, as JSON."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="runs")
    place = models.IntegerField()
    figures = models.TextField()

    class Meta:
        """Each place once."""

        ordering: ClassVar[list[str]] = ["place"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["experiment", "place"], name="one_run_a_place")
        ]

    def __str__(self) -> str:
        """Give its place."""
        return f"{self.experiment.pk}.{self.place}"
