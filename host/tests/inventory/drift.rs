//! `connector drift`: states of a simulated account, as they are, changed, gone,
//! out of sight, and wrong; and the policy that looks at them.

use connector_host::inventory::told;
use connector_host::{Host, HostOptions};
use connector_inventory::Asset;
use host_test::simulator::tokens;
use serde_json::{Map, Value, json};

use crate::account::Account;
use crate::support::{LASTING, Ran, World};

/// A state that holds all that the store has, as the connector says that one would.
fn state(world: &World) -> Value {
    let assets: Vec<Asset> = world
        .json("inventory list --format json")
        .into_iter()
        .map(|asset| serde_json::from_value(asset).unwrap())
        .collect();
    let assets: Vec<_> = assets.iter().map(told).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let code = runtime.block_on(async {
        let connector = Host::new(HostOptions::default()).unwrap().load(host_test::component()).await.unwrap();
        connector.codify(&assets, r#"{"format":"values","now":"2026-01-01T00:00:00Z"}"#).await.unwrap()
    });
    let values: Value = serde_json::from_str(&code.files[0].content).unwrap();
    let resource = |one: &Value| {
        let mut attributes = one["values"].clone();
        told_only(&mut attributes);
        attributes["id"] = one["state"].clone();
        json!({"mode": "managed", "type": one["type"], "name": one["name"], "provider": "provider[\"x\"]",
            "instances": [{"schema_version": 0, "attributes": attributes, "sensitive_attributes": []}]})
    };
    let resources: Vec<Value> = values["resources"].as_array().unwrap().iter().map(resource).collect();
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "L", "outputs": {}, "resources": resources})
}

/// What stands for a value that is not told is none in a state.
fn told_only(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, value| value.get("secret").is_none() && value.get("ignored").is_none());
            members.values_mut().for_each(told_only);
        }
        Value::Array(items) => items.iter_mut().for_each(told_only),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The resources of a type.
fn of<'a>(state: &'a mut Value, of: &str) -> Vec<&'a mut Map<String, Value>> {
    let all = state["resources"].as_array_mut().unwrap().iter_mut().filter(|one| one["type"] == of);
    all.map(|one| one["instances"][0]["attributes"].as_object_mut().unwrap()).collect()
}

fn run(world: &World, state: &Value, line: &str, code: i32) -> Ran {
    world.write("a.tfstate", &state.to_string());
    world.check(&format!("drift --state FOLDER/a.tfstate {line}"), code, "", "")
}

fn report(world: &World, state: &Value, line: &str, code: i32) -> Value {
    serde_json::from_str(&run(world, state, &format!("--json {line}"), code).out).unwrap()
}

/// Those that stand so, as `TYPE ID`.
fn standing(report: &Value, status: &str) -> Vec<String> {
    let all = report["resources"].as_array().unwrap().iter().filter(|one| one["status"] == status);
    all.map(|one| format!("{} {}", one["type"].as_str().unwrap(), one["state_id"].as_str().unwrap())).collect()
}

