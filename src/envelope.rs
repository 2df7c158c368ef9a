//! Reads what surrounds the items of an answer, and where each item stands.
//!
//! Rule: pure; the whole text is checked to be JSON exactly once, and items
//! stay the bytes PagerDuty sent.

use std::borrow::Cow;

use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde_json::Error;

mod scan;
use scan::{Broken, Scan};

/// A page's items and what it says of the pages around it.
#[derive(Debug, Default)]
pub(crate) struct Envelope<'a> {
    /// Each item's own text, a slice of the page's.
    pub(crate) items: Vec<&'a str>,
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

/// Why a text is not what it has to be.
enum Trouble {
    /// It is no JSON.
    Broken,
    /// It is JSON of another shape.
    Shape(String),
}

impl From<Broken> for Trouble {
    fn from(_: Broken) -> Trouble {
        Trouble::Broken
    }
}

impl Trouble {
    /// The same for people. Of a text that is no JSON, `serde_json` tells where
    /// and why: it reads it once more.
    fn told(self, text: &str) -> Error {
        let again = || serde_json::from_str::<IgnoredAny>(text).err();
        match self {
            Trouble::Shape(problem) => Error::custom(problem),
            Trouble::Broken => again().unwrap_or_else(|| Error::custom("not JSON")),
        }
    }
}

/// Reads a page whose items stand under `key`.
pub(crate) fn read<'a>(text: &'a str, key: &str) -> serde_json::Result<Envelope<'a>> {
    let mut envelope = Envelope::default();
    let mut seen = Vec::new();
    let read = members(text, &mut |name, scan| {
        if name == key || NAMES.contains(&&*name) {
            once(&mut seen, &name)?;
        }
        if name == key {
            envelope.items = items(key, scan)?;
            return Ok(());
        }
        let value = scan.value()?;
        match &*name {
            "more" => envelope.more = word(&name, value)?,
            "total" => envelope.total = word(&name, value)?,
            "limit" => envelope.limit = word(&name, value)?,
            "next_cursor" => envelope.next_cursor = word(&name, value)?,
            "after" => envelope.after = word(&name, value)?,
            "last" => envelope.last = word(&name, value)?,
            "totalResults" => envelope.total_results = word(&name, value)?,
            _ => {}
        }
        Ok(())
    });
    let found = read.and_then(|()| match seen.iter().any(|name| name == key) {
        true => Ok(envelope),
        false => Err(Trouble::Shape(format!("`{key}` is missing"))),
    });
    found.map_err(|trouble| trouble.told(text))
}

/// The text of one member of an object; none when it is not there.
pub(crate) fn member<'a>(text: &'a str, key: &str) -> serde_json::Result<Option<&'a str>> {
    let (mut found, mut seen) = (None, Vec::new());
    let read = members(text, &mut |name, scan| {
        let value = scan.value()?;
        if name == key {
            once(&mut seen, &name)?;
            found = Some(value);
        }
        Ok(())
    });
    read.map(|()| found).map_err(|trouble| trouble.told(text))
}

/// The same of an item of a page, which was checked with it: nothing behind the
/// member is read.
pub(crate) fn peek<'a>(item: &'a str, key: &str) -> serde_json::Result<Option<&'a str>> {
    let mut scan = Scan::new(item);
    scan.space();
    if !scan.take(b'{') {
        return Err(Error::custom("an object was expected"));
    }
    scan.space();
    let mut found = || -> Result<Option<&'a str>, Trouble> {
        let mut more = !scan.take(b'}');
        while more {
            let name = scan.name()?;
            let value = scan.value()?;
            if name == key || (name.contains('\\') && unescaped(name)? == key) {
                return Ok(Some(value));
            }
            more = another(&mut scan, b'}')?;
        }
        Ok(None)
    };
    found().map_err(|trouble| trouble.told(item))
}

