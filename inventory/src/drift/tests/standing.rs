//! How resources stand, over states, modules and what the store can tell.

use serde_json::{Value, json};

use super::*;
use crate::asset::{Kind, KindFacts, Skipped};
use crate::drift::known::LeftOut;
use crate::drift::report::Totals;
use crate::store::{Covered, Moment, View};

fn account(ids: &[&str]) -> Values {
    let rules = json!({"name": {"computed": false, "noise": []}});
    let resources: Vec<Value> = ids.iter().map(|id| wanted("team", id, json!({"name": id}))).collect();
    values(json!({"acme_team": rules}), &resources)
}

fn team(name: &str, id: &str) -> Value {
    held("acme_team", name, json!({"id": id, "name": id}))
}

fn check(known: &Known, ids: &[&str], states: &[Value], expected: &[&str]) -> Report {
    let report = report(&account(ids), known, states);
    assert_eq!(standings(&report), expected);
    report
}

#[test]
fn every_status() {
    let mut drifted = team("b", "T2");
    drifted["instances"][0]["attributes"]["name"] = "other".into();
    let service = held("acme_service", "s", json!({"id": "S1"}));
    let mut known = known();
    known.sights.insert("service".into(), Sight::Partly("the key sees too little".into()));
    let state = state(json!([team("a", "T1"), drifted, team("c", "T9"), service]));
    let report = check(
        &known,
        &["T1", "T2", "T3"],
        &[state],
        &[
            "drifted acme_team T2 [0.tfstate acme_team.b]",
            "ghost acme_team T9 [0.tfstate acme_team.c]: a scan of the whole kind did not find it",
            "undetermined acme_service S1 [0.tfstate acme_service.s]: the key sees too little",
            "unmanaged acme_team T3 []",
            "codified acme_team T1 [0.tfstate acme_team.a]",
        ],
    );
    let totals = Totals { coverable: 3, managed: 2, drifted: 1, ghosts: 1, undetermined: 1, left_out: 0 };
    assert_eq!((report.totals, report.totals.per_cent()), (totals, Some(66)));
    let kinds: Vec<_> =
        report.kinds.iter().map(|one| (one.kind.as_deref(), one.totals.managed, one.totals.coverable)).collect();
    assert_eq!(kinds, [(Some("service"), 0, 0), (Some("team"), 2, 3)]);
    assert_eq!(report.kinds[0].totals.per_cent(), None);
    let assets = report.assets();
    let standing = |id: &str| assets.get(&("team", id)).map(|status| status.word());
    assert_eq!(["T1", "T2", "T3", "T9"].map(standing), [Some("codified"), Some("drifted"), Some("unmanaged"), None]);
}

/// Why something may be there without being seen.
#[test]
fn what_is_out_of_sight_is_no_ghost() {
    let whole = Covered {
        account: "shop".into(),
        kind: "team".into(),
        scan: Moment { scan: 1, at: jiff::Timestamp::UNIX_EPOCH },
        started: jiff::Timestamp::UNIX_EPOCH,
        view: View { id: "account".into(), wide: true },
        settings: Value::Null,
        skipped: None,
    };
    let kind =
        |windowed| Kind { id: "team".into(), extra: KindFacts { windowed, ..KindFacts::default() }, ..Kind::default() };
    let skipped = Skipped { kind: "team".into(), reason: "forbidden".into(), message: "not in the plan".into() };
    for (windowed, covered, expected) in [
        (false, Some(whole.clone()), None),
        (true, Some(whole.clone()), Some("a scan sees some of team only")),
        (false, None, Some("team is not in the store; a scan with that kind would bring it")),
        (
            false,
            Some(Covered { skipped: Some(skipped), ..whole.clone() }),
            Some("team was left out of the last scan: not in the plan"),
        ),
        (
            false,
            Some(Covered { view: View { id: "user:U1".into(), wide: false }, ..whole.clone() }),
            Some("the key of the last scan of team may not see the whole account"),
        ),
    ] {
        let mut known = known();
        known.sights.insert("team".into(), Sight::of(&kind(windowed), covered.as_ref()));
        let line = match expected {
            None => "ghost acme_team T9 [0.tfstate acme_team.a]: a scan of the whole kind did not find it".to_owned(),
            Some(why) => format!("undetermined acme_team T9 [0.tfstate acme_team.a]: {why}"),
        };
        check(&known, &[], &[state(json!([team("a", "T9")]))], &[&line]);
        // What the store says is gone is gone, however little is seen.
        known.gone.entry("team".into()).or_default().insert("T9".into(), "Old team".into());
        let line = "ghost acme_team T9 [0.tfstate acme_team.a]: the store says that it is gone";
        let report = check(&known, &[], &[state(json!([team("a", "T9")]))], &[line]);
        assert_eq!(report.resources[0].name, "Old team");
    }
    let mut known = known();
    known.sights.clear();
    known.gone_resources.insert(("acme_team".into(), "T9".into()));
    check(
        &known,
        &[],
        &[state(json!([team("a", "T9")]))],
        &["ghost acme_team T9 [0.tfstate acme_team.a]: the store says that it is gone"],
    );
}

