//! The account that scans read: the simulator's, as often over as it takes to be
//! large.
//!
//! Rule: a list has each of its records in every copy, under an id of its own,
//! and whatever a record names is named in the same copy. Answers are cut into
//! pieces when they are first asked for, so that giving one out is copying.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use bytes::Bytes;
use http::Request;
use pagerduty_simulator::{Options, Simulator, tokens};
use serde_json::Value;

/// Lists that every copy has records in, and the key these stand under.
const LISTS: [(&str, &str); 9] = [
    ("/teams", "teams"),
    ("/users", "users"),
    ("/schedules", "schedules"),
    ("/escalation_policies", "escalation_policies"),
    ("/oncalls", "oncalls"),
    ("/services", "services"),
    ("/maintenance_windows", "maintenance_windows"),
    ("/incidents", "incidents"),
    ("/log_entries", "log_entries"),
];

/// Which of them brings the account to its size: open incidents.
const FILLED: &str = "/incidents";

/// Types of what the account has once, however many copies there are.
const ONCE: [&str; 9] = [
    "vendor",
    "priority",
    "incident_type",
    "extension_schema",
    "license",
    "tag",
    "event_orchestration",
    "business_service",
    "field",
];

/// PagerDuty lists no more than 10,000 of these, and a large account of copies
/// would have more: of so many once, every second one.
const THINNED: &str = "/oncalls";

/// Cut to so many, so that an account of 1,000 assets can be made.
const SHORT: (&str, &str, usize) = ("/vendors", "vendors", 40);

/// Incidents of the simulator's account.
const INCIDENTS: usize = 60;

/// Letters and digits of a copy's number behind an id.
const SUFFIX: usize = 4;

/// An answer: how it went, and its body.
pub type Answer = (u16, Bytes);

/// The account. A copy's number is `0`, and its ids the simulator's, where nothing
/// else is said.
pub struct Copies {
    simulator: Simulator,
    copies: u64,
    more: u64,
    /// Ids that each copy has its own of.
    ids: HashSet<String>,
    lists: HashMap<String, Rc<List>>,
    documents: HashMap<String, Rc<(u16, Pieces)>>,
}

/// What a list holds, once.
struct List {
    key: &'static str,
    items: Vec<Pieces>,
    /// Records that there are beside one of each item in each copy.
    more: u64,
}

/// A text in pieces, each of which ends with an id that has a copy's number behind
/// it, but the last. Whether that is the record's own id.
struct Pieces(Vec<(String, bool)>);

impl Pieces {
    fn new(text: &str, own: Option<&str>, ids: &HashSet<String>) -> Pieces {
        let (mut pieces, mut begin) = (Vec::new(), 0);
        let mut word = None;
        for (at, byte) in text.bytes().chain([b' ']).enumerate() {
            let within = byte.is_ascii_uppercase() || byte.is_ascii_digit();
            match (within, word) {
                (true, None) => word = Some(at),
                (false, Some(from)) => {
                    word = None;
                    if let Some(id) = text.get(from..at).filter(|id| ids.contains(*id)) {
                        pieces.push((text[begin..at].to_owned(), own == Some(id)));
                        begin = at;
                    }
                }
                _ => {}
            }
        }
        pieces.push((text[begin..].to_owned(), false));
        Pieces(pieces)
    }

    /// As the record with this number, which stands in this copy.
    fn write(&self, number: u64, copy: u64, out: &mut String) {
        let (own, others) = (suffix(number), suffix(copy));
        for (at, (piece, is_own)) in self.0.iter().enumerate() {
            out.push_str(piece);
            if at + 1 < self.0.len() {
                out.push_str(if *is_own { &own } else { &others });
            }
        }
    }
}

/// What stands behind an id of this copy: nothing behind the first one's.
fn suffix(copy: u64) -> String {
    if copy == 0 { String::new() } else { format!("{copy:0SUFFIX$}") }
}

impl Copies {
    /// An account of so many copies, with so many incidents beside.
    #[must_use]
    pub fn new(copies: u64, more: u64) -> Copies {
        let simulator = Simulator::new(Options { incidents: INCIDENTS, rate_limit: None, ..Options::default() });
        Copies { simulator, copies, more, ids: HashSet::new(), lists: HashMap::new(), documents: HashMap::new() }
    }

