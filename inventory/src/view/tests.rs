use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::asset::{Asset, Relation, Skipped};
use crate::change::changes;
use crate::store::*;

/// Texts that would act somewhere, if they could.
const HOSTILE: [&str; 24] = [
    "=HYPERLINK(\"http://x\")",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\r=1",
    "\u{1b}]0;title\u{7}",
    "\u{202e}gpj.exe",
    "a\"];evil[label=\"x",
    "\\N\\G &lt;b&gt;",
    "<script>alert(1)</script>",
    "`rm -rf` **bold** #35; end",
    "]-->x\nclick n0 href \"javascript:1\"",
    "%% comment\n---",
    "%%{init: {\"securityLevel\": \"loose\"}}%%",
    "say \"hi\"] --> n0",
    "</text><img src=x onerror=alert(1)>",
    "$$\\href{javascript:alert(1)}{x}$$ $$$$",
    "fa:fa-car fab:fa-github",
    "a\\nb\\l\nc",
    "end subgraph x ::: class",
    "@{ shape: circle } {{hex}} ((circle))",
    "![i](http://x.test/i.png) [l](javascript:1)",
    "1. list\r\n- item\n# heading",
];

fn moment(scan: i64) -> Moment {
    Moment { scan, at: Timestamp::from_millisecond(1_800_000_000_499 + scan * 60_000).unwrap() }
}

fn found(name: &str) -> Found {
    let asset = Asset {
        kind: "service".into(),
        id: "P1".into(),
        name: name.into(),
        url: Some("https://x.test/P1".into()),
        attributes: json!({"a": name}).as_object().unwrap().clone(),
        relations: vec![Relation { name: "of".into(), kind: "team".into(), id: "T1".into() }],
    };
    Found { account: "acme".into(), asset, since: moment(1), seen: moment(2), gone: None }
}