/// What the account has and no resource is made of.
#[test]
fn what_is_left_out_is_no_ghost() {
    let check = |asset: &str, id: &str, ghost: bool| {
        let mut known = known();
        known.leave_out(vec![LeftOut { kind: "team".into(), id: asset.into(), why: "it is over".into() }]);
        let report = report(&account(&[]), &known, &[state(json!([team("a", id)]))]);
        let expected = match ghost {
            true => format!("ghost acme_team {id} [0.tfstate acme_team.a]: a scan of the whole kind did not find it"),
            false => format!(
                "undetermined acme_team {id} [0.tfstate acme_team.a]: the account may have it, but it is not compared: it is over"
            ),
        };
        assert_eq!(standings(&report), [expected]);
        assert_eq!((report.totals.left_out, report.left_out.len(), report.totals.coverable), (1, 1, 0));
    };
    check("T9", "T9", false);
    check("T8", "T9", true);
    check("U1.T9", "U1:T9", false);
    check("U2.T9", "U1:T9", true);
    check("T9", "T9:S1", false);
    check("S1.T9.x", "T9", false);
    let mut known = known();
    known.there.entry("team".into()).or_default().insert("T9".into(), "Nine".into());
    let line = "undetermined acme_team T9 [0.tfstate acme_team.a]: the account has it, but as none of this type";
    super::standing::check(&known, &[], &[state(json!([team("a", "T9")]))], &[line]);
}

#[test]
fn types_that_are_not_compared() {
    let state = state(json!([
        held("acme_old", "a", json!({"id": "O1"})),
        held("acme_new", "b", json!({"id": "N1"})),
        held("other_team", "c", json!({"id": "T1"})),
        json!({"mode": "data", "type": "acme_team", "name": "d", "instances": [{"attributes": {"id": "T1"}}]}),
        resource("acme_team", "e", json!([{"attributes": {"name": "x"}}, {"attributes_flat": {"id": "T1"}}])),
    ]));
    let report = check(
        &known(),
        &[],
        &[state],
        &[
            "undetermined acme_new N1 [0.tfstate acme_new.b]: the connector does not know this type",
            "undetermined acme_old O1 [0.tfstate acme_old.a]: this type is not compared: nobody makes them any more",
            "undetermined acme_team  [0.tfstate acme_team.e]: the state holds no id of it",
            "undetermined acme_team  [0.tfstate acme_team.e]: an old Terraform wrote it; `terraform apply -refresh-only` writes it anew",
        ],
    );
    let file = &report.states[0];
    assert_eq!((file.resources, file.others, file.data), (4, 1, 1));
}

#[test]
fn addresses() {
    let instance = |index: Value, id: &str| json!({"index_key": index, "attributes": {"id": id, "name": id}});
    let mut in_module = resource("acme_team", "b", json!([instance(json!(0), "T1"), instance(json!(1), "T2")]));
    in_module["module"] = "module.a[\"x\"]".into();
    let each = resource(
        "acme_team",
        "c",
        json!([instance(json!("plain"), "T3"), instance(json!("a\"b\\c\n${d}%{e}\u{1b}$"), "T4"),]),
    );
    check(
        &known(),
        &["T1", "T2", "T3", "T4"],
        &[state(json!([in_module, each]))],
        &[
            "codified acme_team T1 [0.tfstate module.a[\"x\"].acme_team.b[0]]",
            "codified acme_team T2 [0.tfstate module.a[\"x\"].acme_team.b[1]]",
            "codified acme_team T3 [0.tfstate acme_team.c[\"plain\"]]",
            "codified acme_team T4 [0.tfstate acme_team.c[\"a\\\"b\\\\c\\n$${d}%%{e}\\u001b$\"]]",
        ],
    );
}