    /// What a GET is answered with. `early` is its header `x-early-access`; `cut`
    /// says what part of a list of so many is asked for (from, to, limit), or
    /// refuses.
    ///
    /// # Errors
    /// What `cut` refuses with.
    pub fn answer<R>(
        &mut self,
        path: &str,
        query: &str,
        early: &str,
        cut: impl FnOnce(u64) -> Result<(u64, u64, u64), R>,
    ) -> Result<Answer, R> {
        let paging = |pair: &&str| !["limit=", "offset=", "total="].iter().any(|name| pair.starts_with(name));
        let kept: Vec<&str> = query.split('&').filter(paging).collect();
        if let Some((path, key)) = LISTS.iter().find(|(list, _)| *list == path) {
            let list = self.list(path, key, &kept.join("&"), early);
            let (from, to, limit) = cut(list.len(self.copies))?;
            let total = query.split('&').any(|pair| pair == "total=true");
            return Ok((200, list.page((from, to, limit), total, self.copies).into()));
        }
        // A score for each of these, which may be of several copies.
        if path.starts_with("/standards/scores/") {
            return Ok((200, self.scores(path, query, early)));
        }
        let (path, copy) = self.without_copy(path);
        let document = self.document(&path, query, early, copy);
        let mut body = String::new();
        document.1.write(copy, copy, &mut body);
        Ok((document.0, body.into()))
    }

    fn list(&mut self, path: &str, key: &'static str, query: &str, early: &str) -> Rc<List> {
        let name = format!("{path}?{query}");
        if let Some(found) = self.lists.get(&name) {
            return Rc::clone(found);
        }
        let mut items = Vec::new();
        loop {
            let (_, page) = self.ask(&format!("{name}&limit=100&offset={}", items.len()), early);
            let Some(found) = page[key].as_array() else { break };
            items.extend(found.iter().cloned());
            if page["more"] != true {
                break;
            }
        }
        if path == THINNED {
            items = items.into_iter().step_by(2).collect();
        }
        items.iter().for_each(|item| gather(item, &mut self.ids));
        let open = path == FILLED && !items.is_empty();
        let items = items.iter().map(|item| Pieces::new(&item.to_string(), item["id"].as_str(), &self.ids)).collect();
        let list = Rc::new(List { key, items, more: if open { self.more } else { 0 } });
        self.lists.insert(name, Rc::clone(&list));
        list
    }

    fn document(&mut self, path: &str, query: &str, early: &str, copy: u64) -> Rc<(u16, Pieces)> {
        // What is asked of a copy has ids of its own; what the account has once keeps them.
        let name = format!("{path}?{query}");
        if let Some(found) = self.documents.get(&name) {
            return Rc::clone(found);
        }
        let (status, mut body) = self.ask(&name, early);
        if let Some(items) = body[SHORT.1].as_array_mut().filter(|_| path == SHORT.0) {
            items.truncate(SHORT.2);
            body["more"] = false.into();
        }
        let owned = copy > 0 || path.split('/').any(|word| self.ids.contains(word));
        if owned {
            gather(&body, &mut self.ids);
        }
        let none = HashSet::new();
        let pieces = Pieces::new(&body.to_string(), None, if owned { &self.ids } else { &none });
        let document = Rc::new((status, pieces));
        self.documents.insert(name, Rc::clone(&document));
        document
    }

    fn scores(&mut self, path: &str, query: &str, early: &str) -> Bytes {
        let ids = query.split('&').filter_map(|pair| pair.split_once('=')).filter(|(name, _)| *name == "ids");
        let ids: Vec<String> = ids.flat_map(|(_, ids)| ids.split(',').map(str::to_owned)).collect();
        let mut body = String::from("{\"resources\":[");
        for (number, id) in ids.iter().enumerate() {
            let (one, copy) = self.without_copy(id);
            if number > 0 {
                body.push(',');
            }
            self.document(&format!("{path}/{one}"), "", early, copy).1.write(copy, copy, &mut body);
        }
        body.push_str("]}");
        body.into()
    }

    /// A path in the simulator's words, and the copy that it is of.
    fn without_copy(&self, path: &str) -> (String, u64) {
        let mut copy = 0;
        let own = |word: &str| {
            let (id, number) = word.split_at_checked(word.len().checked_sub(SUFFIX)?)?;
            self.ids.contains(id).then_some((id.to_owned(), number.parse::<u64>().ok()?))
        };
        let words = path.split('/').map(|word| match own(word).filter(|_| !self.ids.contains(word)) {
            Some((id, number)) => {
                copy = number;
                id
            }
            None => word.to_owned(),
        });
        let path = words.collect::<Vec<_>>().join("/");
        (path, copy)
    }

