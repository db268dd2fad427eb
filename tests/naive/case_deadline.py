"""A deadline, counted hour by hour and day by day with a pencil."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)


class Pencil:
    """Walk from hour to hour, and strike out what counts; all moments are whole hours."""

    def __init__(self, at: datetime, amount: int, unit: str, worked: set[date], zone: str) -> None:
        self.unit, self.worked, self.zone = unit, worked, ZoneInfo(zone)
        self.hours = amount if unit == "hours" else 24 * amount
        self.first_day = at.astimezone(self.zone).date()
        self.now, self.running = at, True

    def counts(self, moment: datetime) -> bool:
        day = moment.astimezone(self.zone).date()
        if self.unit == "hours":
            return True
        if day == self.first_day:
            return False
        return self.unit == "days" or day in self.worked

    def walk(self, until: datetime) -> None:
        while self.now < until:
            if self.running and self.hours > 0 and self.counts(self.now):
                self.hours -= 1
            self.now += HOUR

    def due(self) -> datetime:
        hours, moment = self.hours, self.now
        while hours > 0:
            hours -= self.counts(moment)
            moment += HOUR
        return moment