fn printed<R: Record>(pages: &[&[R]], format: Format) -> String {
    let mut out = Vec::new();
    let mut printer = Printer::new(&mut out, format);
    for page in pages {
        printer.page(page).unwrap();
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn assets_in_every_format() {
    let pages: [&[Found]; 2] = [&[found("Checkout"), found("x")], &[found("y")]];
    assert_eq!(
        printed(&pages, Format::Table { room: None }),
        "ID  NAME      KIND     ACCOUNT  SINCE                 SEEN                  GONE\n\
         P1  Checkout  service  acme     2027-01-15T08:01:00Z  2027-01-15T08:02:00Z\n\
         P1  x         service  acme     2027-01-15T08:01:00Z  2027-01-15T08:02:00Z\n\
         P1  y         service  acme     2027-01-15T08:01:00Z  2027-01-15T08:02:00Z\n"
    );
    assert_eq!(
        printed(&[&[found("Checkout of everything")]], Format::Table { room: Some(40) }),
        "ID  NAME                    KIND\nP1  Checkout of everything  service\n"
    );
    assert_eq!(
        printed(&pages[1..], Format::Csv { raw: false }),
        "id,name,kind,account,since,seen,gone,url,relations,attributes\n\
         P1,y,service,acme,2027-01-15T08:01:00Z,2027-01-15T08:02:00Z,,https://x.test/P1,of team T1,\"{\"\"a\"\":\"\"y\"\"}\"\n"
    );
    let lines = printed(&pages, Format::Json);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((lines.lines().count(), &first["name"], &first["account"]), (3, &json!("Checkout"), &json!("acme")));
    let none: &[Found] = &[];
    assert_eq!(printed(&[none], Format::Table { room: None }), "");
    assert_eq!(printed(&[none], Format::Json), "");
    assert_eq!(printed(&[none, none], Format::Csv { raw: false }).lines().count(), 1);
}

#[test]
fn other_records() {
    let mut after = found("new").asset;
    after.relations.clear();
    let before = found("old").asset;
    let difference = |what, before: Option<&Asset>, after: Option<&Asset>| Difference {
        account: "acme".into(),
        kind: "service".into(),
        id: "P1".into(),
        what,
        changes: before.zip(after).map(|(before, after)| changes(before, after)).unwrap_or_default(),
        before: before.cloned(),
        after: after.cloned(),
    };
    let differences = [
        difference(What::Changed, Some(&before), Some(&after)),
        difference(What::Added, None, Some(&after)),
        difference(What::Removed, Some(&before), None),
    ];
    assert_eq!(
        printed(&[&differences[..]], Format::Csv { raw: false }),
        "id,name,kind,what,path,before,after,account\n\
         P1,new,service,changed,name,old,new,acme\n\
         P1,new,service,changed,attributes.a,old,new,acme\n\
         P1,new,service,changed,relations[of team T1],T1,,acme\n\
         P1,new,service,added,,,,acme\n\
         P1,old,service,removed,,,,acme\n"
    );
    let version = Version {
        account: "acme".into(),
        asset: after.clone(),
        first: moment(1),
        last: moment(3),
        end: End::Gone,
        ended: Some(moment(4)),
        changes: changes(&before, &after),
    };
    let shown = printed(&[&[version]], Format::Table { room: None });
    assert!(shown.contains("gone") && shown.contains("name: \"old\" → \"new\"; "), "{shown}");
    assert!(shown.contains("relations[of team T1]: \"T1\" → nothing"), "{shown}");
    let scan = ScanRecord {
        id: 7,
        nickname: "acme".into(),
        source: Source::Scan,
        state: State::Unfinished,
        view: View { id: "account".into(), wide: true },
        settings: json!({}),
        started: moment(1).at,
        updated: moment(2).at,
        steps: 3,
        counts: Counts { seen: 1, added: 2, changed: 3, gone: 4 },
        kinds: vec![],
        skipped: vec![Skipped { kind: "workflow".into(), reason: "unlicensed".into(), message: "m".into() }],
    };
    let shown = printed(&[&[scan]], Format::Table { room: None });
    let wanted =
        "7     acme     unfinished  scan    2027-01-15T08:01:00Z  1     2      3        4     workflow (unlicensed)\n";
    assert_eq!(shown.lines().nth(1).unwrap(), wanted.trim_end());
    let account = Account {
        nickname: "acme".into(),
        account: "acme.example".into(),
        assets: 12,
        last: None,
        unfinished: Some(3),
    };
    assert_eq!(
        printed(&[&[account]], Format::Csv { raw: false }),
        "nickname,account,assets,last,scan,unfinished\nacme,acme.example,12,,,3\n"
    );
}

#[test]
fn text_of_others_stays_text() {
    for hostile in HOSTILE {
        let records = [found(hostile)];
        let table = printed(&[&records[..]], Format::Table { room: Some(100) });
        assert_eq!(table.lines().count(), 2, "{table:?}");
        assert!(!table.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{table:?}");
        let json = printed(&[&records[..]], Format::Json);
        assert!(!json.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), "{json:?}");
        let back: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(back["name"], json!(hostile));
        for raw in [true, false] {
            let csv = printed(&[&records[..]], Format::Csv { raw });
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let row = reader.records().next().unwrap().unwrap();
            let acts = hostile.starts_with(['=', '+', '-', '@', '\t', '\r']);
            let expected = if acts && !raw { format!("'{hostile}") } else { hostile.to_owned() };
            assert_eq!(&row[1], expected, "{csv:?}");
        }
    }
}

/// A name as a label has it.
fn shown(text: &str) -> String {
    text::clip(&text::visible(text), 60).into_owned()
}

fn graph(names: &[&str]) -> Graph {
    let node = |(n, name): (usize, &&str)| Node {
        account: "acme".into(),
        kind: "service".into(),
        id: format!("P{n}"),
        name: Some((*name).to_owned()),
    };
    let mut graph = Graph { nodes: names.iter().enumerate().map(node).collect(), ..Graph::default() };
    graph.edges = (1..names.len()).map(|to| Edge { from: 0, name: names[to].to_owned(), to }).collect();
    graph
}

#[test]
fn graphs_are_written() {
    let mut two = graph(&["Check out", "to"]);
    two.nodes[1].name = None;
    two.cut = true;
    assert_eq!(
        dot(&two),
        "digraph inventory {\n  rankdir=LR;\n  node [shape=box];\n  n0 [label=\"Check out\\nservice P0\"];\n  \
         n1 [label=\"not in the store\\nservice P1\", style=dashed];\n  n0 -> n1 [label=\"to\"];\n  \
         more [label=\"…\", shape=plaintext];\n}\n"
    );
    assert_eq!(
        mermaid(&two),
        "flowchart LR\n  n0[\"Check out<br/>service P0\"]\n  n1[\"not in the store<br/>service P1\"]\n  \
         style n1 stroke-dasharray: 4\n  n0 -->|\"to\"| n1\n  more[\"…\"]\n"
    );
    let long = "x".repeat(500);
    for text in [dot(&graph(&[&long])), mermaid(&graph(&[&long]))] {
        assert!(text.contains('…') && text.len() < 200, "{text}");
    }
    let mut accounts = graph(&["a", "b"]);
    accounts.nodes[1].account = "beta".into();
    assert!(dot(&accounts).contains("service P0 (acme)"));
}

#[test]
fn graphs_have_no_markup_of_others() {
    let plain = graph(&vec!["x"; HOSTILE.len() + 1]);
    let mut names = vec!["x"];
    names.extend(HOSTILE);
    let hostile = graph(&names);
    // The same lines, and the same quotes: nothing of a text got out of its label.
    for (plain, hostile) in [(dot(&plain), dot(&hostile)), (mermaid(&plain), mermaid(&hostile))] {
        assert_eq!(plain.lines().count(), hostile.lines().count());
        for (plain, hostile) in plain.lines().zip(hostile.lines()) {
            let bare = |line: &str| {
                let line = line.replace("\\\\", "").replace("\\\"", "");
                line.split('"').step_by(2).map(str::to_owned).collect::<Vec<_>>()
            };
            assert_eq!(bare(plain), bare(hostile), "{hostile}");
        }
    }
    let text = mermaid(&hostile).replace("<br/>", "").replace("-->", "");
    assert!(!text.contains(['<', '>', '`', '&', '\\', '*']), "{text}");
    // What a browser reads, once numbers are signs again: no formula, no line's end, no icon.
    for hostile in HOSTILE {
        let text = mermaid(&graph(&["x", hostile]));
        let label = text.lines().find(|line| line.starts_with("  n1[")).unwrap();
        let label = label.split('"').nth(1).unwrap().split("<br/>").next().unwrap();
        let mut read = String::new();
        for (number, part) in label.split('#').enumerate() {
            let coded = part.split_once(';').filter(|_| number > 0);
            let sign = coded.and_then(|(code, _)| char::from_u32(code.parse().ok()?));
            read.extend(sign);
            read.push_str(coded.map_or(part, |(_, rest)| rest));
        }
        for word in ["$$", "\\n", ":fa-"] {
            assert!(!read.contains(word), "{word} in {read:?}");
        }
        assert_eq!(read.replace('\u{2060}', ""), shown(hostile));
    }
    // Backslashes stand in pairs, so none is an escape of the label's own.
    let text = dot(&graph(&["x", "\\N\\G"]));
    assert!(text.contains("label=\"\\\\N\\\\G\\nservice P1\""), "{text}");
    assert!(dot(&graph(&["&lt;"])).contains("&amp;lt;"));
}
