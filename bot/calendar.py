"""Working days by the State Council's calendar, and the agents' office hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import chinese_calendar
from lunar_python import Lunar

from bot.settings import TIME_ZONE, Settings

_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
}
# 全国年节及纪念日放假办法 (国务院令第795号, in force since 2025-01-01): the statutory days.
_SOLAR = {
    (1, 1): "元旦",
    (5, 1): "劳动节",
    (5, 2): "劳动节",
    (10, 1): "国庆节",
    (10, 2): "国庆节",
    (10, 3): "国庆节",
}
_LUNAR = {(1, 1): "春节", (1, 2): "春节", (1, 3): "春节", (5, 5): "端午节", (8, 15): "中秋节"}


class ChineseCalendar:
    """Working days of the People's Republic.

    For a year whose arrangement is not announced yet (usually until November before), weekends and the
    statutory days are closed and nothing is known of make-up working days.
    """

    def announced(self, year: int) -> bool:
        """Whether the State Council's arrangement for a year is known here."""
        try:
            chinese_calendar.is_workday(date(year, 1, 1))
        except NotImplementedError:
            return False
        return True

    def is_working_day(self, day: date) -> bool:
        """Whether offices work on this day."""
        if self.announced(day.year):
            return bool(chinese_calendar.is_workday(day))
        return day.weekday() < 5 and _statutory(day) is None

    def holiday_name(self, day: date) -> str | None:
        """The public holiday that closes this day, as 国庆节; None on any other day."""
        if not self.announced(day.year):
            return _statutory(day)
        closed, name = chinese_calendar.get_holiday_detail(day)
        return _NAMES.get(str(name), str(name)) if closed and name else None


def _statutory(day: date) -> str | None:
    if (day.month, day.day) in _SOLAR:
        return _SOLAR[day.month, day.day]
    lunar = Lunar.fromDate(datetime.combine(day, time(12)))
    if lunar.getJieQi() == "清明":
        return "清明节"
    tomorrow = Lunar.fromDate(datetime.combine(day + timedelta(days=1), time(12)))
    if (tomorrow.getMonth(), tomorrow.getDay()) == (1, 1):
        return "春节"  # 除夕 has been a statutory day since 2025
    return _LUNAR.get((lunar.getMonth(), lunar.getDay()))


class OfficeHours:
    """When human agents are there: by default 08:30–17:30 on working days.

    ``closes`` time.max is midnight; ``every_day`` does away with weekends and holidays.
    """

    def __init__(
        self,
        calendar: ChineseCalendar,
        opens: time = time(8, 30),
        closes: time = time(17, 30),
        *,
        every_day: bool = False,
    ) -> None:
        self._calendar, self._opens, self._closes = calendar, opens, closes
        self._every_day = every_day

    def is_open(self, now: datetime) -> bool:
        """Whether an agent can be reached at this moment."""
        local = now.astimezone(TIME_ZONE)
        return self._works(local.date()) and self._opens <= local.time() < self._closes

    def next_opening(self, now: datetime) -> datetime:
        """The next moment at which the office opens, strictly after now; local time."""
        local = now.astimezone(TIME_ZONE)
        day = local.date()
        if local.time() >= self._opens:
            day += timedelta(days=1)
        while not self._works(day):
            day += timedelta(days=1)
        return datetime.combine(day, self._opens, tzinfo=TIME_ZONE)

    def in_words(self) -> str:
        """工作日8点半到17点半."""
        days = "每天" if self._every_day else "工作日"
        closes = "24点" if self._closes == time.max else _hour(self._closes)
        return f"{days}{_hour(self._opens)}到{closes}"

    def _works(self, day: date) -> bool:
        return self._every_day or self._calendar.is_working_day(day)


def _hour(clock: time) -> str:
    minutes = "" if clock.minute == 0 else "半" if clock.minute == 30 else f"{clock.minute}分"
    return f"{clock.hour}点{minutes}"


def office_hours(settings: Settings) -> OfficeHours:
    """When people are there, as this installation is configured."""
    every_day = settings.agent_days == "all"
    return OfficeHours(ChineseCalendar(), settings.agent_opens, settings.agent_closes, every_day=every_day)
