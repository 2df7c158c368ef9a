//! Assets as code: by the provider's schema, text as data, the same from run to run.

mod made;
mod schema;

use std::collections::{BTreeMap, BTreeSet};

use host_test::World;
use host_test::host::Connector;
use host_test::host::Error;
use host_test::host::contract::{Asset, Reason};
use host_test::simulator::tokens;
use made::{Chance, Extent, HOSTILE};
use serde_json::{Value, json};

type Files = Vec<(String, String)>;

async fn connector() -> Connector {
    World::new().await.connector
}

async fn codify(connector: &Connector, assets: &[Asset], settings: Value) -> (Files, Vec<(String, String, String)>) {
    let code = connector.codify(assets, &settings.to_string()).await.unwrap_or_else(|why| panic!("{settings}: {why}"));
    let files = code.files.into_iter().map(|file| (file.name, file.content)).collect();
    let left_out = code.left_out.into_iter().map(|left| (left.kind, left.id, left.why)).collect();
    (files, left_out)
}

fn asset(kind: &str, id: &str, name: &str, attributes: Value) -> Asset {
    let mut attributes = attributes;
    attributes["id"] = id.into();
    Asset {
        kind: kind.to_owned(),
        id: id.to_owned(),
        name: name.to_owned(),
        url: None,
        attributes: attributes.to_string(),
        relations: Vec::new(),
        extra: "{}".to_owned(),
    }
}

fn team(id: &str, name: &str) -> Asset {
    asset("team", id, name, json!({"name": name, "description": null, "default_role": "manager"}))
}

/// Every type, from assets that fill everything, next to nothing, or what
/// chance has it: each file keeps to the provider's schema, each asset is
/// imported or left out with a reason.
#[tokio::test(start_paused = true)]
async fn every_type_keeps_to_the_schema() {
    let connector = connector().await;
    let kinds = connector.kinds().await.expect("kinds");
    let schemas = schema::schemas();
    let (mut written, mut types) = (BTreeSet::new(), BTreeSet::new());
    let mut cases = 0;
    let mut chance = Chance(0x5eed_cafe);
    for round in 0..120 {
        let extent = [Extent::Full, Extent::Odd, Extent::Bare][round % 3];
        let assets = made::assets(&kinds, extent, &mut chance);
        let (files, left_out) = codify(&connector, &assets, json!({"now": "2026-11-01T00:00:00Z"})).await;
        let module = schema::read(&files, &schemas);
        assert_eq!(
            module.imports.keys().collect::<Vec<_>>(),
            module.resources.keys().collect::<Vec<_>>(),
            "each is imported"
        );
        types.extend(module.resources.keys().filter_map(|address| address.split('.').next().map(str::to_owned)));
        let (json_files, _) =
            codify(&connector, &assets, json!({"now": "2026-11-01T00:00:00Z", "format": "json"})).await;
        assert_eq!(in_json(&json_files), module.imports, "the JSON imports the same");
        let (values, _) = codify(&connector, &assets, json!({"now": "2026-11-01T00:00:00Z", "format": "values"})).await;
        let values: Value = serde_json::from_str(&values[0].1).expect("JSON");
        let told: BTreeSet<(&str, &str)> = values["resources"]
            .as_array()
            .expect("resources")
            .iter()
            .map(|one| (one["kind"].as_str().expect("a kind"), one["id"].as_str().expect("an id")))
            .chain(left_out.iter().map(|(kind, id, _)| (kind.as_str(), id.as_str())))
            .collect();
        // A resource that is made of several assets tells the first; kinds whose types have `each` may be none.
        let missing = assets.iter().filter(|asset| !told.contains(&(asset.kind.as_str(), asset.id.as_str())));
        let missing: BTreeSet<&str> = missing.map(|asset| asset.kind.as_str()).collect();
        assert!(missing.is_subset(&BTreeSet::from(["service-custom-field-value"])), "{missing:?}");
        written.extend(module.written);
        cases += assets.len();
    }
    let settable: BTreeSet<(String, String)> = schemas
        .iter()
        .flat_map(|(of, schema)| schema::settable(schema, true).into_iter().map(move |path| (of.clone(), path)))
        .collect();
    println!(
        "{} of {} types, {} of {} settable attributes and blocks, {cases} assets",
        types.len(),
        schemas.len(),
        written.intersection(&settable).count(),
        settable.len()
    );
    let missing: Vec<String> = settable
        .difference(&written)
        .map(|(of, path)| format!("{}.{path}", of.trim_start_matches("pagerduty_")))
        .collect();
    println!("not written: {}", missing.join(" "));
    let extra: Value = serde_json::from_str(&connector.identify().extra).expect("an object");
    let made: BTreeSet<String> = extra["terraform"]["types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|of| of["type"].as_str().expect("a type").to_owned())
        .collect();
    assert_eq!(made, types, "each type that is told is made of something");
    let unmade = extra["terraform"]["left_out"].as_object().expect("types");
    assert_eq!(made.len() + unmade.len(), schemas.len());
}

/// Import ids by address, of files in Terraform's JSON.
fn in_json(files: &Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (_, text) in files.iter().filter(|(name, _)| name.ends_with(".tf.json")) {
        let file: Value = serde_json::from_str(text).expect("JSON");
        for import in file["import"].as_array().into_iter().flatten() {
            let text = |key: &str| import[key].as_str().expect("text").to_owned();
            // A template, as in Terraform's own language.
            let id = hcl::Expression::from(hcl::TemplateExpr::from(text("id").as_str()));
            found.insert(text("to"), schema::plain(&id));
        }
    }
    found
}

/// Whatever a name is, it comes back as that name and as nothing else.
#[tokio::test(start_paused = true)]
async fn text_is_data() {
    let connector = connector().await;
    let schemas = schema::schemas();
    let assets: Vec<Asset> =
        HOSTILE.iter().enumerate().map(|(number, name)| team(&format!("P{number}"), name)).collect();
    let (files, left_out) = codify(&connector, &assets, json!({})).await;
    assert_eq!(left_out, []);
    let module = schema::read(&files, &schemas);
    let names: BTreeSet<String> = module.resources.values().flat_map(schema::texts).collect();
    for name in HOSTILE {
        assert!(names.contains(name), "{name:?} does not come back");
    }
    let text = &files.iter().find(|(name, _)| name == "pagerduty_team.tf").expect("a file").1;
    let comments: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with(['#', '/'])).collect();
    assert_eq!(comments, [""; 0], "there is no comment");
    for address in module.resources.keys() {
        let name = address.strip_prefix("pagerduty_team.").expect("a team");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
    }
    // In Terraform's JSON, every text is a template.
    let (files, _) = codify(&connector, &assets, json!({"format": "json"})).await;
    let file: Value =
        serde_json::from_str(&files.iter().find(|(name, _)| name == "pagerduty_team.tf.json").expect("a file").1)
            .expect("JSON");
    let names: BTreeSet<String> = file["resource"]["pagerduty_team"]
        .as_object()
        .expect("teams")
        .values()
        .map(|team| {
            schema::plain(&hcl::Expression::from(hcl::TemplateExpr::from(team["name"].as_str().expect("text"))))
        })
        .collect();
    for name in HOSTILE {
        assert!(names.contains(name), "{name:?} does not come back from JSON");
    }
}

