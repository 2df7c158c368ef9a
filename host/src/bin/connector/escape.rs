//! Shows numbers, and text of others without letting it act: what that means
//! stands in the inventory's views, which print the same text.

pub(crate) use connector_inventory::view::text::{safe_json, visible};

/// A number with what it counts.
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_spelled_out() {
        for (text, shown) in [
            ("plain, ünï ✓ 日本", "plain, ünï ✓ 日本"),
            ("a\u{1b}[31mred", "a\\u{1b}[31mred"),
            ("two\nlines\r\t", "two\\nlines\\r\\t"),
            ("bell\u{7}del\u{7f}c1\u{9b}", "bell\\u{7}del\\u{7f}c1\\u{9b}"),
            ("evil\u{202e}txt.exe", "evil\\u{202e}txt.exe"),
            ("iso\u{2066}late\u{2069}", "iso\\u{2066}late\\u{2069}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn json_keeps_its_value() {
        for (json, shown) in [
            ("{\"a\": \"ü\",\n\t\"b\": 1}", "{\"a\": \"ü\",\n\t\"b\": 1}"),
            ("\"x\u{202e}y\u{7f}\u{9b}\"", "\"x\\u202ey\\u007f\\u009b\""),
        ] {
            assert_eq!(safe_json(json), shown);
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(value(json), value(shown));
        }
    }
}