    fn ask(&self, path: &str, early: &str) -> (u16, Value) {
        let request = Request::get(path)
            .header("authorization", format!("Token token={}", tokens::USER))
            .header("accept", "application/vnd.pagerduty+json;version=2")
            .header("x-early-access", early)
            .body(Bytes::new())
            .expect("a request");
        let answer = self.simulator.respond(request);
        (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or_default())
    }
}

impl List {
    /// How many records there are: each item in every copy, and those beside.
    fn len(&self, copies: u64) -> u64 {
        self.items.len() as u64 * copies + self.more
    }

    /// Which item the record with this number is, and of which copy. Copies of one
    /// stand together, so that what a list is sorted by stays so.
    fn at(&self, number: u64, copies: u64) -> (usize, u64) {
        // Those beside are spread over the items, the first ones having one more.
        let (each, odd) = (self.more / self.items.len() as u64, self.more % self.items.len() as u64);
        let long = odd * (copies + each + 1);
        let (item, copy) = match number < long {
            true => (number / (copies + each + 1), number % (copies + each + 1)),
            false => (odd + (number - long) / (copies + each), (number - long) % (copies + each)),
        };
        (usize::try_from(item).unwrap_or(usize::MAX), copy)
    }

    fn page(&self, (from, to, limit): (u64, u64, u64), total: bool, copies: u64) -> String {
        let count = self.len(copies);
        let mut body = format!("{{\"{}\":[", self.key);
        for number in from..to {
            if number > from {
                body.push(',');
            }
            let (item, copy) = self.at(number, copies);
            // Those beside have an id of their own, and stand in one of the copies.
            self.items[item].write(copy, copy % copies.max(1), &mut body);
        }
        let total = if total { count.to_string() } else { "null".to_owned() };
        body.push_str(&format!("],\"limit\":{limit},\"offset\":{from},\"total\":{total},\"more\":{}}}", to < count));
        body
    }
}

/// Takes in the ids of all objects in an answer but those that the account has once.
fn gather(value: &Value, ids: &mut HashSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, ids)),
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            let id = fields.get("id").and_then(Value::as_str).filter(|id| told_apart(id));
            if let Some(id) = id.filter(|_| !ONCE.iter().any(|once| kind.starts_with(once))) {
                ids.insert(id.to_owned());
            }
            fields.values().for_each(|value| gather(value, ids));
        }
        _ => {}
    }
}

/// Whether an id is one of PagerDuty's, and no word that stands elsewhere too.
fn told_apart(id: &str) -> bool {
    id.len() >= 7 && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(account: &mut Copies, path: &str, query: &str, from: u64) -> Value {
        let cut = |count: u64| Ok::<_, ()>((from.min(count), (from + 100).min(count), 100));
        let (status, body) = account.answer(path, query, "", cut).unwrap();
        assert_eq!(status, 200, "{path}");
        serde_json::from_slice(&body).unwrap()
    }

    fn all(account: &mut Copies, path: &str, key: &str) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let page = page(account, path, "total=true", all.len() as u64);
            all.extend(page[key].as_array().unwrap().iter().cloned());
            if page["more"] != true {
                assert_eq!(page["total"], all.len());
                return all;
            }
        }
    }

    #[test]
    fn each_copy_has_records_of_its_own() {
        for (path, key) in LISTS {
            let count = |copies, more| {
                let all = all(&mut Copies::new(copies, more), path, key);
                let ids: HashSet<String> = all.iter().map(|one| one["id"].to_string()).collect();
                assert!(ids.len() == all.len() || key == "oncalls", "{path}: {} of {}", ids.len(), all.len());
                all.len()
            };
            let once = count(1, 0);
            assert!(once > 0, "{path}");
            assert_eq!(count(3, 0), 3 * once, "{path}");
            assert_eq!(count(3, 77), 3 * once + if path == FILLED { 77 } else { 0 }, "{path}");
        }
    }

    #[test]
    fn what_a_record_names_is_of_its_copy() {
        let mut account = Copies::new(30, 0);
        let services = all(&mut account, "/services", "services");
        let policies = all(&mut account, "/escalation_policies", "escalation_policies");
        let policies: HashSet<&str> = policies.iter().filter_map(|one| one["id"].as_str()).collect();
        for service in &services {
            let policy = service["escalation_policy"]["id"].as_str().unwrap();
            assert!(policies.contains(policy), "{policy}");
            let id = service["id"].as_str().unwrap();
            let path = format!("/event_orchestrations/services/{id}");
            let found = page(&mut account, &path, "", 0).to_string();
            assert!(found.contains(id), "{path}: {found}");
        }
    }
}
