//! A file that gets its name only once it is complete.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

/// A file that has another name until it is complete; if it is dropped before, it is removed. It is locked meanwhile, which
/// tells it from what a killed program has left.
pub(super) struct Unfinished {
    file: File,
    /// Where it is until it is complete.
    path: PathBuf,
    name: PathBuf,
    is_complete: bool,
}

impl Unfinished {
    /// Creates a file that only its owner may read. `name` must not exist.
    pub fn create(name: &Path) -> anyhow::Result<Unfinished> {
        ensure!(!name.exists(), "{} exists: name a file that does not", name.display());
        let mut file_name = name.file_name().context("the name of a file is missing")?.to_owned();
        file_name.push(".unfinished");
        let path = name.with_file_name(file_name);
        remove_left_behind(&path)?;
        let context = || format!("creating {}", path.display());
        let file = File::options().write(true).create_new(true).mode(0o600).open(&path).with_context(context)?;
        if !is_ours(&file).with_context(context)? {
            bail!("another backup is being written to {}", path.display());
        }
        Ok(Unfinished { file, path, name: name.to_owned(), is_complete: false })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Another handle, to write to it.
    pub fn file(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Gives the file its name. All of it must be on disk.
    pub fn complete(mut self) -> anyhow::Result<()> {
        ensure!(!self.name.exists(), "{} exists by now", self.name.display());
        fs::rename(&self.path, &self.name)?;
        self.is_complete = true;
        let folder = self.name.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(File::open(folder)?.sync_all()?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_complete {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the file of a program that was killed.
fn remove_left_behind(path: &Path) -> anyhow::Result<()> {
    let file = match File::options().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file.with_context(|| path.display().to_string())?,
    };
    let is_left = is_ours(&file)? && is_at(&file, path);
    ensure!(is_left, "another backup is being written to {}", path.display());
    fs::remove_file(path)
        .with_context(|| format!("removing {}, which a backup has left that was killed", path.display()))
}

/// Locks a file. Returns `false` if another program has.
fn is_ours(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(false),
        // Some network file systems have no locks: there, nothing tells whether a file is still being written.
        Err(TryLockError::Error(error)) if error.kind() != io::ErrorKind::Unsupported => Err(error),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(true),
    }
}

/// Whether a file is still at this path, and was not replaced since it was opened.
fn is_at(file: &File, path: &Path) -> bool {
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata().map(id), fs::symlink_metadata(path).map(id)), (Ok(opened), Ok(found)) if opened == found)
}
