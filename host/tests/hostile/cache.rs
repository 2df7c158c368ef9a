//! The cache of compiled code against whoever else may write there, by way of
//! `Host::load`, which looks there before `Host::load_bytes` does: refused code
//! does not run, and the component still loads.
//!
//! What is put under the component's name is always sound code of another
//! component, so that a test which finds it running has found a hole.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

use connector_host::{Connector, Host, HostOptions, Limits};
use xxhash_rust::xxh3::xxh3_128;

use crate::support::{open, options, plain, told};

/// A folder for compiled code, and the entries of two components in it.
struct Cache {
    _dir: tempfile::TempDir,
    folder: PathBuf,
    /// Of the component that is loaded, and of the other one.
    own: PathBuf,
    other: PathBuf,
}

async fn load(folder: &Path, bytes: Vec<u8>) -> Connector {
    let options = HostOptions { cache_dir: Some(folder.to_owned()), ..options(Limits::default()).0 };
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, bytes).unwrap();
    Host::new(options).unwrap().load(&file).await.unwrap()
}

/// Who runs under the name of the component that is loaded: `hostile`, unless
/// it is the other one's code.
async fn runs(folder: &Path) -> String {
    let connector = load(folder, plain()).await;
    assert_eq!(open(&connector).await.call("echo", "works").await.unwrap().value, "works");
    connector.identify().id.clone()
}

