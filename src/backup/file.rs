//! The file of a backup: written under a temporary name until it is complete, and checked as a whole before it is used.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tar::{Archive, Builder, EntryType};
use tokio_util::sync::CancellationToken;

use super::unfinished::Unfinished;
use super::{FORMAT, Header, INTERRUPTED, Manifest, Progress, VERSION};

pub(super) const HEADER: &str = "backup.json";
pub(super) const MANIFEST: &str = "manifest.json";
const DIGEST: &str = "SHA256";
/// The largest manifest or header that is read into memory.
const METADATA_BYTES: u64 = 256 * 1024 * 1024;

/// A backup that is being written.
pub(super) struct Writer {
    tar: Builder<GzEncoder<BufWriter<File>>>,
    digest: Sha256,
    file: Unfinished,
    /// Cancelled when the backup is to end before it is complete.
    stop: CancellationToken,
}

impl Writer {
    /// Creates a file that only its owner may read. `path` must not exist.
    pub fn create(path: &Path, stop: CancellationToken) -> anyhow::Result<Writer> {
        let file = Unfinished::create(path)?;
        let tar = Builder::new(GzEncoder::new(BufWriter::new(file.file()?), Compression::fast()));
        Ok(Writer { tar, digest: Sha256::new(), file, stop })
    }

    pub fn add(&mut self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        self.add_from(Path::new(name), content.len() as u64, content)
    }

    /// Adds so many bytes, and fails if there are fewer.
    pub fn add_from(&mut self, name: &Path, length: u64, content: impl Read) -> anyhow::Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(length);
        header.set_mode(0o600);
        begin_entry(&mut self.digest, name, length);
        let content = Stoppable { inner: content.take(length), stop: &self.stop };
        let mut content = Hashed { inner: content, digest: &mut self.digest, bytes: 0 };
        let written = self.tar.append_data(&mut header, name, &mut content);
        written.with_context(|| format!("writing {}", self.file.path().display()))?;
        ensure!(content.bytes == length, "{} got shorter", name.display());
        Ok(())
    }

    /// Completes the file, reads it again, and gives it its name once all of it is on disk. Returns its size in bytes.
    pub fn finish(mut self, progress: impl FnMut(Progress<'_>)) -> anyhow::Result<u64> {
        let digest = hex(&self.digest.clone().finalize());
        self.add(DIGEST, digest.as_bytes())?;
        let path = self.file.path().to_owned();
        let size = self.sync().with_context(|| format!("writing {}", path.display()))?;
        read(&path, &self.stop, progress).context("what was written is not what can be read")?;
        self.file.complete()?;
        Ok(size)
    }

    fn sync(&mut self) -> io::Result<u64> {
        self.tar.finish()?;
        let encoder = self.tar.get_mut();
        encoder.try_finish()?;
        encoder.get_mut().flush()?;
        let file = encoder.get_ref().get_ref();
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

/// Passes bytes on until it is to stop.
struct Stoppable<'s, R> {
    inner: R,
    stop: &'s CancellationToken,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other(INTERRUPTED));
        }
        self.inner.read(buffer)
    }
}

/// Passes bytes on and adds them to the digest.
struct Hashed<'d, R> {
    inner: R,
    digest: &'d mut Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.digest.update(&buffer[..length]);
        self.bytes += length as u64;
        Ok(length)
    }
}

fn begin_entry(digest: &mut Sha256, name: &Path, length: u64) {
    let name = name.as_os_str().as_encoded_bytes();
    digest.update((name.len() as u64).to_be_bytes());
    digest.update(name);
    digest.update(length.to_be_bytes());
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"))
}

/// A backup that has been checked as a whole.
pub struct Verified {
    pub header: Header,
    pub manifest: Manifest,
    /// The digest of all that is in it.
    pub digest: String,
    file: File,
}

/// Reads a whole backup. It is an error if anything is missing, changed or too much, or if it needs another program.
pub fn verify(path: &Path, progress: impl FnMut(Progress<'_>)) -> anyhow::Result<Verified> {
    let read = read(path, &CancellationToken::new(), progress);
    read.with_context(|| format!("{} is not a complete backup, nothing was written", path.display()))
}

fn read(path: &Path, stop: &CancellationToken, mut progress: impl FnMut(Progress<'_>)) -> anyhow::Result<Verified> {
    let mut file = File::open(path)?;
    let all = file.metadata()?.len();
    let (mut header, mut manifest, mut told) = (None, None, None);
    let mut digest = Sha256::new();
    let mut archive = archive(&mut file)?;
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path()?.into_owned();
        ensure!(told.is_none(), "{} comes after its end", name.display());
        ensure!(header.is_some() || name == Path::new(HEADER), "it does not begin like a backup");
        progress(Progress { step: "checking the file", done: entry.raw_file_position(), all });
        let expected = hex(&digest.clone().finalize());
        begin_entry(&mut digest, &name, entry.size());
        let content = Stoppable { inner: &mut entry, stop };
        let mut content = Hashed { inner: content, digest: &mut digest, bytes: 0 };
        match name.to_str() {
            Some(HEADER) => header = Some(read_header(content)?),
            Some(MANIFEST) => manifest = Some(serde_json::from_slice(&read_all(content)?).context(MANIFEST)?),
            Some(DIGEST) => {
                ensure!(read_all(content)? == expected.as_bytes(), "its content was changed");
                told = Some(expected);
            }
            _ => drop(io::copy(&mut content, &mut io::sink())?),
        }
    }
    let digest = told.context("its end is missing")?;
    let mut rest = archive.into_inner();
    ensure!(io::copy(&mut rest, &mut io::sink())? < 16 * 1024, "something follows its end");
    let mut compressed = rest.into_inner();
    ensure!(io::copy(&mut compressed, &mut io::sink())? == 0, "something follows its end");
    let (header, manifest) = (header.context("its header is missing")?, manifest.context("its manifest is missing")?);
    Ok(Verified { header, manifest, digest, file })
}

fn read_all(content: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    content.take(METADATA_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_header(content: impl Read) -> anyhow::Result<Header> {
    let header: serde_json::Value = serde_json::from_slice(&read_all(content)?).context(HEADER)?;
    ensure!(header["format"] == FORMAT, "it does not begin like a backup");
    if header["version"] != VERSION {
        bail!("it has the format {}, of another version of this program, and not {VERSION}", header["version"]);
    }
    let header: Header = serde_json::from_value(header).context(HEADER)?;
    if !header.encryption_keys.is_empty() {
        let keys = header.encryption_keys.join(", ");
        bail!("it contains values that are encrypted with keys which this program does not have: {keys}");
    }
    Ok(header)
}

impl Verified {
    /// The entries, from the beginning.
    pub(super) fn archive(&mut self) -> anyhow::Result<BackupArchive<'_>> {
        Ok(archive(&mut self.file)?)
    }
}

pub(super) type BackupArchive<'f> = Archive<GzDecoder<BufReader<&'f mut File>>>;

fn archive(file: &mut File) -> io::Result<BackupArchive<'_>> {
    file.seek(SeekFrom::Start(0))?;
    Ok(Archive::new(GzDecoder::new(BufReader::with_capacity(64 * 1024, file))))
}
