//! What 'today' and 'previous month' mean, for a caller in a timezone.
//!
//! Days begin at local midnight, which daylight saving moves and sometimes
//! skips; weeks are ISO weeks. Forest's protocol, section 3.2, has the rules.

use chrono::{DateTime, Datelike as _, Days, Duration, Months, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;

use super::Operator;

/// A stretch of time; either end may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateRange {
    /// First instant in it.
    pub from: Option<DateTime<Utc>>,
    /// First instant after it.
    pub until: Option<DateTime<Utc>>,
}

/// The stretch of time that a relative date operator means, or `None` when the
/// operator is not one. `count` is the X of 'previous X days' and 'X hours ago'.
pub fn relative_range(operator: Operator, count: i64, now: DateTime<Utc>, timezone: Tz) -> Option<DateRange> {
    use Operator as O;
    let today = now.with_timezone(&timezone).date_naive();
    let start = |day: Option<NaiveDate>| day.map(|day| start_of_day(day, timezone));
    let between =
        |from: Option<NaiveDate>, until: Option<NaiveDate>| Some(DateRange { from: start(from), until: start(until) });
    let to_date = |from: Option<NaiveDate>| Some(DateRange { from: start(from), until: Some(now) });
    let days_ago = |count: i64| u64::try_from(count).ok().and_then(|days| today.checked_sub_days(Days::new(days)));
    let hours_ago = || Duration::try_hours(count).and_then(|hours| now.checked_sub_signed(hours));
    let week = monday(today);
    let month = today.with_day(1);
    let quarter = first_of_quarter(today);
    let year = NaiveDate::from_ymd_opt(today.year(), 1, 1);
    let back = |day: Option<NaiveDate>, months: u32| day.and_then(|day| day.checked_sub_months(Months::new(months)));
    match operator {
        O::Past => Some(DateRange { from: None, until: Some(now) }),
        O::Future => Some(DateRange { from: Some(now), until: None }),
        O::BeforeXHoursAgo => Some(DateRange { from: None, until: hours_ago() }),
        O::AfterXHoursAgo => Some(DateRange { from: hours_ago(), until: None }),
        O::Today => between(Some(today), today.succ_opt()),
        O::Yesterday => between(today.pred_opt(), Some(today)),
        O::PreviousXDays => between(days_ago(count), Some(today)),
        O::PreviousXDaysToDate => to_date(days_ago(count)),
        O::PreviousWeek => between(week.and_then(|day| day.checked_sub_days(Days::new(7))), week),
        O::PreviousWeekToDate => to_date(week),
        O::PreviousMonth => between(back(month, 1), month),
        O::PreviousMonthToDate => to_date(month),
        O::PreviousQuarter => between(back(quarter, 3), quarter),
        O::PreviousQuarterToDate => to_date(quarter),
        O::PreviousYear => between(back(year, 12), year),
        O::PreviousYearToDate => to_date(year),
        _ => None,
    }
}

/// Local midnight, or the first instant after it where the clocks skip it.
fn start_of_day(day: NaiveDate, timezone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    (0..=4)
        .find_map(|half_hours| {
            timezone.from_local_datetime(&(midnight + Duration::minutes(30 * half_hours))).earliest()
        })
        .map_or_else(|| midnight.and_utc(), |local| local.to_utc())
}

fn monday(day: NaiveDate) -> Option<NaiveDate> {
    day.checked_sub_days(Days::new(u64::from(day.weekday().num_days_from_monday())))
}

fn first_of_quarter(day: NaiveDate) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    #[test]
    fn ranges_follow_the_callers_calendar() {
        // A Sunday evening in UTC, already Monday in Tokyo.
        let now = "2024-03-31T20:30:00Z".parse().unwrap();
        let mut table = String::new();
        for timezone in [Tz::UTC, Tz::Europe__Paris, Tz::Asia__Tokyo] {
            for operator in Operator::ALL {
                if let Some(range) = relative_range(*operator, 3, now, timezone) {
                    let show = |end: Option<DateTime<Utc>>| end.map_or("…".to_owned(), |end| end.to_rfc3339());
                    writeln!(table, "{timezone} {}: {} to {}", operator.name(), show(range.from), show(range.until))
                        .unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn a_skipped_midnight_begins_the_day_at_its_first_instant() {
        // Clocks in Beirut jumped from 00:00 to 01:00 on that day.
        let day = NaiveDate::from_ymd_opt(2022, 3, 27).unwrap();
        assert_eq!(start_of_day(day, Tz::Asia__Beirut).to_rfc3339(), "2022-03-26T22:00:00+00:00");
    }

    #[test]
    fn absurd_counts_leave_the_end_open_instead_of_panicking() {
        let now = "2024-03-31T20:30:00Z".parse().unwrap();
        for count in [i64::MIN, -1, i64::MAX] {
            for operator in Operator::ALL {
                let _ = relative_range(*operator, count, now, Tz::UTC);
            }
        }
    }
}
