//! The control socket: how `whmcs-api reload` reaches the servers on the same machine that use the same data directory.
//!
//! A request is a line, the reply is a line `ok` or `error` with a text after it. The socket is in a folder that only the
//! owner of the data directory can enter. Its name begins with a digest of the machine's name: machines may share the data
//! directory over a network, through which they cannot reach each other's sockets.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use anyhow::{Context, bail};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};

/// The folder in the data directory. Each server has a socket of its own in it.
const FOLDER: &str = "control";
const RELOAD: &[u8] = b"reload\n";
/// Time limit for a request to arrive, and for a reply to be read.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(2);
/// Time limit of a whole request for those who make it.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
const ACCEPT_RETRY_DELAY: Duration = Duration::from_secs(1);
const MAX_REPLY_BYTES: u64 = 64 * 1024;

/// The control socket of a running server. Its file is removed when it is dropped.
pub struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
}

/// A request to read the settings again, which waits for its reply.
pub struct ReloadRequest(UnixStream);

impl ControlSocket {
    pub fn open(data_dir: &Path) -> anyhow::Result<ControlSocket> {
        let folder = data_dir.join(FOLDER);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        // Containers that share a data directory may have the same process ids.
        let path = folder.join(format!("{}{}-{:08x}.socket", name_prefix(), process::id(), getrandom::u32()?));
        let listener = UnixListener::bind(&path)?;
        Ok(ControlSocket { listener, path })
    }

    /// Waits for a request to read the settings again.
    pub async fn next_request(&self) -> ReloadRequest {
        loop {
            let Ok((mut stream, _)) = self.listener.accept().await else {
                sleep(ACCEPT_RETRY_DELAY).await;
                continue;
            };
            let mut line = [0; RELOAD.len()];
            let read = timeout(EXCHANGE_TIMEOUT, stream.read_exact(&mut line)).await;
            if matches!(read, Ok(Ok(_))) && line == RELOAD {
                return ReloadRequest(stream);
            }
        }
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl ReloadRequest {
    /// Sends the outcome to who asked for it.
    pub async fn answer(mut self, outcome: Result<String, String>) {
        let (status, text) = match outcome {
            Ok(text) => ("ok", text),
            Err(text) => ("error", text),
        };
        let reply = format!("{status}\n{text}");
        // Whoever has stopped waiting needs no reply.
        let _ = timeout(EXCHANGE_TIMEOUT, self.0.write_all(reply.as_bytes())).await;
    }
}

/// Returns the start of the names of this machine's sockets.
fn name_prefix() -> String {
    let digest = Sha256::digest(rustix::system::uname().nodename().to_bytes());
    digest[..4].iter().map(|byte| format!("{byte:02x}")).chain(["-".to_owned()]).collect()
}

/// Has each server on this machine that uses a data directory read its settings again. Returns the outcome of each, in the
/// order of their sockets; it is an error if no server runs.
pub async fn reload_all(data_dir: &Path) -> anyhow::Result<Vec<Result<String, String>>> {
    let folder = data_dir.join(FOLDER);
    let none = || format!("no server runs on this machine that uses the data directory {}", data_dir.display());
    let entries = fs::read_dir(&folder).with_context(none)?;
    let mut paths: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.sort();
    let mut outcomes = Vec::new();
    for path in paths {
        let asked = timeout(REQUEST_TIMEOUT, reload(&path)).await;
        match asked.with_context(|| format!("{} does not answer", path.display()))? {
            Ok(outcome) => outcomes.push(outcome),
            // The server was killed, or it runs on another machine.
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => remove_if_own(&path)?,
            Err(error) => return Err(error).with_context(|| format!("asking {}", path.display())),
        }
    }
    if outcomes.is_empty() {
        bail!("{}", none());
    }
    Ok(outcomes)
}

/// Removes the socket of a server that has ended, unless it belongs to another machine.
fn remove_if_own(path: &Path) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(&name_prefix()) { fs::remove_file(path) } else { Ok(()) }
}

async fn reload(path: &Path) -> io::Result<Result<String, String>> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(RELOAD).await?;
    let mut reply = String::new();
    stream.take(MAX_REPLY_BYTES).read_to_string(&mut reply).await?;
    match reply.split_once('\n') {
        Some(("ok", text)) => Ok(Ok(text.to_owned())),
        Some(("error", text)) => Ok(Err(text.to_owned())),
        _ => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server ended")),
    }
}
