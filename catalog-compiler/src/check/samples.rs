//! Judges samples: each is a value that its field takes.
//!
//! Rule: a sample that a caller could not send is worse than none.

use crate::model::{Entity, Type};
use crate::source::Report;
use crate::suggest;

/// Checks the samples of one entity.
pub(crate) fn check(entity: &Entity, report: &mut Report) {
    for (name, value) in &entity.samples {
        let Some(field) = entity.fields.iter().find(|field| field.name.text == name.text) else {
            let hint = suggest::hint(&name.text, entity.fields.iter().map(|field| field.name.text.as_str()));
            report.wrong(name.at, format!("`{}` has no field `{}`{hint}", entity.name.text, name.text));
            continue;
        };
        if field.constant.is_some() {
            report.wrong(name.at, format!("`{}` is a constant: it needs no sample", name.text));
        } else if let Some(wanted) = misfit(&field.of, &value.value) {
            report
                .wrong(value.at(), format!("`{}` is no sample of `{}`, which takes {wanted}", value.value, name.text));
        }
    }
}

/// What the type takes, where the value is something else.
pub(super) fn misfit(of: &Type, value: &str) -> Option<String> {
    let within = |good: bool, wanted: &str| (!good).then(|| wanted.to_owned());
    match of {
        Type::Text { min, max } => {
            let length = u32::try_from(value.chars().count()).unwrap_or(u32::MAX);
            (!(*min..=*max).contains(&length)).then(|| format!("{min} to {max} characters"))
        }
        Type::Int { min, max } => {
            let good = value.parse::<i64>().is_ok_and(|number| (*min..=*max).contains(&number));
            (!good).then(|| format!("a whole number from {min} to {max}"))
        }
        Type::Number => within(value.parse::<f64>().is_ok_and(f64::is_finite), "a number"),
        Type::Bool => within(matches!(value, "true" | "false"), "`true` or `false`"),
        Type::Enum(values) => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            (!values.contains(&value)).then(|| format!("one of {}", suggest::list(&values)))
        }
        Type::IntEnum(values) => {
            let good = value.parse().is_ok_and(|number: i64| values.contains(&number));
            (!good).then(|| format!("one of {values:?}"))
        }
        Type::Time => within(value.len() >= 20 && value.as_bytes().get(10) == Some(&b'T'), "an RFC 3339 time"),
        Type::Date => within(value.len() == 10 && value.split('-').count() == 3, "a date such as 2026-01-31"),
        Type::Email => within(value.contains('@'), "an e-mail address"),
        Type::Url => within(value.contains("://"), "a URL"),
        Type::Id(_) => within(!value.is_empty(), "an id"),
        Type::Json => None,
        Type::Object => within(value.starts_with('{'), "an object as JSON in quotes"),
        Type::List { .. } if value.starts_with('[') => None,
        Type::List { of, .. } => misfit(of, value),
        Type::Ref(_) | Type::Entity(_) | Type::File => within(false, "no sample: one is made from its type"),
    }
}
