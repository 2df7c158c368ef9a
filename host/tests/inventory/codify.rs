//! `connector codify`: the files of a folder, names that stay, what others
//! wrote, and what is asked for wrongly.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::account::Account;
use crate::support::{LASTING, World};

/// Every file of a folder.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let file =
        |entry: fs::DirEntry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    fs::read_dir(folder).unwrap().map(|entry| file(entry.unwrap())).collect()
}

#[test]
fn a_folder_is_written_again_and_names_stay() {
    let world = World::new();
    world.scan(LASTING);
    let code = world.path("code");
    let ran = world.check("codify --out FOLDER/code", 0, "pagerduty_service ", "left out");
    assert!(ran.err.contains("resources of "), "{}", ran.err);
    let first = files(&code);
    for name in
        ["terraform.tf", "pagerduty_service.tf", "pagerduty_schedule.tf", "names.json", ".connector-codify.json"]
    {
        assert!(first.contains_key(name), "{name}: {:?}", first.keys());
    }
    world.check("codify --out FOLDER/code", 0, "pagerduty_service ", "");
    assert_eq!(files(&code), first, "the same from run to run");

    // A name of one's own stays, and so does everything else.
    let names = first["names.json"].replacen("\": \"", "\": \"mine_", 1);
    fs::write(code.join("names.json"), &names).unwrap();
    world.check("codify --out FOLDER/code", 0, "", "");
    assert_eq!(files(&code)["names.json"], names);

    // A part of it would take the rest away.
    world.check("codify --out FOLDER/code --kind team", 2, "", "name another folder");
    assert_eq!(files(&code)["names.json"], names);

    // What somebody wrote is not written over.
    fs::write(code.join("pagerduty_team.tf"), "# mine\n").unwrap();
    world.check("codify --out FOLDER/code", 1, "", "pagerduty_team.tf was changed since");
    assert_eq!(files(&code)["pagerduty_team.tf"], "# mine\n");
    world.check("codify --out FOLDER/code --force", 0, "", "");
    assert_eq!(files(&code)["pagerduty_team.tf"], first["pagerduty_team.tf"]);
    fs::create_dir(world.path("other")).unwrap();
    fs::write(world.path("other").join("terraform.tf"), "# mine\n").unwrap();
    world.check("codify --out FOLDER/other", 1, "", "was not written by");
    assert_eq!(files(&world.path("other")).len(), 1, "nothing is written then");
}

#[test]
fn some_of_it_in_any_format() {
    let world = World::new();
    world.scan(LASTING);
    let service =
        world.json("inventory list --kind service --limit 1 --format json")[0]["id"].as_str().unwrap().to_owned();
    let ran = world.check(&format!("codify --kind service --id {service}"), 0, "resource \"pagerduty_service\"", "");
    assert_eq!(ran.out.matches("\nimport {").count(), 1, "{}", ran.out);
    assert!(ran.out.contains(&format!("id = \"{service}\"")), "{}", ran.out);
    let pulumi: Value =
        serde_json::from_str(&world.check("codify --kind team --format pulumi", 0, "", "").out).unwrap();
    let all = pulumi["resources"].as_array().unwrap();
    assert!(all.len() > 5 && all.iter().all(|one| one["type"] == "pagerduty:index/team:Team"), "{pulumi}");
    world.check("codify --kind personal", 0, "resource \"pagerduty_user\"", "");
    let told = world.json("--json codify --kind team --format json").remove(0);
    assert!(told["files"]["pagerduty_team.tf.json"].as_str().unwrap().contains("\"import\""), "{told}");
    // From the account itself the same teams come.
    let live = world.json("--json codify --live --kind team --format json").remove(0);
    assert_eq!(live["files"]["pagerduty_team.tf.json"], told["files"]["pagerduty_team.tf.json"]);
}

#[test]
fn what_is_asked_wrongly_is_told() {
    let world = World::new();
    world.check("codify", 1, "", "there is no store");
    world.scan(LASTING);
    world.check("codify --kind tema", 2, "", "there is no kind `tema`");
    world.check("codify --kind team --id PNOWHERE", 2, "", "no asset that was asked for has the id `PNOWHERE`");
    world.check("codify --format yaml", 2, "", "yaml");
    world.check("codify --force", 2, "", "--out");
    world.check("codify --live --account shop", 2, "", "cannot be used with");
    fs::create_dir(world.path("code")).unwrap();
    fs::write(world.path("code").join("names.json"), "{").unwrap();
    world.check("codify --out FOLDER/code", 1, "", "mend the file");
    let world = World { account: Account::new("other"), ..world };
    world.scan(LASTING);
    world.check("codify", 2, "", "name it with --account (other, shop)");
    world.check("codify --account shop --kind team", 0, "resource \"pagerduty_team\"", "");
}