impl Cache {
    /// A copy of one that was filled once.
    async fn new() -> Cache {
        static FILLED: tokio::sync::OnceCell<Cache> = tokio::sync::OnceCell::const_new();
        let filled = FILLED.get_or_init(Cache::fill).await;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("above/cache");
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).unwrap();
        let copy = |entry: &Path| {
            let copied = folder.join(entry.file_name().unwrap());
            fs::copy(entry, &copied).unwrap();
            copied
        };
        let (own, other) = (copy(&filled.own), copy(&filled.other));
        Cache { _dir: dir, folder, own, other }
    }

    async fn fill() -> Cache {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("above/cache");
        let other = load(&folder, told("id=other")).await;
        let own = load(&folder, plain()).await;
        assert_eq!((other.identify().id.as_str(), own.identify().id.as_str()), ("other", "hostile"));
        let entry = |connector: &Connector| {
            let mut found = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            found.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(connector.sha256())).unwrap()
        };
        let (own, other) = (entry(&own), entry(&other));
        Cache { _dir: dir, folder, own, other }
    }

    /// The other component's code as it would have been written under the name
    /// of the one that is loaded.
    fn forged(&self) -> Vec<u8> {
        let mut code = fs::read(&self.other).unwrap();
        code.truncate(code.len() - 16);
        let name = self.own.file_name().unwrap().to_str().unwrap();
        let sealed = [name.as_bytes(), b"\n", &code].concat();
        code.extend(xxh3_128(&sealed).to_le_bytes());
        code
    }

    /// Puts the other's code in place of the component's own.
    fn forge(&self) {
        fs::write(&self.own, self.forged()).unwrap();
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Spoils the cache; the component then loads and is itself.
async fn check(what: &str, spoil: impl FnOnce(&Cache)) {
    let cache = Cache::new().await;
    spoil(&cache);
    assert_eq!(runs(&cache.folder).await, "hostile", "{what}");
}

#[tokio::test]
async fn the_owner_is_believed() {
    // What this user writes is taken for what this host wrote: it shows that the
    // other tests here would notice code that runs.
    let cache = Cache::new().await;
    assert_eq!(runs(&cache.folder).await, "hostile");
    cache.forge();
    assert_eq!(runs(&cache.folder).await, "other");
}

#[tokio::test]
async fn refused_code_does_not_run() {
    check("others may write to the entry", |cache| {
        cache.forge();
        mode(&cache.own, 0o602);
    })
    .await;
    check("the group may write to the entry", |cache| {
        cache.forge();
        mode(&cache.own, 0o620);
    })
    .await;
    check("the entry is a symlink", |cache| {
        let real = cache.folder.join("real");
        fs::write(&real, cache.forged()).unwrap();
        fs::remove_file(&cache.own).unwrap();
        symlink(real, &cache.own).unwrap();
    })
    .await;
    check("others may write to the entry by a second name", |cache| {
        cache.forge();
        let outside = cache.folder.with_file_name("outside");
        fs::hard_link(&cache.own, &outside).unwrap();
        mode(&outside, 0o606);
    })
    .await;
    check("the entry is a folder", |cache| {
        fs::remove_file(&cache.own).unwrap();
        fs::create_dir(&cache.own).unwrap();
    })
    .await;
    check("the entry is a pipe", |cache| {
        fs::remove_file(&cache.own).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&cache.own).status();
        assert!(made.unwrap().success());
    })
    .await;
    check("the entry was written under another name", |cache| {
        fs::copy(&cache.other, &cache.own).unwrap();
    })
    .await;
    check("the entry is cut short", |cache| {
        let code = cache.forged();
        fs::write(&cache.own, &code[..code.len() / 2]).unwrap();
    })
    .await;
    check("the entry is empty", |cache| fs::write(&cache.own, b"").unwrap()).await;
    check("a bit of the entry is turned", |cache| {
        let mut code = cache.forged();
        let middle = code.len() / 2;
        code[middle] ^= 1;
        fs::write(&cache.own, code).unwrap();
    })
    .await;
    check("others may write to the folder", |cache| {
        cache.forge();
        mode(&cache.folder, 0o702);
    })
    .await;
    check("the group may write to the folder", |cache| {
        cache.forge();
        mode(&cache.folder, 0o720);
    })
    .await;
    check("the folder is a symlink", |cache| {
        cache.forge();
        let real = cache.folder.with_file_name("real");
        fs::rename(&cache.folder, &real).unwrap();
        symlink(real, &cache.folder).unwrap();
    })
    .await;
    check("the folder is a file", |cache| {
        fs::remove_dir_all(&cache.folder).unwrap();
        fs::write(&cache.folder, b"").unwrap();
    })
    .await;
    check("the folder cannot be made", |cache| {
        fs::remove_dir_all(cache.folder.parent().unwrap()).unwrap();
        fs::write(cache.folder.parent().unwrap(), b"").unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_belongs_to_somebody_else_does_not_run() {
    // Only root can give a file away; for everybody else there is
    // `somebody_elses_file_is_refused`, which looks at what the system tells.
    if !rustix::process::geteuid().is_root() {
        return;
    }
    for whose in ["entry", "folder"] {
        check(whose, |cache| {
            cache.forge();
            let path = if whose == "entry" { &cache.own } else { &cache.folder };
            chown(path, Some(12_345), None).unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn a_refused_entry_is_replaced_and_kept_again() {
    let cache = Cache::new().await;
    let sound = fs::read(&cache.own).unwrap().len();
    cache.forge();
    mode(&cache.own, 0o666);
    assert_eq!(runs(&cache.folder).await, "hostile");
    let kept = fs::metadata(&cache.own).unwrap();
    assert_eq!((kept.permissions().mode() & 0o777, kept.len()), (0o600, sound as u64));
    assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_that_write_at_once_all_load() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("cache");
    let loads: Vec<_> = (0..6)
        .map(|number| {
            let folder = folder.clone();
            tokio::spawn(async move {
                // Two components, and an entry that is damaged meanwhile.
                let bytes = if number % 2 == 0 { plain() } else { told("id=other") };
                let connector = load(&folder, bytes).await;
                let entries = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
                // What is still being written is renamed meanwhile.
                let whole = entries.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
                whole.filter(|_| number == 0).for_each(|path| fs::write(path, b"damaged").unwrap());
                (number, connector.identify().id.clone())
            })
        })
        .collect();
    for load in loads {
        let (number, id) = load.await.unwrap();
        assert_eq!(id, if number % 2 == 0 { "hostile" } else { "other" });
    }
    assert_eq!(load(&folder, plain()).await.identify().id, "hostile");
    assert_eq!(load(&folder, told("id=other")).await.identify().id, "other");
    let mut left: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    left.retain(|path| path.extension().is_none_or(|extension| extension != "cwasm"));
    assert!(left.is_empty(), "{left:?}");
}
