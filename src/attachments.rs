//! Attachments of tickets: stored in a folder that no web server serves, under names that clients cannot choose.
//!
//! A call writes its files before it is committed, and removes them if it is not: a ticket never refers to a missing
//! file. What a call deletes, it removes once it is committed. A crash in between can at worst leave a file to which no
//! ticket refers.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::config;
use crate::fault::{Fault, Result};

/// Maximum number of files per call, so that their names fit into the column.
pub const MAX_FILES: usize = 100;
/// Maximum length of the part of a stored name that comes from the file's own name.
const NAME_BYTES: usize = 100;
/// Maximum size of a file that is read; WHMCS may have stored larger ones than this server accepts.
const MAX_READ_BYTES: u64 = 64 * 1024 * 1024;
/// Number of attempts at finding an unused file name.
const NAME_ATTEMPTS: u32 = 100;

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name that the client sent; not to be trusted as a path.
    pub name: String,
    pub content: Vec<u8>,
}

/// Why a file was rejected.
#[derive(Debug, PartialEq, Eq)]
pub enum RejectedFile {
    TooMany {
        limit: usize,
    },
    /// The file's extension is not in the operator's list.
    TypeNotAllowed {
        name: String,
        allowed: Vec<String>,
    },
    /// The file exceeds the limit, in bytes.
    TooLarge {
        name: String,
        limit: usize,
    },
}

/// The files of one call, across all attempts at its transaction.
pub struct Attachments {
    settings: Arc<config::Attachments>,
    /// Whether any file was stored, so that most calls skip the cleanup.
    is_used: AtomicBool,
    stored: Arc<Mutex<StoredFiles>>,
    /// The names of the files that the latest attempt at the transaction deletes.
    deleted: Mutex<Vec<String>>,
}

#[derive(Default)]
struct StoredFiles {
    names: Vec<String>,
    /// Whether all of the call's files have been written.
    is_complete: bool,
    /// Whether the call has ended, so that files still being written must be removed.
    has_call_ended: bool,
}

impl Attachments {
    pub fn new(settings: Arc<config::Attachments>) -> Attachments {
        Attachments { settings, is_used: AtomicBool::new(false), stored: Arc::default(), deleted: Mutex::default() }
    }

    /// Checks whether these files may be stored, and returns the first violation.
    pub fn check(&self, files: &[Attachment]) -> Result<(), RejectedFile> {
        if files.len() > MAX_FILES {
            return Err(RejectedFile::TooMany { limit: MAX_FILES });
        }
        let config::Attachments { file_bytes, extensions, .. } = &*self.settings;
        for Attachment { name, content } in files {
            let allowed = |allowed: &String| allowed.trim_start_matches('.').eq_ignore_ascii_case(extension(name));
            if !extensions.iter().any(allowed) {
                return Err(RejectedFile::TypeNotAllowed { name: sanitized(name), allowed: extensions.clone() });
            }
            if content.len() > *file_bytes {
                return Err(RejectedFile::TooLarge { name: sanitized(name), limit: *file_bytes });
            }
        }
        Ok(())
    }

    /// Writes the files to disk and returns their names as the tables store them. Must be the last step before the
    /// first write to the database. If the transaction is retried, the files exist already.
    pub async fn store(&self, files: Vec<Attachment>) -> Result<String> {
        if files.is_empty() {
            return Ok(String::new());
        }
        self.is_used.store(true, Ordering::Relaxed);
        let (settings, stored) = (Arc::clone(&self.settings), Arc::clone(&self.stored));
        let written = spawn_blocking(move || lock(&stored).write(&settings.dir, &files)).await;
        let names = written.map_err(|error| failed("writing attachments", &error))?;
        names.map_err(|error| failed(&format!("writing to {}", self.settings.dir.display()), &error))
    }

    /// Removes the files of a call that has not been committed.
    pub async fn discard(&self) {
        if !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        let (settings, stored) = (Arc::clone(&self.settings), Arc::clone(&self.stored));
        if let Err(error) = spawn_blocking(move || lock(&stored).remove(&settings.dir)).await {
            warn!(%error, "attachments of a failed call could not be removed");
        }
    }
}

