//! Times as PagerDuty writes them, and seconds since 1970.
//!
//! Rule: pure; no clock is read here. Fractions of a second are cut off.

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// The last second of the year 9999.
pub(crate) const LAST: i64 = 253_402_300_799;

/// Seconds since 1970 of an RFC 3339 time, or none where it is not one.
pub(crate) fn parse(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i64>().ok())?
    };
    let at = |place: usize, expected: &[u8]| text.as_bytes().get(place).is_some_and(|byte| expected.contains(byte));
    let marks = at(4, b"-") && at(7, b"-") && at(10, b"Tt ") && at(13, b":") && at(16, b":");
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let sound = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !marks || !sound {
        return None;
    }
    let zone = text.get(19..)?;
    let zone = match zone.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => zone,
    };
    let offset = match (zone, zone.len()) {
        ("Z" | "z", _) => 0,
        (_, 6) => {
            let at = text.len() - 6;
            let ahead = (number(at + 1, at + 3)? * 60 + number(at + 4, at + 6)?) * 60;
            match zone.split_at_checked(1)?.0 {
                "+" => ahead,
                "-" => -ahead,
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(days(year, month, day) * DAY + hour * 3600 + minute * 60 + second - offset)
}

/// `2026-11-21T09:00:00Z`. Held inside the years 1970 to 9999.
pub(crate) fn format(seconds: i64) -> String {
    let seconds = seconds.clamp(0, LAST);
    let (mut day, second) = (seconds / DAY, seconds % DAY);
    // Years of March to February, so that the leap day comes last.
    day += 719_468;
    let era = day / 146_097;
    let of_era = day % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + next;
    format!("{year:04}-{month:02}-{of_month:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<i64>) {
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn times_are_read_with_their_offset() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2026-11-01T12:00:00Z", Some(1_793_534_400));
        check("2026-11-01T07:00:00-05:00", Some(1_793_534_400));
        check("2026-11-01T17:30:00.999+05:30", Some(1_793_534_400));
        check("2024-02-29T00:00:00z", Some(1_709_164_800));
        check("2000-03-01t00:00:00Z", Some(951_868_800));
        check("1969-12-31T23:59:59Z", Some(-1));
        for text in ["", "2026", "2026-11-01", "2026-11-01T12:00:00", "2026-13-01T00:00:00Z", "2026-11-01T12:00:00.5"] {
            check(text, None);
        }
        check("2026-11-01T12:00:00+5:00", None);
        check("2026-11-01T12:00:00+0a:00", None);
        check("2026-11-01T12:00:0üZ", None);
        check("2026-11-01T12:00:00ü1:00", None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for day in 0..60_000 {
            let seconds = day * DAY + day % DAY;
            assert_eq!(parse(&format(seconds)), Some(seconds), "{}", format(seconds));
        }
        assert_eq!(format(1_793_534_400), "2026-11-01T12:00:00Z");
        assert_eq!(format(1_709_164_799), "2024-02-28T23:59:59Z");
        assert_eq!(format(i64::MIN), "1970-01-01T00:00:00Z");
        assert_eq!(format(i64::MAX), "9999-12-31T23:59:59Z");
    }
}