/// Checks that `text` is JSON.
pub(crate) fn validate(text: &str) -> serde_json::Result<()> {
    let mut scan = Scan::new(text);
    scan.space();
    match scan.value().map(|_| scan.ended()) {
        Ok(true) => Ok(()),
        Ok(false) | Err(Broken) => Err(Trouble::Broken.told(text)),
    }
}

/// The items but those at the indexes in `skip`, which ascend, as one JSON
/// array.
pub(crate) fn array(text: &str, items: &[&str], skip: &[usize]) -> String {
    // The items are slices of `text`, so what lies between two of them is their
    // own text with its commas: one copy a run instead of one an item.
    let offset = |item: &str| (item.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let slice = |kept: &[&str]| {
        let (first, last) = (kept.first()?, kept.last()?);
        text.get(offset(first)?..offset(last)? + last.len())
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

/// Is told the name of a member and reads its value.
type Each<'e, 'a> = dyn FnMut(Cow<'a, str>, &mut Scan<'a>) -> Result<(), Trouble> + 'e;

/// Reads an object, a member at a time.
fn members<'a>(text: &'a str, each: &mut Each<'_, 'a>) -> Result<(), Trouble> {
    let mut scan = Scan::new(text);
    scan.space();
    if !scan.take(b'{') {
        let problem = || Trouble::Shape("an object was expected".to_owned());
        return Err(validate(text).map_or(Trouble::Broken, |()| problem()));
    }
    scan.space();
    let mut more = !scan.take(b'}');
    while more {
        let name = unescaped(scan.name()?)?;
        each(name, &mut scan)?;
        more = another(&mut scan, b'}')?;
    }
    if scan.ended() { Ok(()) } else { Err(Trouble::Broken) }
}

/// A list's items.
fn items<'a>(key: &str, scan: &mut Scan<'a>) -> Result<Vec<&'a str>, Trouble> {
    if !scan.take(b'[') {
        scan.value()?;
        return Err(Trouble::Shape(format!("`{key}` is not a list")));
    }
    scan.space();
    let mut items = Vec::new();
    let mut more = !scan.take(b']');
    while more {
        items.push(scan.value()?);
        more = another(scan, b']')?;
    }
    Ok(items)
}

/// Behind a value: whether another follows, or the container is closed.
fn another(scan: &mut Scan<'_>, close: u8) -> Result<bool, Trouble> {
    scan.space();
    if scan.take(b',') {
        scan.space();
        return Ok(true);
    }
    if scan.take(close) { Ok(false) } else { Err(Trouble::Broken) }
}

/// A name as it is meant; most stand as they are.
fn unescaped(name: &str) -> Result<Cow<'_, str>, Trouble> {
    if !name.contains('\\') {
        return Ok(Cow::Borrowed(name));
    }
    let meant = serde_json::from_str(&format!("\"{name}\""));
    // Half a surrogate pair is JSON, and no text.
    meant.map(Cow::Owned).map_err(|error| Trouble::Shape(format!("a name that is no text: {error}")))
}

/// Refuses a name that was seen: of two words on the same thing neither can be
/// relied on.
fn once(seen: &mut Vec<String>, name: &str) -> Result<(), Trouble> {
    if seen.iter().any(|known| known == name) {
        return Err(Trouble::Shape(format!("`{name}` stands twice")));
    }
    seen.push(name.to_owned());
    Ok(())
}

/// A value that decides how the list goes on.
fn word<T: DeserializeOwned>(name: &str, value: &str) -> Result<Option<T>, Trouble> {
    serde_json::from_str(value).map_err(|error| Trouble::Shape(format!("`{name}`: {error}")))
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
        assert!(validate(&deep).is_ok());
        assert!(validate(&deep[..deep.len() - 1]).is_err());
    }

    #[test]
    fn a_member_is_found_with_its_bytes() {
        assert_eq!(member(r#"{"a":1,"team": {"x":[1, 2]} }"#, "team").unwrap(), Some(r#"{"x":[1, 2]}"#));
        assert_eq!(member(r#"{"a":1}"#, "team").unwrap(), None);
        assert!(member("[1]", "team").is_err());
    }
}
