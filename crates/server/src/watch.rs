//! Notices that a file changed.
//!
//! It looks at the files' stamps a few times a second: what they are, how long,
//! when last written. That costs a handful of system calls, and it sees what an
//! editor replaces by renaming, what a container's volume swaps by a link, and
//! what appears only later, on every file system.
//!
//! Rejected: the system's notifications (`notify`). They must watch the whole
//! folder to survive a rename, and the store, which is written with every job,
//! usually lies in the same folder; and they are silent on network drives and on
//! folders that are mounted into containers.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it waits between two looks. A change counts once two looks see the same,
/// so that a file is not read while it is being written.
const PAUSE: Duration = Duration::from_millis(250);

/// What tells one state of a file from another; `None` for a file that is not there.
type Stamp = Option<(u64, u64, u64, i64, i64, i64, i64)>;

/// Files whose changes are noticed.
#[derive(Debug, Clone)]
pub(crate) struct Watch {
    paths: Vec<PathBuf>,
    known: BTreeMap<PathBuf, Stamp>,
    /// What the last look saw, when it was something new.
    settling: Option<BTreeMap<PathBuf, Stamp>>,
}

impl Watch {
    /// Watches these from their present state on. A folder stands for the files in it that end in `.toml`.
    pub(crate) fn new(paths: Vec<PathBuf>) -> Self {
        let known = look(&paths);
        Self { paths, known, settling: None }
    }

    /// Watches these instead. What was watched before keeps the state that was last noticed, so that a
    /// change between reading a file and coming here is not lost.
    pub(crate) fn instead(&mut self, paths: Vec<PathBuf>) {
        let before = std::mem::take(&mut self.known);
        self.known = look(&paths)
            .into_iter()
            .map(|(path, now)| {
                let stamp = before.get(&path).copied().unwrap_or(now);
                (path, stamp)
            })
            .collect();
        self.paths = paths;
        self.settling = None;
    }

    /// Takes the present state as known.
    pub(crate) fn catch_up(&mut self) {
        self.known = look(&self.paths);
        self.settling = None;
    }

    /// Resolves once something has changed and stands still again.
    pub(crate) async fn changed(&mut self) {
        loop {
            tokio::time::sleep(PAUSE).await;
            let paths = self.paths.clone();
            // A network drive may take its time.
            let Ok(seen) = tokio::task::spawn_blocking(move || look(&paths)).await else { continue };
            if seen == self.known {
                self.settling = None;
            } else if self.settling.as_ref() == Some(&seen) {
                self.known = seen;
                self.settling = None;
                return;
            } else {
                self.settling = Some(seen);
            }
        }
    }
}

fn look(paths: &[PathBuf]) -> BTreeMap<PathBuf, Stamp> {
    let mut seen = BTreeMap::new();
    for path in paths {
        if path.is_dir() {
            let files = fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
            seen.extend(files.filter(|file| file.extension().is_some_and(|end| end == "toml")).map(|file| {
                let stamp = stamp(&file);
                (file, stamp)
            }));
        } else {
            seen.insert(path.clone(), stamp(path));
        }
    }
    seen
}

fn stamp(path: &Path) -> Stamp {
    let about = fs::metadata(path).ok()?;
    let written = (about.mtime(), about.mtime_nsec(), about.ctime(), about.ctime_nsec());
    Some((about.dev(), about.ino(), about.len(), written.0, written.1, written.2, written.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a change is noticed. The clock of the test runs by itself while nothing else happens.
    async fn notices(watch: &mut Watch) -> bool {
        tokio::time::timeout(PAUSE * 20, watch.changed()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_rewritten_replaced_removed_and_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("levers.toml");
        fs::write(&file, "one").unwrap();
        let mut watch = Watch::new(vec![file.clone()]);
        assert!(!notices(&mut watch).await);

        fs::write(&file, "two").unwrap();
        assert!(notices(&mut watch).await);
        assert!(!notices(&mut watch).await, "a change is noticed once");

        let other = folder.path().join(".levers.toml.swp");
        fs::write(&other, "two").unwrap();
        assert!(!notices(&mut watch).await, "a file that nobody asked for");
        fs::rename(&other, &file).unwrap();
        assert!(notices(&mut watch).await);

        fs::remove_file(&file).unwrap();
        assert!(notices(&mut watch).await);
        fs::write(&file, "two").unwrap();
        assert!(notices(&mut watch).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_folder_stands_for_the_files_of_declarations_in_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), "one").unwrap();
        let mut watch = Watch::new(vec![folder.path().to_owned()]);
        fs::write(folder.path().join("shop.db-wal"), "rows").unwrap();
        assert!(!notices(&mut watch).await);
        fs::write(folder.path().join("b.toml"), "two").unwrap();
        assert!(notices(&mut watch).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_that_turns_to_another_file_is_a_change() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["v1", "v2"] {
            fs::create_dir(folder.path().join(version)).unwrap();
            fs::write(folder.path().join(version).join("levers.toml"), version).unwrap();
        }
        let link = folder.path().join("data");
        std::os::unix::fs::symlink("v1", &link).unwrap();
        let mut watch = Watch::new(vec![link.join("levers.toml")]);
        std::os::unix::fs::symlink("v2", folder.path().join("next")).unwrap();
        fs::rename(folder.path().join("next"), &link).unwrap();
        assert!(notices(&mut watch).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_between_reading_and_watching_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let (file, secret) = (folder.path().join("levers.toml"), folder.path().join("secret"));
        fs::write(&file, "one").unwrap();
        fs::write(&secret, "hunter2").unwrap();
        let mut watch = Watch::new(vec![file.clone()]);
        fs::write(&file, "other").unwrap();
        watch.instead(vec![file, secret.clone()]);
        assert!(notices(&mut watch).await);
        fs::write(&secret, "hunter23").unwrap();
        assert!(notices(&mut watch).await);
        fs::write(&secret, "hunter").unwrap();
        watch.catch_up();
        assert!(!notices(&mut watch).await);
    }
}
