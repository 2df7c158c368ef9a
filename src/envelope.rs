//! Reads what surrounds the items of an answer, and where each item stands.
//!
//! Rule: pure; the whole text is checked to be JSON exactly once, and items
//! stay the bytes PagerDuty sent.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A page's items and what it says of the pages around it.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    pub(crate) items: Vec<&'a RawValue>,
    pub(crate) more: Option<bool>,
    pub(crate) total: Option<u64>,
    /// How many items the provider says a page holds.
    pub(crate) limit: Option<u64>,
    pub(crate) next_cursor: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) last: Option<String>,
    pub(crate) total_results: Option<u64>,
}

/// What a page says of the pages around it.
const NAMES: [&str; 7] = ["more", "total", "limit", "next_cursor", "after", "last", "totalResults"];

/// Reads a page whose items stand under `key`.
pub(crate) fn read<'a>(text: &'a str, key: &str) -> serde_json::Result<Envelope<'a>> {
    parse(text, Seed { key, envelope: true }).map(|found| found.0)
}

/// The text of one member of an object; none when it is not there.
pub(crate) fn member<'a>(text: &'a str, key: &str) -> serde_json::Result<Option<&'a str>> {
    parse(text, Seed { key, envelope: false }).map(|found| found.1.map(RawValue::get))
}

/// Checks that `text` is JSON.
pub(crate) fn validate(text: &str) -> serde_json::Result<()> {
    serde_json::from_str::<IgnoredAny>(text).map(|_| ())
}

/// The items but those at the indexes in `skip`, which ascend, as one JSON
/// array.
pub(crate) fn array(text: &str, items: &[&RawValue], skip: &[usize]) -> String {
    // The items are slices of `text`, so what lies between two of them is their
    // own text with its commas: one copy a run instead of one an item.
    let offset = |item: &RawValue| (item.get().as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let slice = |kept: &[&RawValue]| {
        let (first, last) = (kept.first()?, kept.last()?);
        text.get(offset(first)?..offset(last)? + last.get().len())
    };
    let starts = std::iter::once(0).chain(skip.iter().map(|n| n + 1));
    let ends = skip.iter().copied().chain([items.len()]);
    let runs: Vec<&str> =
        starts.zip(ends).filter_map(|(start, end)| slice(items.get(start..end).unwrap_or_default())).collect();
    let mut array = String::with_capacity(2 + runs.iter().map(|run| run.len() + 1).sum::<usize>());
    array.push('[');
    for (n, run) in runs.iter().enumerate() {
        array.push_str(if n == 0 { "" } else { "," });
        array.push_str(run);
    }
    array.push(']');
    array
}

fn parse<'a>(text: &'a str, seed: Seed<'_>) -> serde_json::Result<(Envelope<'a>, Option<&'a RawValue>)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let found = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(found)
}

/// Which member to pick out, and whether as a list of items.
struct Seed<'k> {
    key: &'k str,
    envelope: bool,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = (Envelope<'de>, Option<&'de RawValue>);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = (Envelope<'de>, Option<&'de RawValue>);

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "an object with `{}`", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope::default();
        let mut found = None;
        let mut seen = false;
        let mut read: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            // Of two words on where the list goes on, neither can be relied on.
            let counts = name == self.key || (self.envelope && NAMES.contains(&name.as_str()));
            if counts && read.contains(&name) {
                return Err(serde::de::Error::custom(format!("`{name}` stands twice")));
            }
            if counts {
                read.push(name.clone());
            }
            if name == self.key {
                seen = true;
                match self.envelope {
                    true => envelope.items = map.next_value()?,
                    false => found = Some(map.next_value()?),
                }
                continue;
            }
            match name.as_str() {
                "more" if self.envelope => envelope.more = map.next_value()?,
                "total" if self.envelope => envelope.total = map.next_value()?,
                "limit" if self.envelope => envelope.limit = map.next_value()?,
                "next_cursor" if self.envelope => envelope.next_cursor = map.next_value()?,
                "after" if self.envelope => envelope.after = map.next_value()?,
                "last" if self.envelope => envelope.last = map.next_value()?,
                "totalResults" if self.envelope => envelope.total_results = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.envelope && !seen {
            return Err(serde::de::Error::custom(format!("`{}` is missing", self.key)));
        }
        Ok((envelope, found))
    }
}

#[cfg(test)]
mod cases;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, skip: &[usize], expected: Option<(&str, usize, Option<bool>)>) {
        let read = read(text, "teams");
        let found = read.as_ref().ok().map(|page| (array(text, &page.items, skip), page.items.len(), page.more));
        assert_eq!(found.as_ref().map(|(items, n, more)| (items.as_str(), *n, *more)), expected, "{text} -> {read:?}");
    }

    #[test]
    fn items_keep_their_bytes() {
        check(
            r#"{"teams":[ {"a" : 1.0}, "x"  ,null ],"more":true}"#,
            &[],
            Some((r#"[{"a" : 1.0}, "x"  ,null]"#, 3, Some(true))),
        );
        check(r#"{"more":false,"x":{"teams":[9]},"teams":[1,2]}"#, &[0], Some(("[2]", 2, Some(false))));
        check(r#"{"te\u0061ms":[1]}"#, &[0], Some(("[]", 1, None)));
        check(r#"{"teams":[]}"#, &[], Some(("[]", 0, None)));
    }

    #[test]
    fn any_items_can_be_left_out() {
        for (skip, expected) in [
            (&[] as &[usize], "[0, 1 ,2,  3]"),
            (&[0], "[1 ,2,  3]"),
            (&[3], "[0, 1 ,2]"),
            (&[1], "[0,2,  3]"),
            (&[1, 2], "[0,3]"),
            (&[0, 2], "[1,3]"),
            (&[0, 3], "[1 ,2]"),
            (&[0, 1, 2, 3], "[]"),
        ] {
            check(r#"{"teams":[ 0, 1 ,2,  3 ]}"#, skip, Some((expected, 4, None)));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"teams":null}"#,
            r#"{"teams":{}}"#,
            r#"{"teams":[1],"teams":[2]}"#,
            r#"{"more":true,"teams":[1],"more":false}"#,
            r#"{"next_cursor":"a","teams":[1],"next_cursor":"b"}"#,
            r#"{"teams":[1]"#,
            r#"{"teams":[01]}"#,
            r#"{"teams":[1]} x"#,
            r#"{"teams":[],"more":"yes"}"#,
            r#"{"teams":[],"x":tru}"#,
        ] {
            check(text, &[], None);
        }
    }

    #[test]
    fn depth_does_not_overflow() {
        let deep = format!(r#"{{"teams":[{}1{}]}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep, "teams").is_ok());
        assert!(validate(&deep).is_err() || validate(&deep).is_ok());
    }

    #[test]
    fn a_member_is_found_with_its_bytes() {
        assert_eq!(member(r#"{"a":1,"team": {"x":[1, 2]} }"#, "team").unwrap(), Some(r#"{"x":[1, 2]}"#));
        assert_eq!(member(r#"{"a":1}"#, "team").unwrap(), None);
        assert!(member("[1]", "team").is_err());
    }
}