/// Names of resources: readable, unique, and the same whatever comes later.
#[tokio::test(start_paused = true)]
async fn names_stay() {
    let connector = connector().await;
    let names = async |assets: &[Asset], before: Value| -> Vec<String> {
        let (files, _) = codify(&connector, assets, json!({"names": before})).await;
        let text = &files.iter().find(|(name, _)| name == "names.json").expect("a file").1;
        let names: Value = serde_json::from_str(text).expect("JSON");
        let of = |asset: &Asset| names["pagerduty_team"][&asset.id].as_str().expect("a name").to_owned();
        assets.iter().map(of).collect()
    };
    let check = async |given: &[(&str, &str)], before: Value, expected: &[&str]| {
        let mut assets: Vec<Asset> = given.iter().map(|(id, name)| team(id, name)).collect();
        assert_eq!(names(&assets, before.clone()).await, expected, "{given:?}");
        assets.reverse();
        let mut turned = names(&assets, before).await;
        turned.reverse();
        assert_eq!(turned, expected, "in any order: {given:?}");
    };
    check(&[("P1", "Site Reliability (EU)")], json!({}), &["site_reliability_eu"]).await;
    check(&[("P1", "24x7")], json!({}), &["_24x7"]).await;
    check(&[("P1", "日本"), ("P2", "")], json!({}), &["p1", "p2"]).await;
    check(&[("P1", "A"), ("P2", "a!"), ("P3", "b")], json!({}), &["a_p1", "a_p2", "b"]).await;
    check(&[("P1", "a"), ("P2", "a"), ("P3", "a P1")], json!({}), &["a_p1_2", "a_p2", "a_p1"]).await;
    let before = json!({"pagerduty_team": {"P1": "a"}});
    check(&[("P1", "a"), ("P2", "a")], before.clone(), &["a", "a_2"]).await;
    check(&[("P1", "Renamed"), ("P2", "a")], before.clone(), &["a", "a_2"]).await;
    check(&[("P1", "x")], json!({"pagerduty_team": {"P1": "no name\" {"}}), &["x"]).await;
    check(&[("P1", "x")], json!({"pagerduty_service": {"P1": "y"}}), &["x"]).await;
}

