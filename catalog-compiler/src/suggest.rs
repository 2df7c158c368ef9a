//! The nearest name, for messages about names that do not exist.
//!
//! Rule: a suggestion is made only where a slip of the fingers explains it.

/// `; did you mean `NAME`?`, or the list of names where it is short, or nothing.
pub(crate) fn hint<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    if let Some(name) = nearest(wrong, &names) {
        return format!("; did you mean `{name}`?");
    }
    names.sort_unstable();
    match names.len() {
        0 => String::new(),
        1 => format!("; the only one is `{}`", names[0]),
        2..=12 => format!("; there are {}", list(&names)),
        _ => String::new(),
    }
}

/// "`a`, `b` and `c`".
pub(crate) fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

fn nearest<'a>(wrong: &str, names: &[&'a str]) -> Option<&'a str> {
    let allowed = (wrong.chars().count() / 3).max(1);
    names
        .iter()
        .map(|name| (distance(wrong, name), *name))
        .filter(|(far, name)| *far <= allowed || plural(wrong, name))
        .min()
        .map(|(_, name)| name)
}

fn plural(a: &str, b: &str) -> bool {
    a.strip_suffix('s') == Some(b) || b.strip_suffix('s') == Some(a)
}

/// Insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    rows[0] = (0..=b.len()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let changed = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + changed);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wrong: &str, names: &[&str], expected: &str) {
        assert_eq!(hint(wrong, names.iter().copied()), expected);
    }

    #[test]
    fn hints() {
        check("taem", &["team", "user"], "; did you mean `team`?");
        check("teams", &["team", "user"], "; did you mean `team`?");
        check("qury", &["query", "body"], "; did you mean `query`?");
        check("zzz", &["team", "user", "api"], "; there are `api`, `team` and `user`");
        check("zzz", &["api"], "; the only one is `api`");
        check("zzz", &[], "");
    }
}
