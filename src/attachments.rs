//! The files that come with tickets: kept in a folder of their own, which no web server shows, under names that nobody
//! else chose.
//!
//! A call writes its files before it is committed and removes them when it is not: a ticket never names a file that is
//! not there. A crash between the two leaves a file behind that no ticket names, and nothing worse.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::spawn_blocking;
use tracing::warn;

use crate::config;
use crate::fault::{Fault, Result};

/// The most files that may come with one call: their names fit into their column.
pub const MOST_FILES: usize = 100;
/// How much of a file's own name is kept.
const NAME_BYTES: usize = 100;
/// How often another name is tried where a file of that name is there already.
const NAMES_TRIED: u32 = 100;

/// A file that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// As the client calls it; not to be trusted as a path.
    pub name: String,
    pub content: Vec<u8>,
}

/// Why files may not be stored.
#[derive(Debug, PartialEq, Eq)]
pub enum RejectedFile {
    TooMany {
        limit: usize,
    },
    /// The operator allows only files with these extensions.
    TypeNotAllowed {
        name: String,
        allowed: Vec<String>,
    },
    /// `limit` is in bytes.
    TooLarge {
        name: String,
        limit: usize,
    },
}

/// The files of one call, however often its transaction is run.
pub struct Attachments {
    settings: Arc<config::Attachments>,
    /// Whether there may be any, so that most calls have nothing to clean up.
    is_used: AtomicBool,
    stored: Arc<Mutex<Stored>>,
}

#[derive(Default)]
struct Stored {
    names: Vec<String>,
    /// Whether all of the call's files are there.
    is_whole: bool,
    /// Whether the call is over, and a file that was still to be written is not wanted any more.
    is_over: bool,
}

impl Attachments {
    pub fn new(settings: Arc<config::Attachments>) -> Attachments {
        Attachments { settings, is_used: AtomicBool::new(false), stored: Arc::default() }
    }

    /// Whether these files may be stored: the first rule of the operator's that they break.
    pub fn check(&self, files: &[Attachment]) -> Result<(), RejectedFile> {
        if files.len() > MOST_FILES {
            return Err(RejectedFile::TooMany { limit: MOST_FILES });
        }
        let config::Attachments { file_bytes, extensions, .. } = &*self.settings;
        for Attachment { name, content } in files {
            let allowed = |allowed: &String| allowed.trim_start_matches('.').eq_ignore_ascii_case(extension(name));
            if !extensions.iter().any(allowed) {
                return Err(RejectedFile::TypeNotAllowed { name: plain(name), allowed: extensions.clone() });
            }
            if content.len() > *file_bytes {
                return Err(RejectedFile::TooLarge { name: plain(name), limit: *file_bytes });
            }
        }
        Ok(())
    }

    /// Writes the files to disk, as the last thing before the first write to the database, and returns their names as
    /// the tables hold them. Where the transaction is run again, they are there already.
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

    /// Removes the files of a call that has written nothing to the database.
    pub async fn discard(&self) {
        if !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        let (settings, stored) = (Arc::clone(&self.settings), Arc::clone(&self.stored));
        if let Err(error) = spawn_blocking(move || lock(&stored).remove(&settings.dir)).await {
            warn!(%error, "attachments were left behind");
        }
    }
}

/// It is locked while files are written: a call that ran out of time has them removed when the last is there.
fn lock(stored: &Mutex<Stored>) -> MutexGuard<'_, Stored> {
    stored.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(what: &str, error: &dyn std::error::Error) -> Fault {
    Fault::internal(format!("{what}: {error}"))
}

impl Stored {
    fn write(&mut self, folder: &Path, files: &[Attachment]) -> io::Result<String> {
        if self.is_over {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if !self.is_whole {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
            for file in files {
                let mut to = self.create(folder, &file.name)?;
                to.write_all(&file.content)?;
                to.sync_all()?;
            }
            // The names are on disk, too.
            File::open(folder)?.sync_all()?;
            self.is_whole = true;
        }
        Ok(self.names.join("|"))
    }

    /// Makes a file under a name that no other has, and keeps the name in mind.
    fn create(&mut self, folder: &Path, name: &str) -> io::Result<File> {
        let plain = plain(name);
        for _ in 0..NAMES_TRIED {
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
        self.is_over = true;
        for name in self.names.drain(..) {
            if let Err(error) = fs::remove_file(folder.join(&name)) {
                warn!(%error, name, "an attachment was left behind");
            }
        }
    }
}

/// What stands behind the last dot of a name.
fn extension(name: &str) -> &str {
    plain_part(name).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// A name without the folders that it may be sent with.
fn plain_part(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// A name of which nothing is left that could have a meaning in a path, in a list of names or in a database: letters,
/// digits, dots, hyphens and underscores, and not too many of them. Its end stays, because it tells the type.
fn plain(name: &str) -> String {
    let is_harmless = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = plain_part(name).chars().map(|c| if is_harmless(c) { c } else { '_' }).collect();
    let plain = plain.trim_start_matches('.');
    plain[plain.len().saturating_sub(NAME_BYTES)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_lead_anywhere() {
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
            assert_eq!(plain(sent), kept, "{sent:?}");
        }
        let long = plain(&format!("{}.txt", "x".repeat(300)));
        assert!(long.len() == NAME_BYTES && long.ends_with("x.txt"), "{long}");
    }

    #[test]
    fn the_last_dot_tells_the_type() {
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

    #[test]
    fn only_what_the_operator_allows_is_taken() {
        let check = |files: &[Attachment]| attachments(Path::new("/nowhere")).check(files);
        assert_eq!(check(&[file("a.txt"), file("b.JPEG")]), Ok(()));
        for name in ["a.exe", "a.txt.exe", "txt", "a.txt/x", ""] {
            assert!(matches!(check(&[file(name)]), Err(RejectedFile::TypeNotAllowed { .. })), "{name}");
        }
        let large = Attachment { name: "a.txt".to_owned(), content: vec![0; 6] };
        assert_eq!(check(&[large]), Err(RejectedFile::TooLarge { name: "a.txt".to_owned(), limit: 5 }));
        let many = vec![file("a.txt"); MOST_FILES + 1];
        assert_eq!(check(&many), Err(RejectedFile::TooMany { limit: MOST_FILES }));
    }
}
