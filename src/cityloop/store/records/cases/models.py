"""Tables of citizens' cases: what is looked up; what is true stands in the log.

A row of `Case` is worked out from its entries, and is saved with each of them in one transaction.
What people wrote, and who they are, stands in tables of its own, so that it can be erased.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models

from cityloop.casework.states import Rating, State

KEY = 64
DIGEST = 64


class Case(models.Model):
    """One case as it stands."""

    number = models.CharField(max_length=24, unique=True)
    key_digest = models.CharField(max_length=DIGEST, unique=True, null=True)  # noqa: DJ001  none is no key
    content_digest = models.CharField(max_length=DIGEST)
    channel = models.CharField(max_length=16)
    citizen = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="cases"
    )
    anonymous = models.BooleanField(default=False)
    service = models.CharField(max_length=KEY)
    area = models.CharField(max_length=KEY)
    department = models.CharField(max_length=KEY)
    helpers = models.JSONField(default=list)
    officer = models.CharField(max_length=KEY, blank=True)
    state = models.CharField(max_length=16, choices=[(s, s) for s in State])
    lead = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="merged")
    text = models.TextField(max_length=4000, blank=True)
    address = models.CharField(max_length=400, blank=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    cell_x = models.IntegerField(null=True)
    cell_y = models.IntegerField(null=True)
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    due_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    call_back_by = models.DateTimeField(null=True)
    limit = models.CharField(max_length=KEY)
    warned = models.BooleanField(default=False)
    overdue = models.BooleanField(default=False)
    level = models.PositiveSmallIntegerField(default=0)
    first_rating = models.CharField(max_length=16, default=Rating.NONE)
    rating = models.CharField(max_length=16, default=Rating.NONE)
    erased = models.BooleanField(default=False)

    class Meta:
        """What desks and neighbours are looked for by."""

        indexes: ClassVar = [
            models.Index(fields=["department", "state", "due_at"], name="cases_desk"),
            models.Index(fields=["cell_x", "cell_y", "received_at"], name="cases_near"),
            models.Index(fields=["received_at"], name="cases_received"),
            models.Index(fields=["state", "warn_at"], name="cases_clock"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class CaseEntry(models.Model):
    """One entry of a case's log."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries")
    place = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=KEY)
    act = models.CharField(max_length=16)
    facts = models.TextField()
    before = models.CharField(max_length=DIGEST)
    digest = models.CharField(max_length=DIGEST)

    class Meta:
        """An entry has one place."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "place"], name="cases_one_place")
        ]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.act}"


class Contact(models.Model):
    """Who a citizen is and how to reach them: apart from the case, and encrypted."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="contact")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"contact of {self.case_id}"


class Message(models.Model):
    """What somebody wrote on a case; the log holds its seal."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    by = models.CharField(max_length=KEY)
    text = models.TextField(max_length=4000)
    salt = models.CharField(max_length=32)
    internal = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.kind} on {self.case_id}"


class Photo(models.Model):
    """A picture, encoded anew; the file is named by its digest."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="photos")
    name = models.CharField(max_length=80)
    width_px = models.PositiveIntegerField()
    height_px = models.PositiveIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.name)


class Notice(models.Model):
    """What a citizen is told of their own case, and whether they have seen it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notices")
    at = models.DateTimeField()
    what = models.CharField(max_length=16)
    seen_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.what} of {self.case_id}"


class Reading(models.Model):
    """Who read personal data, when and for what; kept when the data are gone."""

    case_number = models.CharField(max_length=24, db_index=True)
    at = models.DateTimeField()
    by = models.CharField(max_length=KEY)
    what = models.CharField(max_length=16)
    why = models.CharField(max_length=200)

    def __str__(self) -> str:
        return f"{self.by} read {self.what} of {self.case_number}"


class Seat(models.Model):
    """At which desk somebody sits."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seats"
    )
    department = models.CharField(max_length=KEY)

    class Meta:
        """A person has one seat at a desk."""

        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "department"], name="cases_one_seat")
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.department}"


class AnswerTemplate(models.Model):
    """Words that a desk uses again."""

    department = models.CharField(max_length=KEY, db_index=True)
    title = models.CharField(max_length=80)
    text = models.TextField(max_length=4000)

    def __str__(self) -> str:
        return str(self.title)
