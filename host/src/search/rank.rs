//! Ranking texts by what a person typed.
//!
//! Rule: no word of any provider stands here, and no type of the contract. It
//! knows plain English only: endings, filler words, other words for the common
//! verbs. The same words give the same order, and work is bounded however much
//! is typed.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

/// Words that say nothing of what is looked for.
const FILLERS: &[&str] = &[
    "a", "an", "and", "any", "are", "as", "at", "be", "by", "can", "do", "for", "from", "has", "have", "how", "i",
    "in", "is", "it", "its", "me", "my", "of", "on", "or", "our", "please", "that", "the", "their", "this", "to", "up",
    "us", "want", "was", "we", "with",
];

/// Other words for what titles begin with.
const VERBS: &[&[&str]] = &[
    &["create", "add", "new", "make", "open", "register"],
    &["delete", "remove", "drop", "destroy"],
    &["get", "show", "see", "view", "fetch", "read", "details"],
    &["list", "all", "find", "search", "lookup", "which"],
    &["update", "edit", "change", "modify", "set", "replace"],
    &["run", "start", "execute", "launch"],
    &["subscribe", "follow", "watch"],
];

/// What a match is worth by where it stands.
const TITLE: f64 = 10.0;
const WORDS: f64 = 10.0;
const ID: f64 = 7.0;
const AREA: f64 = 5.0;
const SUMMARY: f64 = 3.0;
/// The whole of what was typed is one of the operation's words, or its title.
const WHOLE: f64 = 40.0;
/// Some of what was typed is one of the operation's phrases.
const PHRASE: f64 = 15.0;

/// Words that count of what was typed; whoever pastes a page is not looking for
/// an operation.
pub(super) const MOST_WORDS: usize = 64;
/// Letters that count of a word.
const MOST_LETTERS: usize = 64;

/// What an operation is found by.
pub(super) struct Texts<'o> {
    pub(super) id: &'o str,
    pub(super) area: &'o str,
    pub(super) title: &'o str,
    pub(super) summary: &'o str,
    /// A JSON object with `words`, `area_title` and `area_words`.
    pub(super) extra: &'o str,
    /// What a match is worth, from 0 to 1: less where something replaces it.
    pub(super) worth: f64,
}

/// The places of those that `words` fit, best first; among equals their own
/// order stays. Without a word all of them.
pub(super) fn rank(operations: &[Texts<'_>], words: &str) -> Vec<usize> {
    let all = typed(words);
    let telling: Vec<&String> = all.iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
    let asked: Vec<Token> = if telling.is_empty() { all.iter().collect() } else { telling }
        .into_iter()
        .map(|word| Token::new(word))
        .collect();
    if asked.is_empty() {
        return (0..operations.len()).collect();
    }
    let typed: Vec<String> = all.iter().map(|word| stem(word)).collect();
    let documents: Vec<Document> = operations.iter().map(Document::new).collect();
    let rarity = rarity(&documents, &asked);
    let scored: Vec<(usize, f64, usize)> = documents
        .iter()
        .enumerate()
        .map(|(place, document)| {
            let (fitting, score) = document.score(&asked, &typed, &rarity);
            (fitting, score, place)
        })
        .collect();
    let most = scored.iter().map(|(fitting, ..)| *fitting).max().unwrap_or(0);
    let mut best: Vec<(usize, f64, usize)> =
        scored.into_iter().filter(|(fitting, ..)| *fitting == most && most > 0).collect();
    best.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.2.cmp(&right.2)));
    best.into_iter().map(|(_, _, place)| place).collect()
}

/// The words that count.
pub(super) fn typed(words: &str) -> Vec<String> {
    tokens(words).take(MOST_WORDS).collect()
}

/// A word that was typed.
struct Token {
    stem: String,
    /// Stems of other words for it.
    others: Vec<String>,
}

impl Token {
    fn new(word: &str) -> Token {
        let groups = VERBS.iter().filter(|group| group.contains(&word));
        let others = groups.flat_map(|group| group.iter()).filter(|other| **other != word).map(|other| stem(other));
        Token { stem: stem(word), others: others.collect() }
    }
}

/// An operation's texts as stems.
struct Document {
    id: Vec<String>,
    title: Vec<String>,
    summary: Vec<String>,
    area: Vec<String>,
    /// A phrase each.
    words: Vec<Vec<String>>,
    every: HashSet<String>,
    worth: f64,
}

impl Document {
    fn new(operation: &Texts<'_>) -> Document {
        let extra: Value = serde_json::from_str(operation.extra).unwrap_or_default();
        let texts = |name: &str| -> Vec<Vec<String>> {
            let list = extra.get(name).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(Value::as_str).map(stems).collect()
        };
        let mut area = stems(operation.area);
        area.extend(extra.get("area_title").and_then(Value::as_str).map(stems).unwrap_or_default());
        area.extend(texts("area_words").into_iter().flatten());
        let (id, title, summary) = (stems(operation.id), stems(operation.title), stems(operation.summary));
        let words = texts("words");
        let every = [&id, &title, &summary, &area].into_iter().chain(&words).flatten().cloned().collect();
        Document { id, title, summary, area, words, every, worth: operation.worth }
    }