impl Attachments {
    /// Reads a stored file. Returns `None`, with a line in the log, if there is none that can be read.
    pub async fn read(&self, name: &str) -> Option<Vec<u8>> {
        let path = self.path(name)?;
        let read = spawn_blocking(move || {
            let length = fs::metadata(&path)?.len();
            if length > MAX_READ_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { fs::read(path) }
        });
        let content = read.await.map_err(io::Error::other).flatten();
        content.inspect_err(|error| warn!(%error, name, "an attachment cannot be read")).ok()
    }

    /// Whether files can be written, by creating an empty one for a moment. A folder that does not exist is created with the
    /// first file.
    pub async fn check_folder(&self) -> io::Result<()> {
        let settings = Arc::clone(&self.settings);
        let check = spawn_blocking(move || {
            if !settings.dir.try_exists()? {
                return Ok(());
            }
            let random = getrandom::u64().map_err(io::Error::other)?;
            let probe = settings.dir.join(format!(".probe-{random:016x}"));
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe)?;
            fs::remove_file(probe)
        });
        check.await.map_err(io::Error::other)?
    }

    /// Where files are stored. The folder is made with the first one.
    pub fn folder(&self) -> &Path {
        &self.settings.dir
    }

    /// Has these files removed once the call is committed. An earlier attempt at the transaction may have named others.
    pub fn remove_after_commit(&self, names: Vec<String>) {
        *self.deleted.lock().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Removes the files that a committed call has deleted. One that cannot be removed is named in the log.
    pub async fn remove_deleted(&self) {
        let names = std::mem::take(&mut *self.deleted.lock().unwrap_or_else(PoisonError::into_inner));
        let files: Vec<PathBuf> = names.iter().filter_map(|name| self.path(name)).collect();
        if files.is_empty() {
            return;
        }
        let removal = spawn_blocking(move || {
            for file in files {
                if let Err(error) = fs::remove_file(&file) {
                    warn!(%error, file = %file.display(), "a deleted attachment could not be removed");
                }
            }
        });
        let _ = removal.await;
    }

    /// The path of a stored file; `None` for what cannot be the name of one, as rows of a database may have any text.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let is_plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && !name.starts_with('.');
        is_plain.then(|| self.settings.dir.join(name))
    }
}

/// The lock is held while files are written, so a call that timed out removes its files only after the last one is
/// complete.
fn lock(stored: &Mutex<StoredFiles>) -> MutexGuard<'_, StoredFiles> {
    stored.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(what: &str, error: &dyn std::error::Error) -> Fault {
    Fault::internal(format!("{what}: {error}"))
}

