//! What the store knows, as it is shown: every command, every format, and text
//! of others that stays text.

use std::os::unix::fs::{PermissionsExt, symlink};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::{LASTING, World};

/// Names that mean something somewhere.
const HOSTILE: [&str; 6] = [
    "=1+1|Legacy \"Billing\", older",
    "\"]; evil [label=\"x",
    "`}|{` <script>alert(1)</script> #quot; &amp;",
    "two\nlines\r\nand\ta tab \u{1b}[31mred\u{7}",
    "gnp.\u{202e}exe \u{2028}next",
    "\\N \\\" \\",
];

/// Two scans, with changes between them; the ids of the services.
fn filled() -> (World, Vec<String>) {
    let world = World::new();
    world.scan(LASTING);
    let services = world.account.services();
    world.account.rename(&services[0], "Renamed meanwhile");
    world.account.delete(&services[1]);
    world.scan(LASTING);
    (world, services)
}

#[test]
fn every_command_has_its_formats() {
    let (world, services) = filled();
    let [renamed, gone, ..] = &services[..] else { panic!("few services") };
    let show = format!("show service {renamed}");
    let history = format!("history service {renamed}");
    // A command, its head in a table and in CSV, and what a line of it says.
    for (line, table, csv, part) in [
        ("kinds", "KIND  ", "kind,title,scanned,personal,terraform\n", "pagerduty_service"),
        ("accounts", "NICKNAME  ACCOUNT ", "nickname,account,assets,last,scan,unfinished\n", "shop.pagerduty.com"),
        ("scans", "SCAN  ACCOUNT  STATE ", "scan,account,state,source,started,seen,", "complete"),
        (
            "list --kind service",
            "ID  ",
            "id,name,kind,account,since,seen,gone,url,relations,attributes\n",
            "Renamed meanwhile",
        ),
        (&history, "FIRST  ", "first,scan,last,end,name,changes,", "Renamed meanwhile"),
        ("diff 1", "ID  ", "id,name,kind,what,path,before,after,account\n", "Renamed meanwhile"),
        (&show, "account  ", "id,name,kind,", "Renamed meanwhile"),
    ] {
        let head = world.check(&format!("inventory {line}"), 0, part, "").out.lines().next().unwrap_or("").to_owned();
        let squeezed = head.split("  ").filter(|cell| !cell.is_empty()).map(str::trim).collect::<Vec<_>>().join("  ");
        assert!(format!("{squeezed}  ").starts_with(table.trim_end()), "{line}: {head}");
        let ran = world.check(&format!("inventory {line} --format csv"), 0, part, "");
        assert!(ran.out.starts_with(csv), "{line}: {}", ran.out);
        let named = world.json(&format!("inventory {line} --format json"));
        assert!(!named.is_empty() && named.iter().all(Value::is_object), "{line}");
        assert_eq!(world.json(&format!("--json inventory {line}")), named, "{line}");
    }
    // Nobody has to clean up behind a look.
    assert_eq!(world.store_files(), ["", ".key"]);
    world.check(&format!("inventory show service {gone}"), 0, "gone since", "");
}