#[test]
fn from_codified_to_drift_and_back() {
    let world = World::new();
    world.scan(LASTING);
    let whole = state(&world);
    let found = report(&world, &whole, "", 0);
    for status in ["drifted", "ghost", "undetermined", "unmanaged"] {
        assert_eq!(standing(&found, status), [""; 0], "{status}: {found}");
    }
    let all = found["totals"]["managed"].as_u64().unwrap();
    assert!(all > 300 && found["totals"]["coverable"] == all, "{}", found["totals"]);
    assert_eq!(found["account"], "shop");
    let table = run(&world, &whole, "", 0).out;
    assert!(
        table.contains(&format!("shop: {all} of {all} resources in a state (0 drifted), 0 ghosts, 0 undetermined"))
    );

    // One changed, one taken out, one that is nowhere, one of another provider.
    let mut state = whole.clone();
    let (changed, name) = {
        let service = of(&mut state, "pagerduty_service").remove(0);
        (service["id"].as_str().unwrap().to_owned(), service["name"].as_str().unwrap().to_owned())
    };
    of(&mut state, "pagerduty_service")[0].insert("name".into(), "\u{1b}[31mrenamed".into());
    let layers = &mut of(&mut state, "pagerduty_schedule").remove(0)["layer"];
    layers[0]["rotation_turn_length_seconds"] = 7.into();
    of(&mut state, "pagerduty_team")[0].insert("id".into(), "PNOWHERE".into());
    let team = of(&mut whole.clone(), "pagerduty_team")[0]["id"].as_str().unwrap().to_owned();
    state["resources"].as_array_mut().unwrap().push(json!({"mode": "managed", "type": "aws_instance", "name": "x",
        "instances": [{"attributes": {"id": "i-1"}}]}));
    let found = report(&world, &state, "", 7);
    assert_eq!(standing(&found, "ghost"), ["pagerduty_team PNOWHERE"]);
    assert_eq!(standing(&found, "unmanaged"), [format!("pagerduty_team {team}")]);
    assert_eq!(standing(&found, "drifted").len(), 2, "{found}");
    let service = &found["resources"].as_array().unwrap().iter().find(|one| one["id"] == changed.as_str()).unwrap();
    assert_eq!(
        service["differences"],
        json!([{"at": 0, "path": "name", "account": name, "state": "\u{1b}[31mrenamed"}])
    );
    assert_eq!(found["states"][0]["others"], 1);
    let ran = run(&world, &state, "", 7);
    assert!(ran.out.contains("layer[0].rotation_turn_length_seconds") && !ran.out.contains('\u{1b}'), "{}", ran.out);
    assert!(ran.err.contains("findings that count"), "{}", ran.err);
    for (line, code) in [
        ("--fail-on nothing", 0),
        ("--fail-on unmanaged", 7),
        ("--fail-on undetermined", 0),
        ("--fail-on undetermined,drift", 7),
        ("--kind service", 7),
        ("--kind escalation-policy", 0),
        ("--kind team --fail-on drift", 0),
        ("--kind team --fail-on ghost", 7),
    ] {
        run(&world, &state, line, code);
    }

    // The account moves on, and the store with it.
    world.account.delete(&changed);
    world.scan(LASTING);
    let found = report(&world, &whole, "", 7);
    let gone = standing(&found, "ghost");
    assert!(gone.contains(&format!("pagerduty_service {changed}")) && gone.len() > 1, "{gone:?}");
    assert_eq!(report(&world, &whole, "--at 1", 0)["totals"]["ghosts"], 0);
}

/// A state's time zone is another: only the value that Terraform is to ignore is.
#[test]
fn a_time_zone_drifts() {
    let world = World::new();
    world.scan("--kind schedule --kind user --kind team");
    let mut state = state(&world);
    let schedule = of(&mut state, "pagerduty_schedule").remove(0);
    schedule.insert("time_zone".into(), "Asia/Tokyo".into());
    let found = report(&world, &state, "", 7);
    assert_eq!(standing(&found, "drifted").len(), 1, "{found}");
}

/// What a narrower key does not see, and what was not scanned, is no ghost.
#[test]
fn a_narrower_key_knows_less() {
    let world = World::new();
    world.scan(LASTING);
    let mut state = state(&world);
    of(&mut state, "pagerduty_team")[0].insert("id".into(), "PNOWHERE".into());
    let narrow = World::new();
    let ran = narrow.run_with("PAGERDUTY_TOKEN", tokens::USER_LIMITED, "scan --kind service --kind team");
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = report(&narrow, &state, "", 0);
    assert_eq!(standing(&found, "ghost"), [""; 0]);
    let why = |id: &str| {
        let one = found["resources"].as_array().unwrap().iter().find(|one| one["state_id"] == id).unwrap();
        one["why"].as_str().unwrap().to_owned()
    };
    assert_eq!(why("PNOWHERE"), "the key of the last scan of team may not see the whole account");
    let user = of(&mut state, "pagerduty_user")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(why(&user), "user is not in the store; a scan with that kind would bring it");
    run(&narrow, &state, "--fail-on undetermined", 7);
}