    /// How many of the words fit, and how well.
    fn score(&self, asked: &[Token], typed: &[String], rarity: &[f64]) -> (usize, f64) {
        let (mut fitting, mut score) = (0, 0.0);
        for (token, rarity) in asked.iter().zip(rarity) {
            let words = self.words.iter().map(|phrase| (phrase, WORDS));
            let places =
                [(&self.title, TITLE), (&self.id, ID), (&self.area, AREA), (&self.summary, SUMMARY)].into_iter();
            let best = places.chain(words).map(|(place, weight)| weight * fit(place, token)).fold(0.0, f64::max);
            if best > 0.0 {
                fitting += 1;
                score += best * rarity;
            }
        }
        if fitting == 0 {
            return (0, 0.0);
        }
        // How much of the title was typed: `List incidents` before `List incident metrics`.
        let telling: Vec<&String> = self.title.iter().filter(|word| !FILLERS.contains(&word.as_str())).collect();
        let said = telling.iter().filter(|word| asked.iter().any(|token| fits(word, token) >= 0.6)).count();
        score += 8.0 * ratio(said, telling.len());
        if typed == self.title || self.words.iter().any(|phrase| phrase == typed) {
            score += WHOLE;
        } else if same(&self.title, typed) || self.words.iter().any(|phrase| same(phrase, typed)) {
            score += 0.8 * WHOLE;
        } else if self.words.iter().any(|phrase| phrase.len() > 1 && contains(typed, phrase)) {
            score += PHRASE;
        }
        // What is general comes before what hangs on it.
        score -= ratio(self.id.len(), 4);
        (fitting, score * self.worth)
    }
}

/// How rare each word is: a word of every second operation tells little.
fn rarity(documents: &[Document], asked: &[Token]) -> Vec<f64> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for word in documents.iter().flat_map(|document| &document.every) {
        *known.entry(word).or_default() += 1;
    }
    let of = |token: &Token| {
        let count = known.get(token.stem.as_str()).copied().unwrap_or(1);
        (1.0 + ratio(documents.len(), count)).ln().max(0.5)
    };
    asked.iter().map(of).collect()
}

/// How well the best word of a text fits, from 0 to 1.
fn fit(place: &[String], token: &Token) -> f64 {
    place.iter().map(|word| fits(word, token)).fold(0.0, f64::max)
}

fn fits(word: &str, token: &Token) -> f64 {
    let stem = &token.stem;
    if word == stem {
        return 1.0;
    }
    if token.others.iter().any(|other| other == word) {
        return 0.6;
    }
    if stem.len() >= 3 && word.starts_with(stem.as_str()) {
        return 0.7;
    }
    let letters = stem.chars().count();
    let slips = match letters {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    // The first letter is seldom a slip, and tells most words apart.
    let likely = slips > 0 && word.chars().next() == stem.chars().next();
    let near = likely && word.chars().count().abs_diff(letters) <= slips && distance(word, stem) <= slips;
    if near { 0.5 } else { 0.0 }
}

/// Letters to change, add, leave out or swap with the next one.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for (i, letter) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, other) in right.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(letter != other)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == right[j - 1] && left[i - 1] == *other {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

/// Whether two phrases say the same, fillers aside.
fn same(phrase: &[String], typed: &[String]) -> bool {
    let telling = |words: &[String]| -> Vec<String> {
        words.iter().filter(|word| !FILLERS.contains(&word.as_str())).cloned().collect()
    };
    let (left, right) = (telling(phrase), telling(typed));
    !left.is_empty() && left == right
}

/// Whether all words of the phrase were typed, in its order.
fn contains(typed: &[String], phrase: &[String]) -> bool {
    let mut rest = typed.iter();
    phrase.iter().all(|word| rest.any(|other| other == word))
}

fn ratio(part: usize, whole: usize) -> f64 {
    // Counts of words and operations: far below what a float holds exactly.
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

fn tokens(text: &str) -> impl Iterator<Item = String> {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    let cut = |word: &str| word.chars().take(MOST_LETTERS).collect();
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(cut).collect();
    words.into_iter()
}

fn stems(text: &str) -> Vec<String> {
    tokens(text).map(|word| stem(&word)).collect()
}

/// A word without its usual endings: `acknowledges` and `acknowledging` are one.
fn stem(word: &str) -> String {
    let cut = |ending: &str, least: usize| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= least);
    if let Some(rest) = cut("ies", 3) {
        return format!("{rest}y");
    }
    let rest = cut("ing", 4)
        .or_else(|| cut("ed", 4))
        .or_else(|| cut("es", 4))
        .or_else(|| cut("s", 3).filter(|rest| !rest.ends_with('s')))
        .unwrap_or(word);
    rest.strip_suffix('e').filter(|rest| rest.chars().count() >= 3).unwrap_or(rest).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_do_not_count() {
        for (left, right) in
            [("acknowledges", "acknowledging"), ("policies", "policy"), ("deploys", "deploy"), ("resolved", "resolve")]
        {
            assert_eq!(stem(left), stem(right));
        }
        assert_ne!(stem("pass"), stem("pas"));
    }

    #[test]
    fn slips_are_counted() {
        for (left, right, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "abcd", 1), ("abc", "xyz", 3)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn what_is_typed_is_bounded() {
        assert_eq!(typed(&"list ".repeat(10_000)).len(), MOST_WORDS);
        assert_eq!(typed(&"ü".repeat(10_000)), ["ü".repeat(MOST_LETTERS)]);
    }
}
