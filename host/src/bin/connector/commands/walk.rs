//! `connector walk OPERATION`: items on stdout as they come, progress on stderr
//! when it is a terminal. A walk that does not reach its end says so, with the
//! cursor to resume from.

use std::io::{Write, stdout};
use std::time::Duration;

use connector_host::contract::Page;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::runtime::Handle;
use tokio::signal::unix::Signal;
use tokio::task::{block_in_place, spawn_blocking};
use tokio::time::timeout;

use super::interrupts;
use crate::cli::{Format, Global, WalkArgs};
use crate::escape::{safe_json, visible};
use crate::failure::{Failure, Result};
use crate::spreadsheet::Spreadsheet;
use crate::table::{Table, columns, room, row};
use crate::windows::note;
use crate::{arguments, json, session};

/// Where a walk stands.
#[derive(Debug, Clone)]
struct Standing {
    /// Resumes behind the last page that was printed whole; none at the start.
    cursor: Option<String>,
    /// Items printed since then: a resumed walk repeats them. None where it is
    /// not known how many came out.
    repeated: Option<u64>,
    printed: u64,
    /// Items left until `--limit`.
    left: Option<u64>,
    /// The walk is done, and its cursor is where the next one begins.
    done: bool,
}

pub(crate) async fn run(global: &Global, args: &WalkArgs) -> Result<()> {
    let arguments = arguments::read(&args.arguments.arguments)?;
    let mut session = session::open(global, &wishes(args.limit)).await?;
    let mut standing =
        Standing { cursor: args.cursor.clone(), repeated: Some(0), printed: 0, left: args.limit, done: false };
    let bar = progress();
    let mut interrupts = interrupts()?;
    let walked = async {
        let start = args.cursor.as_deref();
        let mut walk = session.connection.walk(&args.operation, &arguments, start).await?;
        if let Ok(detail) = session.connector.describe(&args.operation).await
            && let Some(note) = note(&detail.operation.extra, &arguments)
        {
            tell_note(&note, global.json);
        }
        let mut printer = Printer::new(global, args);
        let mut pages = 0_u64;
        loop {
            let page = tokio::select! {
                page = walk.next() => page?,
                _ = interrupts.recv() => return Err(Failure::Interrupted),
            };
            let Some(page) = page else {
                // The last page of a feed carries a cursor, of others none does.
                standing.done = pages > 0 && standing.cursor.is_some();
                standing.cursor = standing.cursor.take().filter(|_| standing.done);
                return printer.end();
            };
            pages += 1;
            let (items, then) = standing.after(&page)?;
            let text = printer.page(&items)?;
            // What did not come out whole does not count.
            let printed = bar.suspend(|| print(text, &mut interrupts));
            let interrupted = printed.inspect_err(|_| standing.repeated = None)?;
            standing = then;
            if interrupted {
                return Err(Failure::Interrupted);
            }
            advance(&bar, &page, standing.printed);
            if standing.left == Some(0) {
                return printer.end();
            }
        }
    };
    let walked: Result<()> = walked.await;
    bar.finish_and_clear();
    if !matches!(walked, Err(Failure::ClosedPipe)) && standing.is_cut() {
        standing.tell(global.json);
    }
    walked
}

/// How long Ctrl-C lets a page come out whole, so that its cursor counts.
const GRACE: Duration = Duration::from_millis(500);

/// Writes to stdout, and tells whether Ctrl-C came meanwhile. Who reads it may
/// have stopped: then Ctrl-C ends the wait, with the page in pieces.
fn print(text: Vec<u8>, interrupts: &mut Signal) -> Result<bool> {
    let mut writing = spawn_blocking(move || {
        let mut out = stdout().lock();
        out.write_all(&text).and_then(|()| out.flush())
    });
    block_in_place(|| {
        Handle::current().block_on(async {
            let (written, interrupted) = tokio::select! {
                written = &mut writing => (written, false),
                _ = interrupts.recv() => match timeout(GRACE, &mut writing).await {
                    Ok(written) => (written, true),
                    Err(_) => return Err(Failure::Interrupted),
                },
            };
            written.map_err(|why| Failure::Other(why.to_string()))??;
            Ok(interrupted)
        })
    })
}