#[test]
fn filters_and_points() {
    let (world, services) = filled();
    let [renamed, gone, other, ..] = &services[..] else { panic!("few services") };
    let ids = |line: &str| -> Vec<String> {
        let found = world.json(&format!("inventory list --format json {line}"));
        found.iter().map(|asset| asset["id"].as_str().unwrap().to_owned()).collect()
    };
    let has = |line: &str, expected: &[&str]| {
        let mut expected: Vec<String> = expected.iter().map(|id| (*id).to_owned()).collect();
        expected.sort();
        assert_eq!(ids(line), expected, "{line}");
    };
    let scans = world.json("inventory scans --format json");
    let first: Timestamp = scans[1]["updated"].as_str().unwrap().parse().unwrap();
    let before = first.checked_sub(SignedDuration::from_secs(60)).unwrap();
    let only = "--kind service";
    has(&format!("{only} --id {renamed} --id {other}"), &[renamed, other]);
    has(&format!("{only} --name *amed?mean*"), &[renamed]);
    has(&format!("{only} --name renamed"), &[renamed]);
    has(&format!("{only} --id {gone}"), &[]);
    has(&format!("{only} --id {gone} --gone"), &[gone]);
    has(&format!("{only} --id {gone} --at 1"), &[gone]);
    has(&format!("{only} --id {gone} --at {first}"), &[gone]);
    has(&format!("{only} --id {gone} --at {before} --gone"), &[]);
    has(&format!("{only} --name Renamed --at 1"), &[]);
    has(&format!("{only} --changed-since {} --gone", scans[0]["started"].as_str().unwrap()), &[renamed, gone]);
    has(&format!("--kind integration --related part-of:service:{renamed} --name nothing"), &[]);
    assert!(!ids(&format!("--related service:{renamed}")).is_empty());
    assert_eq!(ids("--limit 7").len(), 7);
    let all = ids("");
    assert!(all.len() > 500 && ids("--at 1").len() > all.len());
    world.check("inventory list --name nothing-is-called-so", 0, "", "nothing fits; `connector inventory scans` shows");

    let diff = world.json(&format!("inventory diff 1 2 --format json {only}"));
    let told: Vec<(&str, &str)> =
        diff.iter().map(|one| (one["id"].as_str().unwrap(), one["what"].as_str().unwrap())).collect();
    let mut expected = vec![(renamed.as_str(), "changed"), (gone.as_str(), "removed")];
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert!(world.json(&format!("inventory diff {before} 1 --format json")).iter().all(|one| one["what"] == "added"));
    assert!(world.json("inventory diff 2 --format json").is_empty());
    let history = world.json(&format!("inventory history service {renamed} --format json"));
    let ends: Vec<&Value> = history.iter().map(|version| &version["end"]).collect();
    assert_eq!(ends, ["changed", "current"]);
    assert!(history[1]["changes"].as_array().unwrap().iter().any(|change| change["path"] == "name"));
    let history = world.json(&format!("inventory history service {gone} --format json"));
    assert_eq!((history.len(), &history[0]["end"]), (1, &json!("gone")));
}

#[test]
fn text_of_others_stays_text() {
    let world = World::new();
    let services = world.account.services();
    for (service, name) in services.iter().zip(HOSTILE) {
        world.account.rename(service, name);
    }
    world.scan("--kind service --kind escalation-policy --kind team --kind integration");
    let quiet = |text: &str| {
        let acts =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}');
        assert!(!text.contains(acts), "{text:?}");
    };
    let list = world.check("inventory list --kind service", 0, "Legacy", "").out;
    quiet(&list);
    assert_eq!(list.lines().count(), 61, "a line each");
    let assets = world.json("inventory list --kind service --format json");
    for (service, name) in services.iter().zip(HOSTILE) {
        let asset = assets.iter().find(|asset| asset["id"] == service.as_str()).unwrap();
        assert_eq!(asset["name"], name);
        for line in ["show", "history"] {
            quiet(&world.check(&format!("inventory {line} service {service}"), 0, "", "").out);
        }
        for format in ["dot", "mermaid"] {
            let line = format!("inventory graph --around service:{service} --depth 2 --format {format}");
            let graph = world.check(&line, 0, "", "").out;
            quiet(&graph);
            for line in graph.lines() {
                assert!(if format == "dot" { is_dot(line) } else { is_mermaid(line) }, "{line}");
            }
        }
        let line = format!("inventory graph --around service:{service} --format json");
        let graph: Value = serde_json::from_str(&world.check(&line, 0, "", "").out).unwrap();
        assert!(graph["nodes"].as_array().unwrap().iter().any(|node| node["name"] == name));
    }
    let csv = world.check("inventory list --kind service --format csv", 0, "'=1+1|Legacy", "").out;
    assert!(!csv.contains(",\"=1") && !csv.contains(",=1"), "{csv}");
    world.check("inventory list --kind service --format csv --raw", 0, ",\"=1+1|Legacy", "");
}

/// A line as `dot` reads it: one node or edge, whose text stands in quotes to its end.
fn is_dot(line: &str) -> bool {
    let Some((before, rest)) = line.split_once('"') else {
        return ["digraph inventory {", "  rankdir=LR;", "  node [shape=box];", "}"].contains(&line);
    };
    let mut end = None;
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            '"' if !escaped => {
                end = Some(at);
                break;
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    let words = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || " []=>-".contains(c));
    words(before)
        && end.is_some_and(|end| ["];", ", style=dashed];", ", shape=plaintext];"].contains(&&rest[end + 1..]))
}