/// What refers to an asset names its resource where there is one, and its id otherwise.
#[tokio::test(start_paused = true)]
async fn what_is_named_is_there() {
    let connector = connector().await;
    let service = asset(
        "service",
        "PSVC",
        "Checkout",
        json!({"name": "Checkout", "escalation_policy": {"id": "PEP", "type": "escalation_policy_reference"}, "auto_resolve_timeout": null}),
    );
    let policy = |rules: Value| {
        asset(
            "escalation-policy",
            "PEP",
            "Payments",
            json!({"name": "Payments", "escalation_rules": rules, "num_loops": 1, "teams": []}),
        )
    };
    let rules = json!([{"escalation_delay_in_minutes": 5, "targets": [{"id": "PUSER", "type": "user_reference"}]}]);
    let check = async |assets: &[Asset], settings: Value, expected: &str| {
        let (files, _) = codify(&connector, assets, settings).await;
        let text = &files.iter().find(|(name, _)| name == "pagerduty_service.tf").expect("a file").1;
        let line = text.lines().find(|line| line.trim_start().starts_with("escalation_policy")).expect("a line");
        assert_eq!(line.split_once('=').expect("a value").1.trim(), expected);
    };
    check(std::slice::from_ref(&service), json!({}), "\"PEP\"").await;
    check(&[service.clone(), policy(rules.clone())], json!({}), "pagerduty_escalation_policy.payments.id").await;
    // It cannot be written, so nothing names it.
    check(&[service.clone(), policy(json!([]))], json!({}), "\"PEP\"").await;
    check(
        &[service.clone(), policy(json!([{"escalation_delay_in_minutes": "soon", "targets": []}]))],
        json!({}),
        "\"PEP\"",
    )
    .await;
    check(&[service.clone(), policy(rules)], json!({"only": {"service": ["PSVC"]}}), "\"PEP\"").await;
}

/// A secret is a variable, whatever the asset holds there.
#[tokio::test(start_paused = true)]
async fn secrets_are_variables() {
    let connector = connector().await;
    let hook = |value: Value| {
        asset(
            "webhook-subscription",
            "PHOOK",
            "Deploys",
            json!({
                "active": true, "description": "Deploys", "events": ["incident.triggered"], "type": "webhook_subscription",
                "filter": {"type": "account_reference"},
                "delivery_method": {
                    "type": "http_delivery_method", "url": "https://example.com/hook", "secret": "s3cret-of-the-hook",
                    "custom_headers": [{"name": "x-auth", "value": value}],
                },
            }),
        )
    };
    for value in [json!("s3cret-value"), json!({"fingerprint": "hmac-sha256:0123456789abcdef"})] {
        for format in ["hcl", "json", "pulumi", "values"] {
            let (files, left_out) = codify(&connector, &[hook(value.clone())], json!({"format": format})).await;
            assert_eq!(left_out, []);
            let all: String = files.iter().map(|(_, text)| text.as_str()).collect();
            assert!(!all.contains("s3cret"), "{format}: {all}");
            assert_eq!(all.contains("fingerprint"), format == "values" && value.is_object(), "{format}");
            if format == "hcl" {
                let module = schema::read(&files, &schema::schemas());
                assert_eq!(module.variables.len(), 1);
                assert!(all.contains("value = var.webhook_subscription_deploys_value"), "{all}");
                assert!(all.contains("ignore_changes = [delivery_method[0].custom_header[0].value]"), "{all}");
            }
        }
    }
}