/// A short walk asks for no more than it prints: smaller pages, of which 2 is
/// the least that overlap allows, and none that nobody may read.
fn wishes(limit: Option<u64>) -> Vec<(&'static str, u64)> {
    let size = limit.filter(|limit| *limit < 100).map(|limit| ("page_size", limit.max(2)));
    let ahead = limit.filter(|limit| *limit <= 500).map(|_| ("ahead", 0));
    size.into_iter().chain(ahead).collect()
}

fn tell_note(note: &str, json: bool) {
    match json {
        true => tell!("{}", safe_json(&serde_json::json!({ "note": note }).to_string())),
        false => tell!("note: {}", visible(note)),
    }
}

impl Standing {
    /// The items of a page that are to be printed, as many as the limit allows,
    /// and where the walk stands after them.
    fn after<'p>(&self, page: &'p Page) -> Result<(Vec<&'p RawValue>, Self)> {
        let mut items = json::items(&page.items)?;
        let all = items.len();
        if let Some(left) = self.left {
            items.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        }
        let count = items.len() as u64;
        let (cursor, repeated) = match items.len() == all {
            true => (page.next.clone(), Some(0)),
            false => (self.cursor.clone(), Some(count)),
        };
        let left = self.left.map(|left| left.saturating_sub(count));
        Ok((items, Standing { cursor, repeated, printed: self.printed + count, left, done: false }))
    }

    /// Whether items are left behind that were begun.
    fn is_cut(&self) -> bool {
        self.done || self.repeated != Some(0) || (self.cursor.is_some() && self.printed > 0)
    }

    /// Tells where to resume.
    fn tell(&self, json: bool) {
        if let (true, Some(cursor)) = (self.done, &self.cursor) {
            return match json {
                true => {
                    let next = serde_json::json!({ "next": { "cursor": cursor, "printed": self.printed }});
                    tell!("{}", safe_json(&next.to_string()));
                }
                false => tell!("for what happens from now on: the same arguments and\n  --cursor {}", visible(cursor)),
            };
        }
        if json {
            let resume = serde_json::json!({ "resume": {
                "cursor": self.cursor, "printed": self.printed, "repeats": self.repeated,
            }});
            tell!("{}", safe_json(&resume.to_string()));
            return;
        }
        let repeats = match self.repeated {
            Some(0) => String::new(),
            Some(n) => format!(" (it repeats the last {n})"),
            None => " (it may repeat what came after them)".to_owned(),
        };
        let items = match self.printed {
            1 => "1 item".to_owned(),
            n => format!("{n} items"),
        };
        match &self.cursor {
            Some(cursor) => tell!(
                "stopped after {items}; resume with the same arguments{repeats} and\n  --cursor {}",
                visible(cursor)
            ),
            None => tell!("stopped after {items}, within the first page: there are more"),
        }
    }
}

fn progress() -> ProgressBar {
    // indicatif draws on stderr, and not at all where that is no terminal.
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} items {wide_msg} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

fn advance(bar: &ProgressBar, page: &Page, printed: u64) {
    bar.set_position(printed);
    let total = page.total.map(|total| format!("of {total}"));
    let rate =
        page.rate.as_ref().map(|rate| format!("({} of {} requests left this minute)", rate.remaining, rate.limit));
    let parts: Vec<String> = total.into_iter().chain(rate).collect();
    bar.set_message(visible(&parts.join(" ")).into_owned());
}

/// Prints items in one of the formats.
enum Printer {
    Jsonl,
    Table {
        room: Option<usize>,
        /// Set by the first page that holds an item.
        layout: Option<(Vec<String>, Table)>,
    },
    Csv(Spreadsheet),
}

impl Printer {
    fn new(global: &Global, args: &WalkArgs) -> Self {
        let default = if global.json { Format::Jsonl } else { Format::Table };
        match args.format.unwrap_or(default) {
            Format::Jsonl => Printer::Jsonl,
            Format::Table => Printer::Table { room: room(), layout: None },
            Format::Csv => Printer::Csv(Spreadsheet::new(args.raw)),
        }
    }