/// A line as Mermaid reads it: what stands in quotes is letters, numbers of
/// characters, and the break that is ours.
fn is_mermaid(line: &str) -> bool {
    let mut parts = line.split('"');
    let (Some(before), text, after) = (parts.next(), parts.next(), parts.next()) else { return false };
    let ours = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || " []|>-:".contains(c));
    let data = |text: &str| {
        let text = text.replace("<br/>", "");
        text.chars().all(|c| c.is_alphanumeric() || " .,-/…#;".contains(c))
    };
    ours(before) && text.is_none_or(data) && after.is_none_or(ours) && parts.next().is_none()
}

#[test]
fn a_graph_says_what_it_leaves_out() {
    let (world, services) = filled();
    let cut = "there are more assets than --limit 3: the others are left out";
    world.check("inventory graph --kind service --limit 3", 0, "shape=plaintext", cut);
    let around = format!("inventory graph --around service:{} --depth 1 --json", services[0]);
    let graph: Value = serde_json::from_str(&world.check(&around, 0, "", "").out).unwrap();
    assert_eq!(graph["cut"], false);
    let edges = graph["edges"].as_array().unwrap();
    assert!(edges.iter().any(|edge| edge["name"] == "escalates-to"), "{graph}");
    let small = format!("inventory graph --around service:{} --depth 0 --json", services[0]);
    let graph: Value = serde_json::from_str(&world.check(&small, 0, "", "").out).unwrap();
    assert_eq!((graph["nodes"].as_array().unwrap().len(), graph["edges"].as_array().unwrap().len()), (1, 0));
}

#[test]
fn what_was_is_removed_when_asked_for() {
    let (world, services) = filled();
    let before = world.listed("");
    world.check("inventory prune --keep-since 1d", 0, "removed 0 versions and 0 assets that are gone\n", "");
    let pruned = world.json("--json inventory prune --keep-last 1").remove(0);
    assert!(pruned["versions"].as_u64().unwrap() >= 1, "{pruned}");
    world.check("inventory prune --keep-since 0", 0, "removed ", "");
    assert_eq!(world.listed(""), before, "what is there stays");
    world.check("inventory list --at 1", 2, "", "the history of shop was pruned: it is whole from scan 2 on");
    world.check(&format!("inventory show service {}", services[1]), 2, "", "there is no service ");

    let (personal, other): (Vec<Value>, Vec<Value>) =
        world.json("inventory kinds --format json").into_iter().partition(|kind| kind["extra"]["personal"] == true);
    assert!(personal.len() >= 3 && other.len() > 30);
    let has_personal =
        |line: &str| world.json(line).iter().any(|asset| personal.iter().any(|kind| kind["id"] == asset["kind"]));
    assert!(has_personal("inventory list --format json"));
    let forgotten = world.json("--json inventory forget personal").remove(0);
    assert!(forgotten["assets"].as_u64().unwrap() > 100, "{forgotten}");
    assert!(!has_personal("inventory list --format json --gone"));
    world.check("inventory forget personal", 0, "forgot 0 assets and all history\n", "");
    // No byte of them is left in the file, but what others say of them.
    let user = &world.account.call("GET", "/users?limit=1", &Value::Null)["users"][0];
    let file = std::fs::read(world.path("inventory.db")).unwrap();
    let email = user["email"].as_str().unwrap().as_bytes();
    assert!(!file.windows(email.len()).any(|window| window == email), "{user}");
}