#[test]
fn what_is_wrong_is_told() {
    let world = World::new();
    let empty = json!({"version": 4, "resources": []});
    let check = |line: &str, code: i32, expected: &str| {
        world.check(&format!("drift {line}"), code, "", expected);
    };
    world.write("a.tfstate", &empty.to_string());
    check("--state FOLDER/a.tfstate", 1, "there is no store at ");
    check("", 2, "--state");
    world.scan("--kind team");
    world.write("old/b.tfstate", r#"{"version": 3, "modules": []}"#);
    world.write("secret.tfstate", r#"{"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}"#);
    world.write("text", "resource \"x\" {}\u{1b}[31m");
    std::fs::create_dir(world.path("none")).unwrap();
    for (line, expected) in [
        ("--state FOLDER/nothing", "nothing: No such file"),
        ("--state FOLDER/none", "there is no file *.tfstate in this folder"),
        ("--state FOLDER/old", "b.tfstate: this state has the format version 3"),
        ("--state FOLDER/a.tfstate --state FOLDER/secret.tfstate", "is encrypted; `tofu state pull`"),
        ("--state FOLDER/text", "this is no Terraform state: it is no JSON (line 1, column 1)"),
        ("--state FOLDER/a.tfstate --kind servce", "there is no kind `servce`"),
        ("--state FOLDER/a.tfstate --kind user", "no scan covered the kind `user`"),
        ("--state FOLDER/a.tfstate --account nobody", "the store has no account \"nobody\""),
        ("--state FOLDER/a.tfstate --fail-on all", "drift, ghost, unmanaged, undetermined, nothing"),
    ] {
        check(line, 2, expected);
    }
    check("--state FOLDER/a.tfstate", 0, "");
    // A state is of one account.
    let world = World { account: Account::new("other"), ..world };
    world.scan("--kind team");
    world.check("drift --state FOLDER/a.tfstate", 2, "", "name it with --account (other, shop)");
    world.check("policy check --state FOLDER/a.tfstate", 2, "", "name it with --account (other, shop)");
    world.check("drift --state FOLDER/a.tfstate --account other", 0, "other: 0 of ", "");
}

/// The rule looks at states where they are given, and says so where it was asked for without.
#[test]
fn the_policy_looks_at_states() {
    let world = World::new();
    world.scan(LASTING);
    let mut state = state(&world);
    let teams = of(&mut state, "pagerduty_team").len();
    let resources = state["resources"].as_array_mut().unwrap();
    resources.retain(|one| one["type"] != "pagerduty_team");
    world.write("a.tfstate", &state.to_string());
    let found = |line: &str, code: i32| {
        let ran = world.check(&format!("policy check {line} --json"), code, "", "");
        let checks: Value = serde_json::from_str(&ran.out).unwrap();
        let of_rule = |list: &str| {
            let all = checks[0][list].as_array().unwrap();
            all.iter().filter(|one| one["rule"] == "not-codified").cloned().collect::<Vec<Value>>()
        };
        (of_rule("findings"), of_rule("undetermined"))
    };
    let (findings, untold) = found("--state FOLDER/a.tfstate --rule not-codified", 0);
    assert_eq!((findings.len(), untold.len()), (teams, 0));
    assert!(findings.iter().all(|one| one["kind"] == "team" && one["severity"] == "info"), "{findings:?}");
    found("--state FOLDER/a.tfstate --rule not-codified --fail-on info", 7);
    let (findings, untold) = found("--rule not-codified --fail-on info", 0);
    assert_eq!((findings.len(), &untold[0]["message"]), (0, &json!("no Terraform state was given to compare with")));
    let (findings, untold) = found("", 0);
    assert_eq!((findings.len(), untold.len()), (0, 0));
    world.check("policy check --state FOLDER/nothing", 2, "", "nothing: No such file");
}
