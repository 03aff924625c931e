//! The folder of attachments in a backup.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};

use super::file::Writer;

/// The folder of attachments within a backup.
pub(super) const FOLDER: &str = "attachments";

/// Adds all files of a folder, and returns their number. A file that is removed meanwhile is left out.
pub(super) fn add(writer: &mut Writer, folder: &Path, mut progress: impl FnMut(u64)) -> anyhow::Result<u64> {
    let mut count = 0;
    for name in files(folder)? {
        let path = folder.join(&name);
        // Opening a pipe must not wait for somebody who writes to it.
        let file = match File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.symlink_metadata().is_err() => continue,
            file => file.with_context(|| path.display().to_string())?,
        };
        ensure!(file.metadata()?.is_file(), "{} is not a file", path.display());
        let length = file.metadata()?.len();
        let added = writer.add_from(&Path::new(FOLDER).join(&name), length, file);
        added.with_context(|| format!("reading {}", path.display()))?;
        count += 1;
        progress(count);
    }
    Ok(count)
}

/// The names of all files in a folder and the folders within it; none if there is no such folder.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut names, mut folders) = (Vec::new(), vec![PathBuf::new()]);
    while let Some(inner) = folders.pop() {
        let path = folder.join(&inner);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.with_context(|| path.display().to_string())?,
        };
        for entry in entries {
            let entry = entry.with_context(|| path.display().to_string())?;
            let name = inner.join(entry.file_name());
            match entry.file_type()?.is_dir() {
                true => folders.push(name),
                false => names.push(name),
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Writes a file into the folder of attachments, for the owner of that folder or of the folder above it.
pub(super) fn write(folder: &Path, name: &Path, content: &mut impl Read) -> anyhow::Result<()> {
    let is_harmless = name.components().all(|part| matches!(part, Component::Normal(_)));
    ensure!(is_harmless, "{} is outside the folder of attachments", name.display());
    let path = folder.join(name);
    let inner = path.parent().unwrap_or(folder);
    let context = || format!("writing {}", path.display());
    make(inner).with_context(context)?;
    let mut file =
        File::options().write(true).create(true).truncate(true).mode(0o640).open(&path).with_context(context)?;
    give(&file, inner).with_context(context)?;
    io::copy(content, &mut file).with_context(context)?;
    file.sync_all().with_context(context)?;
    File::open(inner)?.sync_all().with_context(context)
}

fn make(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let above = folder.parent().unwrap_or(folder);
    make(above)?;
    DirBuilder::new().mode(0o700).create(folder)?;
    give(&File::open(folder)?, above)
}

/// Gives a file to the owner of a folder, if root has created it.
fn give(file: &File, folder: &Path) -> io::Result<()> {
    let (owner, current) = (fs::metadata(folder)?, file.metadata()?);
    match (owner.uid(), owner.gid()) == (current.uid(), current.gid()) || current.uid() != 0 {
        true => Ok(()),
        false => fchown(file, Some(owner.uid()), Some(owner.gid())),
    }
}
