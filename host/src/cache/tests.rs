//! What of the cache is refused, and that it is compiled anew then.

use super::*;
use std::fs;
use std::io::Seek;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

fn entry() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/cache");
    Folder::open(&folder).unwrap().write("entry", b"native code").unwrap();
    (dir, folder)
}

fn read(folder: &Path) -> Result<Option<Vec<u8>>, Unusable> {
    let Some(mut file) = Folder::open(folder)?.find("entry")? else { return Ok(None) };
    let mut content = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut content)?;
    content.truncate(content.len() - DIGEST);
    Ok(Some(content))
}

fn check(spoil: impl Fn(&Path), expected: &str) {
    let (_dir, folder) = entry();
    assert_eq!(read(&folder).unwrap().unwrap(), b"native code");
    spoil(&folder);
    assert_eq!(read(&folder).unwrap_err().to_string(), expected);
}

#[test]
fn what_was_written_is_read_and_private() {
    let (_dir, folder) = entry();
    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    assert_eq!(mode(&folder.join("entry")), 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert!(Folder::open(&folder).unwrap().find("other").unwrap().is_none());
}

#[test]
fn what_a_killed_writer_left_is_removed_after_a_day() {
    let (_dir, folder) = entry();
    let aged = |name: &str, age| {
        let file = File::create(folder.join(name)).unwrap();
        file.set_modified(SystemTime::now() - std::time::Duration::from_secs(age)).unwrap();
    };
    aged(".old.tmp", STALE + 60);
    aged(".new.tmp", STALE - 60);
    aged("old.cwasm", STALE + 60);
    Folder::open(&folder).unwrap().write("entry", b"code").unwrap();
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|found| found.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".new.tmp", "entry", "old.cwasm"]);
}

#[test]
fn what_others_could_have_written_is_refused() {
    let mode = |path: PathBuf, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let (symlinked, writable) = ("it is a symlink or not what it has to be", "others may write to it");
    check(|folder| mode(folder.to_owned(), 0o720), writable);
    check(|folder| mode(folder.to_owned(), 0o702), writable);
    check(|folder| mode(folder.join("entry"), 0o620), writable);
    check(|folder| mode(folder.join("entry"), 0o602), writable);
    check(
        |folder| {
            let real = folder.with_file_name("real");
            fs::rename(folder, &real).unwrap();
            symlink(&real, folder).unwrap();
        },
        symlinked,
    );
    check(
        |folder| {
            fs::rename(folder.join("entry"), folder.join("real")).unwrap();
            symlink(folder.join("real"), folder.join("entry")).unwrap();
        },
        symlinked,
    );
    check(
        |folder| {
            fs::remove_file(folder.join("entry")).unwrap();
            fs::create_dir(folder.join("entry")).unwrap();
        },
        symlinked,
    );
    // A pipe, which nobody would ever write to.
    check(
        |folder| {
            fs::remove_file(folder.join("entry")).unwrap();
            fifo(&folder.join("entry"));
        },
        symlinked,
    );
    // By a second name outside: the file is the same, and so is its mode.
    check(
        |folder| {
            let outside = folder.with_file_name("outside");
            fs::hard_link(folder.join("entry"), &outside).unwrap();
            mode(outside, 0o606);
        },
        writable,
    );
}

fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn what_gives_nobody_a_right_is_no_matter() {
    let (_dir, folder) = entry();
    fs::hard_link(folder.join("entry"), folder.with_file_name("outside")).unwrap();
    // The folder above, which anybody may then write to.
    fs::set_permissions(folder.parent().unwrap(), fs::Permissions::from_mode(0o777)).unwrap();
    // A link on the way to the folder, rather than in its place.
    let way = folder.ancestors().nth(2).unwrap().join("way");
    symlink(folder.parent().unwrap(), &way).unwrap();
    for folder in [folder, way.join("cache")] {
        assert_eq!(read(&folder).unwrap().unwrap(), b"native code");
    }
}

#[test]
fn what_was_written_under_another_name_is_refused() {
    let (_dir, folder) = entry();
    fs::copy(folder.join("entry"), folder.join("other")).unwrap();
    assert!(matches!(Folder::open(&folder).unwrap().find("other"), Err(Unusable::Damaged)));
}

#[test]
fn what_is_damaged_is_refused() {
    for content in [&b""[..], b"short", &[0; 64]] {
        check(|folder| fs::write(folder.join("entry"), content).unwrap(), "its content is damaged");
    }
}

#[test]
fn somebody_elses_file_is_refused() {
    let (_dir, folder) = entry();
    let mut stat = rustix::fs::stat(folder.join("entry")).unwrap();
    assert!(ours(&stat, FileType::RegularFile).is_ok());
    stat.st_uid += 1;
    assert!(matches!(ours(&stat, FileType::RegularFile), Err(Unusable::Owner)));
}

#[test]
fn a_damaged_entry_is_compiled_anew_and_replaced() {
    let engine = Engine::default();
    let bytes = b"\0asm\x0d\0\x01\0";
    let dir = tempfile::tempdir().unwrap();
    let name = dir.path().join(entry_name(&engine, "ab"));
    for round in 0..3 {
        load_or_compile(&engine, bytes, "ab", dir.path()).unwrap();
        let sound = fs::read(&name).unwrap();
        assert!(load(&engine, "ab", dir.path()).is_some() && load(&engine, "ac", dir.path()).is_none());
        load_or_compile(&engine, bytes, "ab", dir.path()).unwrap();
        assert_eq!(fs::read(&name).unwrap(), sound);
        // The digest alone, then the code with a digest that fits it.
        match round {
            0 => fs::write(&name, b"damaged").unwrap(),
            _ => {
                let code = b"\x7fELF and no more".to_vec();
                let digest = seal(&entry_name(&engine, "ab"), &code);
                fs::write(&name, [&code[..], &digest[..]].concat()).unwrap();
            }
        }
        assert!(load(&engine, "ab", dir.path()).is_none());
    }
    load_or_compile(&engine, bytes, "ab", dir.path()).unwrap();
}

#[test]
fn another_configuration_has_another_name() {
    let epochs = Engine::new(wasmtime::Config::new().epoch_interruption(true)).unwrap();
    let plain = Engine::default();
    assert_ne!(entry_name(&epochs, "ab"), entry_name(&plain, "ab"));
    assert_eq!(entry_name(&plain, "ab"), entry_name(&Engine::default(), "ab"));
}
