use super::*;

fn file(name: &str, content: &str) -> File {
    File { name: name.to_owned(), content: content.to_owned() }
}

/// What a second run finds, and what it does about it.
#[test]
fn what_others_wrote_stays() {
    let check = |touch: &dyn Fn(&Path), force: bool, expected: std::result::Result<&str, &str>| {
        let dir = tempfile::tempdir().unwrap();
        Folder::open(dir.path(), false).unwrap().write(&[file("a.tf", "1"), file("b.tf", "1")]).unwrap();
        touch(dir.path());
        let done = Folder::open(dir.path(), force).and_then(|mut folder| folder.write(&[file("a.tf", "2")]));
        let text = fs::read_to_string(dir.path().join("a.tf")).unwrap();
        match expected {
            Ok(content) => {
                done.unwrap();
                assert_eq!((text.as_str(), dir.path().join("b.tf").exists()), (content, false));
            }
            Err(words) => {
                let why = done.expect_err(words).to_string();
                assert!(why.contains(words), "{why}");
                assert_ne!(text, "2", "{words}");
            }
        }
    };
    let write = |name: &'static str| move |dir: &Path| fs::write(dir.join(name), "mine").unwrap();
    check(&|_| {}, false, Ok("2"));
    check(&write("a.tf"), false, Err("a.tf was changed since"));
    check(&write("a.tf"), true, Ok("2"));
    check(&write("b.tf"), false, Err("b.tf was changed since"));
    check(&|dir| fs::remove_file(dir.join("b.tf")).unwrap(), false, Ok("2"));
    check(&|dir| fs::remove_file(dir.join(RECORD)).unwrap(), false, Err("was not written by"));
    // As a run leaves it that broke off before it wrote what it did.
    check(&|dir| fs::write(dir.join("a.tf"), "2").unwrap(), false, Ok("2"));
    check(&write(RECORD), false, Err("not a file of `connector codify`"));
    check(&write(NAMES), false, Err("names.json"));
    check(&write("other.tf"), false, Ok("2"));
}

#[test]
fn names_lead_nowhere_else() {
    for name in ["../a.tf", "/etc/a", ".hidden", "", "a/b.tf", "a\nb"] {
        let dir = tempfile::tempdir().unwrap();
        assert!(Folder::open(dir.path(), true).unwrap().write(&[file(name, "1")]).is_err(), "{name}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{name}");
    }
}