/// What cannot be is refused or left out, with words that help.
#[tokio::test(start_paused = true)]
async fn what_cannot_be_is_told() {
    let connector = connector().await;
    let refused =
        async |assets: &[Asset], settings: &str, expected: &str| match connector.codify(assets, settings).await {
            Err(Error::Connector(why)) => {
                assert_eq!(why.reason, Reason::Invalid);
                assert!(why.message.contains(expected), "{}", why.message);
            }
            other => panic!("{expected}: {other:?}"),
        };
    refused(&[], "", "a JSON object is expected").await;
    refused(&[], "[]", "a JSON object is expected").await;
    refused(&[], "{\"format\":\"yaml\"}", "one of `hcl`").await;
    refused(&[], "{\"formt\":\"hcl\"}", "did you mean `format`?").await;
    refused(&[], "{\"names\":[]}", "{TYPE: {IMPORT ID: NAME}}").await;
    refused(&[], "{\"only\":[]}", "{KIND: [ID, …]}").await;
    refused(&[], "{\"now\":\"soon\"}", "takes a time").await;
    refused(&[team("P1", "a"), team("P1", "b")], "{}", "it stands twice").await;
    refused(&[asset("tema", "P1", "a", json!({}))], "{}", "there is no such kind").await;
    let broken = Asset { attributes: "[1]".to_owned(), ..team("P1", "a") };
    refused(&[broken], "{}", "no JSON object").await;
    let broken = Asset { attributes: "{\"a\":".to_owned(), ..team("P1", "a") };
    refused(&[broken], "{}", "no JSON object").await;

    let left = async |given: Asset, settings: Value, expected: &str| {
        let (files, left_out) = codify(&connector, std::slice::from_ref(&given), settings).await;
        assert!(!files.iter().any(|(name, _)| name.starts_with("pagerduty_")), "{expected}");
        let [(kind, id, why)] = &left_out[..] else { panic!("{expected}: {left_out:?}") };
        assert_eq!((kind, id), (&given.kind, &given.id));
        assert!(why.contains(expected), "{why}");
    };
    let window = |start: &str, end: &str| {
        asset(
            "maintenance-window",
            "PW",
            "w",
            json!({"start_time": start, "end_time": end, "services": [{"id": "PS"}]}),
        )
    };
    let now = json!({"now": "2026-11-01T00:00:00Z"});
    left(asset("incident", "P1", "i", json!({})), json!({}), "no resource for it").await;
    left(asset("team", "P1", "t", json!({})), json!({}), "`name`, which the provider needs").await;
    left(window("2026-10-01T09:00:00Z", "2026-10-01T10:00:00Z"), now.clone(), "it is over").await;
    left(window("2026-12-01T09:00:07Z", "2026-12-01T10:00:00Z"), now, "full minute").await;
    left(asset("schedule", "P1", "s", json!({"name": "s", "schedule_layers": []})), json!({}), "it has no layers")
        .await;
    left(
        asset("service", "P1", "s", json!({"name": "bell \u{7}", "escalation_policy": {"id": "P2"}})),
        json!({}),
        "characters",
    )
    .await;
}

/// The whole account of the simulator: all that Terraform knows is in it, and
/// where Terraform is at hand it finds nothing to format.
#[tokio::test(start_paused = true)]
async fn an_account_becomes_a_module() {
    let world = World::new().await;
    let mut connection = world.open(tokens::ACCOUNT).await;
    let kinds = world.connector.kinds().await.expect("kinds");
    let kinds: Vec<String> =
        kinds.into_iter().filter(|kind| kind.terraform_type.is_some()).map(|kind| kind.id).collect();
    let (mut cursor, mut assets) = (None, BTreeMap::new());
    loop {
        let slice =
            connection.scan(&kinds, "{\"slack_workspaces\":[\"T0SIM\"]}", cursor.as_deref()).await.expect("a step");
        assets.extend(slice.assets.into_iter().map(|asset| ((asset.kind.clone(), asset.id.clone()), asset)));
        cursor = slice.next;
        if cursor.is_none() {
            break;
        }
    }
    let assets: Vec<Asset> = assets.into_values().collect();
    let (files, left_out) = codify(&world.connector, &assets, json!({"now": "2026-11-01T00:00:00Z"})).await;
    let module = schema::read(&files, &schema::schemas());
    println!("{} assets: {} resources, {} left out", assets.len(), module.resources.len(), left_out.len());
    assert!(module.resources.len() > 700, "{}", module.resources.len());
    let (again, _) = codify(&world.connector, &assets, json!({"now": "2026-11-01T00:00:00Z"})).await;
    assert_eq!(files, again, "the same from run to run");

    let Ok(terraform) = std::process::Command::new("terraform").arg("version").output() else { return };
    if terraform.status.success() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".tf")) {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let fmt =
            std::process::Command::new("terraform").args(["fmt", "-check", "-diff"]).current_dir(&folder).output();
        let fmt = fmt.expect("terraform");
        assert!(fmt.status.success(), "{}", String::from_utf8_lossy(&fmt.stdout));
    }
}