#[test]
fn what_is_wrong_is_told() {
    let (world, services) = filled();
    let service = &services[0];
    for (line, expected) in [
        ("list --kind servce", "no scan covered the kind `servce`"),
        ("list --kind log-entry", "`connector scan --kind log-entry` would"),
        ("diff 1 2 --kind servce", "no scan covered the kind `servce`"),
        ("graph --kind servce", "no scan covered the kind `servce`"),
        ("show servce P1", "no scan covered the kind `servce`"),
        ("show service NOPE", "there is no service NOPE at this point"),
        ("history service NOPE", "there is no service NOPE"),
        ("list --account nobody", "the store has no account \"nobody\"; it has shop"),
        ("list --at yesterday", "`yesterday` is no time such as 2026-11-01T00:00:00Z"),
        ("list --at 99", "there is no finished scan 99"),
        ("diff 99", "there is no finished scan 99"),
        ("diff now", "`now` is no time"),
        ("list --changed-since soon", "`soon` is no time"),
        ("list --related service", "--related takes KIND:ID or RELATION:KIND:ID, not `service`"),
        ("list --related :service:", "--related takes"),
        ("list --limit 0", "--limit"),
        ("list --limit many", "--limit"),
        ("list --format xml", "table, json, csv"),
        ("graph --around service", "--around takes KIND:ID, not `service`"),
        ("graph --around service:NOPE", "there is no service NOPE"),
        ("graph --format png", "dot, mermaid, json"),
        ("prune", "--keep-since <TIME>|--keep-last <N>"),
        ("prune --keep-since never", "--keep-since takes a time"),
        ("prune --keep-since 9999999d", "lies before all time"),
        ("forget", "<KIND>"),
        ("forget persons", "there is no kind `persons`"),
        ("forget user --account nobody", "the store has no account \"nobody\""),
        ("nothing", "unrecognized subcommand"),
    ] {
        world.check(&format!("inventory {line}"), 2, "", expected);
    }
    world.check(&format!("inventory show service {service} --at 1 --json"), 0, service, "");
}

#[test]
fn a_store_that_cannot_be_used_is_left_as_it_was() {
    let world = World::new();
    world.check("inventory list", 1, "", "there is no store at ");
    world.check("inventory list", 1, "", "inventory.db: a scan makes one, or name another with --store");
    assert_eq!(world.store_files(), [""; 0], "looking makes none");
    world.write("text", "some text that is no store, and longer than a head of one, of a hundred bytes and some more");
    world.write("empty", "");
    let check = |line: &str, expected: &str| {
        for command in ["inventory list", "inventory accounts", "policy check", "scan --kind team"] {
            let ran = world.run(&format!("{command} {line}"));
            assert!(ran.code == 1 && ran.out.is_empty() && ran.err.contains(expected), "{command} {line}: {ran:?}");
        }
    };
    check("--store FOLDER/text", "is not an inventory store (it does not begin as a database does)");
    check("--store FOLDER", "it is not a file; name another");
    check("--store /dev/null/store.db", "Not a directory");

    world.scan(LASTING);
    let whole = world.listed("");
    symlink(world.path("inventory.db"), world.path("link.db")).unwrap();
    check("--store FOLDER/link.db", "it is a symbolic link");
    let chmod = |mode: u32| {
        std::fs::set_permissions(world.path("inventory.db"), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    chmod(0o644);
    check("", "others may read or write it (mode 644); run: chmod 600 '");
    chmod(0o600);
    assert_eq!(world.listed(""), whole);

    world.sql("PRAGMA application_id = 7");
    check("", "it is the database of another program");
    world.sql("PRAGMA application_id = 1346660718");
    let newer = "INSERT INTO inventory_migrations (version, description, success, checksum, execution_time) \
                 VALUES (99, 'later', TRUE, x'00', 0)";
    world.sql(newer);
    check("", "has version 99, this program knows 1 at most: use the newer program");
    world.sql("DELETE FROM inventory_migrations WHERE version = 99");
    assert_eq!(world.listed(""), whole);

    // Without its key nothing can be fingerprinted; what is there can be read.
    let key = std::fs::read(world.path("inventory.db.key")).unwrap();
    std::fs::write(world.path("inventory.db.key"), vec![7; 32]).unwrap();
    world.check("scan --kind team", 1, "", "is not the key that the fingerprints of ");
    std::fs::remove_file(world.path("inventory.db.key")).unwrap();
    world.check("scan --kind team", 1, "", "inventory.db.key");
    assert_eq!(world.listed(""), whole);
    std::fs::write(world.path("inventory.db.key"), key).unwrap();
    std::fs::set_permissions(world.path("inventory.db.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    world.scan("--kind team");
    assert_eq!(world.listed(""), whole);
}