    /// A page as it is printed.
    fn page(&mut self, items: &[&RawValue]) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        match self {
            Printer::Jsonl => {
                for item in items {
                    writeln!(out, "{}", safe_json(&json::one_line(item.get())))?;
                }
            }
            Printer::Table { room, layout } => lines(*room, layout, &values(items)?, &mut out)?,
            Printer::Csv(sheet) => sheet.page(&values(items)?, &mut out)?,
        }
        Ok(out)
    }

    fn end(&mut self) -> Result<()> {
        if let Printer::Csv(sheet) = self
            && !sheet.late().is_empty()
        {
            let late: Vec<&str> = sheet.late().iter().map(String::as_str).collect();
            tell!(
                "warning: these fields came after the header was written and have no column: {}",
                visible(&late.join(", "))
            );
        }
        Ok(())
    }
}

fn lines(
    room: Option<usize>,
    layout: &mut Option<(Vec<String>, Table)>,
    items: &[Value],
    out: &mut Vec<u8>,
) -> Result<()> {
    if layout.is_none() && !items.is_empty() {
        let columns = columns(items);
        let head: Vec<String> = columns.iter().map(|name| name.to_uppercase()).collect();
        let mut rows: Vec<_> = items.iter().map(|item| row(&columns, item)).collect();
        rows.push(head.clone());
        let table = Table::new(&rows, room);
        if !head.is_empty() {
            writeln!(out, "{}", table.line(&head))?;
        }
        *layout = Some((columns, table));
    }
    if let Some((columns, table)) = layout {
        for item in items {
            writeln!(out, "{}", table.line(&row(columns, item)))?;
        }
    }
    Ok(())
}

fn values(items: &[&RawValue]) -> Result<Vec<Value>> {
    items
        .iter()
        .map(|item| serde_json::from_str(item.get()))
        .collect::<std::result::Result<_, _>>()
        .map_err(|why| Failure::Other(format!("an item is not JSON: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(count: usize, next: Option<&str>) -> Page {
        let items: Vec<usize> = (0..count).collect();
        Page {
            items: serde_json::to_string(&items).unwrap(),
            count: u32::try_from(count).unwrap(),
            total: None,
            next: next.map(str::to_owned),
            request_id: None,
            rate: None,
        }
    }

    /// What is left, how many a resumed walk repeats, and where it begins.
    fn check(limit: Option<u64>, pages: &[Page], expected: (Option<u64>, u64, Option<&str>)) {
        let mut standing =
            Standing { cursor: Some("start".into()), repeated: Some(0), printed: 0, left: limit, done: false };
        for page in pages {
            standing = standing.after(page).unwrap().1;
        }
        let got = (standing.left, standing.repeated.unwrap(), standing.cursor.as_deref());
        assert_eq!(got, expected);
    }

    #[test]
    fn a_limit_counts_items_and_never_loses_one() {
        let pages = || [page(3, Some("a")), page(3, Some("b"))];
        check(None, &pages(), (None, 0, Some("b")));
        check(Some(6), &pages(), (Some(0), 0, Some("b")));
        check(Some(5), &pages(), (Some(0), 2, Some("a")));
        check(Some(2), &pages()[..1], (Some(0), 2, Some("start")));
        check(Some(9), &[page(3, None)], (Some(6), 0, None));
    }

    #[test]
    fn a_walk_is_cut_where_items_are_left() {
        for (cursor, repeated, printed, cut) in [
            (None, Some(0), 0, false),
            (Some("given"), Some(0), 0, false),
            (Some("next"), Some(0), 3, true),
            (None, Some(2), 2, true),
            (None, None, 0, true),
            (None, Some(0), 3, false),
        ] {
            let standing = Standing { cursor: cursor.map(str::to_owned), repeated, printed, left: None, done: false };
            assert_eq!(standing.is_cut(), cut, "{standing:?}");
        }
    }

    #[test]
    fn a_short_walk_asks_for_no_more_than_it_prints() {
        let (size, ahead) = (|size| ("page_size", size), ("ahead", 0));
        for (limit, expected) in [
            (None, vec![]),
            (Some(1), vec![size(2), ahead]),
            (Some(25), vec![size(25), ahead]),
            (Some(100), vec![ahead]),
            (Some(500), vec![ahead]),
            (Some(501), vec![]),
        ] {
            assert_eq!(wishes(limit), expected);
        }
    }
}
