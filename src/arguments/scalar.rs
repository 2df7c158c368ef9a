//! Values that hold no others: what their types take, and how that is said.
//!
//! Rule: pure. Loose where PagerDuty decides, strict on what a query or a
//! header cannot carry.

use serde_json::{Number, Value};

use crate::catalog::Type;
use crate::error::{a, said, suggestion};

/// Checks a value of a type that holds no others.
pub(super) fn scalar(of: &Type, value: &Value) -> std::result::Result<(), String> {
    let bad = || Err(format!("must be {}, not {}", expected(of), kind(value)));
    match (of, value) {
        (Type::Text { min, max }, Value::String(text)) => {
            let length = text.chars().count() as u64;
            if length < u64::from(*min) || length > u64::from(*max) {
                return Err(format!("has {length} characters; takes {}", expected_count(*min, *max)));
            }
            Ok(())
        }
        (Type::Int { min, max }, Value::Number(number)) => match number.as_i64() {
            Some(n) if n >= *min && n <= *max => Ok(()),
            _ => Err(format!("is {number}; takes {}", expected(of))),
        },
        (Type::IntEnum(values), Value::Number(number)) => match number.as_i64() {
            Some(n) if values.contains(&n) => Ok(()),
            _ => Err(format!("is {number}; must be {}", expected(of))),
        },
        (Type::Number, Value::Number(_)) | (Type::Bool, Value::Bool(_)) | (Type::File, Value::String(_)) => Ok(()),
        (Type::Time { utc }, Value::String(text)) if is_time(text) && (!utc || text.ends_with('Z')) => Ok(()),
        (Type::Date, Value::String(text)) if is_date(text) => Ok(()),
        (Type::Email, Value::String(text)) if is_email(text) => Ok(()),
        (Type::Url, Value::String(text))
            if text.contains(':') && !text.contains(|c: char| c.is_control() || c == ' ') =>
        {
            Ok(())
        }
        (Type::Enum(values), Value::String(text)) if values.contains(&text.as_str()) => Ok(()),
        (Type::Enum(values), Value::String(text)) => {
            Err(format!("is \"{}\"; must be {}{}", said(text), expected(of), suggestion(text, values.iter().copied())))
        }
        (Type::Time { .. } | Type::Date | Type::Email | Type::Url, Value::String(text)) => {
            Err(format!("is \"{}\"; must be {}", said(text), expected(of)))
        }
        _ => bad(),
    }
}

/// A whole number that is written as a fraction, such as 5.0: some languages
/// know no other numbers, and to JSON Schema it is one.
pub(super) fn whole(number: &Number) -> Option<Value> {
    // Beyond this fractions skip whole numbers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let fraction = number.as_f64().filter(|n| number.is_f64() && n.fract() == 0.0 && n.abs() <= EXACT)?;
    Some(Value::from(fraction as i64))
}

/// What a type takes, for messages.
pub(super) fn expected(of: &Type) -> String {
    match of {
        Type::Text { .. } => "text".to_owned(),
        Type::Int { min: i64::MIN, max: i64::MAX } => "a whole number".to_owned(),
        Type::Int { min, max: i64::MAX } => format!("a whole number from {min}"),
        Type::Int { min: i64::MIN, max } => format!("a whole number up to {max}"),
        Type::Int { min, max } => format!("a whole number from {min} to {max}"),
        Type::Number => "a number".to_owned(),
        Type::Bool => "true or false".to_owned(),
        Type::Time { utc: false } => "a time, such as \"2026-11-21T09:00:00Z\"".to_owned(),
        Type::Time { utc: true } => "a time in UTC, such as \"2026-11-21T09:00:00Z\"".to_owned(),
        Type::Date => "a date, such as \"2026-11-21\"".to_owned(),
        Type::Email => "an e-mail address".to_owned(),
        Type::Url => "a URL".to_owned(),
        Type::Json => "any JSON".to_owned(),
        Type::Object => "an object".to_owned(),
        Type::File => "the text of a file".to_owned(),
        Type::Enum([only]) => format!("\"{only}\""),
        Type::Enum(values) => format!("one of {}", values.join(", ")),
        Type::IntEnum(values) => {
            let values: Vec<String> = values.iter().map(i64::to_string).collect();
            format!("one of {}", values.join(", "))
        }
        Type::List { of, .. } => format!("a list; each item {}", expected(of)),
        Type::Entity(entity) => format!("an object ({})", entity.title),
        Type::Ref(entity) | Type::Id(entity) => format!("the id of {}", a(entity.title)),
    }
}

pub(super) fn expected_count(min: u32, max: u32) -> String {
    match (min, max) {
        (0, max) => format!("at most {max}"),
        (min, u32::MAX) => format!("at least {min}"),
        (min, max) => format!("{min} to {max}"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// `2026-11-21`, with a month and a day that exist in some year.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<usize>().ok());
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let longest = number(5, 7).and_then(|month| days.get(month.checked_sub(1)?)).copied().unwrap_or(0);
    bytes.len() == 10
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && bytes.iter().enumerate().all(|(i, b)| i == 4 || i == 7 || b.is_ascii_digit())
        && number(8, 10).is_some_and(|day| (1..=longest).contains(&day))
}

/// RFC 3339: date, `T`, time, optional fraction, `Z` or an offset.
fn is_time(text: &str) -> bool {
    let (Some(date), Some(rest)) = (text.get(..10), text.get(10..)) else { return false };
    let Some(rest) = rest.strip_prefix(['T', 't']) else { return false };
    let clock = |text: &str, parts: usize| {
        let limits = [23, 59, 60];
        let found: Vec<&str> = text.split(':').collect();
        found.len() == parts
            && found.iter().zip(limits).all(|(part, most)| {
                part.len() == 2
                    && part.bytes().all(|b| b.is_ascii_digit())
                    && part.parse::<u32>().is_ok_and(|n| n <= most)
            })
    };
    let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (local, zone) = rest.split_at(zone_at);
    let (seconds, fraction) = local.split_once('.').unwrap_or((local, "0"));
    let zone_fits = matches!(zone, "Z" | "z") || zone.strip_prefix(['+', '-']).is_some_and(|offset| clock(offset, 2));
    is_date(date)
        && clock(seconds, 3)
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && zone_fits
}

/// Loose on purpose, strict on what a header cannot carry.
pub(crate) fn is_email(text: &str) -> bool {
    let sound = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'<' | b'>' | b',' | b';'))
    };
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| sound(local) && sound(domain) && !domain.contains('@'))
}