impl StoredFiles {
    fn write(&mut self, folder: &Path, files: &[Attachment]) -> io::Result<String> {
        if self.has_call_ended {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !self.is_complete {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            for file in files {
                let mut to = self.create(folder, &file.name)?;
                to.write_all(&file.content)?;
                to.sync_all()?;
            }
            // The directory is synced as well, so that the names are on disk.
            File::open(folder)?.sync_all()?;
            self.is_complete = true;
        }
        Ok(self.names.join("|"))
    }

    /// Creates a file under an unused name and records the name.
    fn create(&mut self, folder: &Path, name: &str) -> io::Result<File> {
        let plain = sanitized(name);
        for _ in 0..NAME_ATTEMPTS {
            let random = getrandom::u32().map_err(io::Error::other)?;
            let name = format!("{:06}_{plain}", random % 1_000_000);
            match OpenOptions::new().write(true).create_new(true).mode(0o640).open(folder.join(&name)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(file) => {
                    self.names.push(name);
                    return Ok(file);
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn remove(&mut self, folder: &Path) {
        self.has_call_ended = true;
        for name in self.names.drain(..) {
            if let Err(error) = fs::remove_file(folder.join(&name)) {
                warn!(%error, name, "an attachment of a failed call could not be removed");
            }
        }
    }
}

/// The part of a name after the last dot.
fn extension(name: &str) -> &str {
    base_name(name).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// The name without any folders.
fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Sanitizes a file name for paths, lists and the database: keeps letters, digits, dots, hyphens and underscores, and
/// shortens it from the front so that the extension stays.
fn sanitized(name: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = base_name(name).chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.');
    plain[plain.len().saturating_sub(NAME_BYTES)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_contain_no_paths() {
        for (sent, kept) in [
            ("notes.txt", "notes.txt"),
            ("../../etc/passwd", "passwd"),
            ("..\\..\\boot.txt", "boot.txt"),
            ("/etc/cron.d/x.txt", "x.txt"),
            ("..", ""),
            (".htaccess", "htaccess"),
            ("a|b\0c\n.txt", "a_b_c_.txt"),
            ("Größe 5.PDF", "Gr__e_5.PDF"),
            ("%2e%2e%2fx.txt", "_2e_2e_2fx.txt"),
        ] {
            assert_eq!(sanitized(sent), kept, "{sent:?}");
        }
        let long = sanitized(&format!("{}.txt", "x".repeat(300)));
        assert!(long.len() == NAME_BYTES && long.ends_with("x.txt"), "{long}");
    }

    #[test]
    fn the_extension_follows_the_last_dot() {
        for (name, type_) in [("a.txt", "txt"), ("a.txt.exe", "exe"), ("a.txt/b", ""), ("txt", ""), ("x.", "")] {
            assert_eq!(extension(name), type_, "{name}");
        }
    }

    fn attachments(folder: &Path) -> Attachments {
        let settings = config::Attachments { dir: folder.to_owned(), file_bytes: 5, ..config::Attachments::default() };
        Attachments::new(Arc::new(settings))
    }

    fn file(name: &str) -> Attachment {
        Attachment { name: name.to_owned(), content: b"hello".to_vec() }
    }

    #[tokio::test]
    async fn files_are_written_once_and_removed_at_will() {
        let folder = std::env::temp_dir().join(format!("whmcs-api-attachments-{}", std::process::id()));
        let call = attachments(&folder);
        let names = call.store(vec![file("a.txt"), file("../b.txt")]).await.unwrap();
        let stored: Vec<&str> = names.split('|').collect();
        assert!(stored[0].ends_with("_a.txt") && stored[1].ends_with("_b.txt"), "{names}");
        assert_eq!(fs::read(folder.join(stored[1])).unwrap(), b"hello");
        let again = call.store(vec![file("a.txt"), file("../b.txt")]).await.unwrap();
        assert_eq!(again, names, "a transaction that is run again finds its files");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
        call.discard().await;
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        assert!(call.store(vec![file("a.txt")]).await.is_err(), "the call is over");
        fs::remove_dir(&folder).unwrap();
    }

    #[tokio::test]
    async fn deleted_files_stay_until_they_are_removed() {
        let folder = std::env::temp_dir().join(format!("whmcs-api-deleted-{}", std::process::id()));
        let call = attachments(&folder);
        let names = call.store(vec![file("a.txt"), file("b.txt")]).await.unwrap();
        let (first, second) = names.split_once('|').unwrap();
        assert_eq!(call.read(first).await.as_deref(), Some(&b"hello"[..]));
        fs::write(folder.with_extension("outside"), "x").unwrap();
        let outside = format!("../{}", folder.with_extension("outside").file_name().unwrap().to_str().unwrap());
        for name in ["", ".", "..", "000000_missing.txt", &outside] {
            assert_eq!(call.read(name).await, None, "{name}");
        }
        call.remove_after_commit(vec![first.to_owned()]);
        call.remove_after_commit(vec![second.to_owned(), outside, "000000_missing.txt".to_owned()]);
        assert!(folder.join(first).exists() && folder.join(second).exists());
        call.remove_deleted().await;
        assert!(folder.join(first).exists(), "only an earlier attempt deletes it");
        assert!(!folder.join(second).exists() && folder.with_extension("outside").exists());
        fs::remove_file(folder.with_extension("outside")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn only_allowed_files_are_accepted() {
        let check = |files: &[Attachment]| attachments(Path::new("/nowhere")).check(files);
        assert_eq!(check(&[file("a.txt"), file("b.JPEG")]), Ok(()));
        for name in ["a.exe", "a.txt.exe", "txt", "a.txt/x", ""] {
            assert!(matches!(check(&[file(name)]), Err(RejectedFile::TypeNotAllowed { .. })), "{name}");
        }
        let large = Attachment { name: "a.txt".to_owned(), content: vec![0; 6] };
        assert_eq!(check(&[large]), Err(RejectedFile::TooLarge { name: "a.txt".to_owned(), limit: 5 }));
        let many = vec![file("a.txt"); MAX_FILES + 1];
        assert_eq!(check(&many), Err(RejectedFile::TooMany { limit: MAX_FILES }));
    }
}