/// One resource in two places is told, and compared in both.
#[test]
fn several_states() {
    let mut other = team("z", "T1");
    other["instances"][0]["attributes"]["name"] = "other".into();
    let report = check(
        &known(),
        &["T1", "T2"],
        &[
            state(json!([team("a", "T1"), team("b", "T2")])),
            state(json!([other, team("g", "T9")])),
            state(json!([team("g", "T9")])),
        ],
        &[
            "drifted acme_team T1 [0.tfstate acme_team.a, 1.tfstate acme_team.z]",
            "ghost acme_team T9 [1.tfstate acme_team.g, 2.tfstate acme_team.g]: a scan of the whole kind did not find it",
            "codified acme_team T2 [0.tfstate acme_team.b]",
        ],
    );
    let [one] = &report.resources[0].differences[..] else { panic!("{report:?}") };
    assert_eq!((one.at, one.path.as_str()), (1, "name"));
    let table = report.table(None);
    assert!(
        table.contains("In more than one place\n  acme_team T1: acme_team.a (0.tfstate), acme_team.z (1.tfstate)\n"),
        "{table}"
    );
    let line = table.lines().find(|line| line.contains("acme_team.z  name ")).unwrap();
    assert!(line.contains("  \"T1\" ") && line.ends_with("  \"other\""), "{line}");
    // The same state at two times.
    let (mut old, mut new) = (state(json!([])), state(json!([])));
    (old["lineage"], new["lineage"], new["serial"]) = ("L".into(), "L".into(), 9.into());
    let report = check(&known(), &[], &[old, new], &[]);
    assert_eq!(
        report.notes,
        ["0.tfstate (serial 3) and 1.tfstate (serial 9) are one state at two times; leave the older one out"]
    );
}

#[test]
fn what_is_to_be_destroyed_is_told() {
    let gone = json!({"deposed": "abcd1234", "attributes": {"id": "T1", "name": "T1"}});
    let state = state(json!([resource("acme_team", "a", json!([{"attributes": {"id": "T2", "name": "T2"}}, gone]))]));
    let report = check(
        &known(),
        &["T1", "T2"],
        &[state],
        &["unmanaged acme_team T1 []", "codified acme_team T2 [0.tfstate acme_team.a]"],
    );
    assert_eq!(report.notes, ["0.tfstate: acme_team.a has an object that the next apply destroys; it is not compared"]);
}

#[test]
fn only_some_kinds() {
    let known = known();
    let all = [state(json!([
        team("a", "T9"),
        held("acme_service", "s", json!({"id": "S1"})),
        held("acme_new", "n", json!({"id": "N"}))
    ]))];
    let report = drift(&account(&["T1"]), &states(&known, &all).unwrap(), &known, None, &["team".into()]);
    assert_eq!(standings(&report).iter().map(|line| line.split(' ').nth(2).unwrap()).collect::<Vec<_>>(), ["T9", "T1"]);
}

/// An asset that becomes several resources stands as the one that is itself.
#[test]
fn assets_of_several_resources() {
    let rules = json!({"name": {"computed": false, "noise": []}});
    let part = json!({"type": "acme_service", "name": "p", "import": "T1:S1", "state": "T1:S1", "kind": "team", "id": "T1", "values": {"name": "p"}});
    let values = values(
        json!({"acme_team": rules, "acme_service": rules}),
        &[wanted("team", "T1", json!({"name": "T1"})), part],
    );
    let association = |name: &str| held("acme_service", "p", json!({"id": "T1:S1", "name": name}));
    for (held, expected) in [
        (json!([]), "unmanaged"),
        (json!([association("p")]), "unmanaged"),
        (json!([association("q")]), "unmanaged"),
        (json!([team("a", "T1")]), "codified"),
        (json!([team("a", "T1"), association("p")]), "codified"),
        (json!([team("a", "T1"), association("q")]), "drifted"),
    ] {
        let report = report(&values, &known(), &[state(held.clone())]);
        assert_eq!(report.assets()[&("team", "T1")].word(), expected, "{held}");
    }
}

/// What stands in states and in the account is data.
#[test]
fn hostile_text_stays_text() {
    let hostile = "\u{1b}[31mred\u{202e}\n=cmd|' /C calc'!A0 <script> ${file(\"x\")}";
    let values = values(
        json!({"acme_team": {"name": {"computed": false, "noise": []}}}),
        &[wanted("team", hostile, json!({"name": hostile}))],
    );
    let mut known = known();
    known.there.entry("team".into()).or_default().insert(hostile.into(), hostile.into());
    known.leave_out(vec![LeftOut { kind: "team".into(), id: hostile.into(), why: hostile.into() }]);
    let mut other = held("acme_team", hostile, json!({"id": hostile, "name": format!("{hostile}!")}));
    other["module"] = hostile.into();
    let report = report(
        &values,
        &known,
        &[state(json!([other.clone(), other, held("acme_x", hostile, json!({"id": hostile}))]))],
    );
    let table = report.table(None);
    assert!(!table.contains(['\u{1b}', '\u{202e}']), "{table}");
    assert!(table.lines().all(|line| !line.starts_with('=')), "{table}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["resources"][0]["differences"][0]["account"], hostile);
}
