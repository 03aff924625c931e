//! Stands between an API and its database, and cuts connections where it hurts most: at a COMMIT.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use super::Scratch;

/// When a connection that commits is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The database never gets the COMMIT.
    Before,
    /// The database commits, and its answer is lost.
    After,
    /// The same, and nobody gets through any more.
    ForGood,
}

pub struct Proxy {
    folder: Scratch,
    cuts: Arc<AtomicU32>,
}

impl Proxy {
    /// Stands before a database and cuts the next connections that commit, this many of them.
    pub fn start(name: &str, database: MySqlConnectOptions, cut: Cut, cuts: u32) -> Proxy {
        let folder = Scratch::new(name);
        let listener = UnixListener::bind(folder.join("socket")).unwrap();
        let left = Arc::new(AtomicU32::new(cuts));
        let cuts = Arc::clone(&left);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if cut == Cut::ForGood && left.load(Ordering::Relaxed) == 0 {
                    continue;
                }
                let (database, left) = (database.clone(), Arc::clone(&left));
                tokio::spawn(async move {
                    match database.get_socket().map(PathBuf::from) {
                        Some(socket) => forward(client, UnixStream::connect(socket).await?, cut, &left).await,
                        None => {
                            let address = (database.get_host(), database.get_port());
                            forward(client, TcpStream::connect(address).await?, cut, &left).await
                        }
                    }
                });
            }
        });
        Proxy { folder, cuts }
    }

    /// How to connect through the proxy, which must be able to read along.
    pub fn options(&self, database: MySqlConnectOptions) -> MySqlConnectOptions {
        database.socket(self.folder.join("socket")).ssl_mode(MySqlSslMode::Disabled)
    }

    pub fn cuts_left(&self) -> u32 {
        self.cuts.load(Ordering::Relaxed)
    }
}

async fn forward(
    mut client: UnixStream,
    mut database: impl AsyncRead + AsyncWrite + Unpin,
    cut: Cut,
    left: &AtomicU32,
) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                let is_commit = asked.windows(7).any(|bytes| bytes == b"\x03COMMIT");
                let is_cut = is_commit && left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
                let is_gone = cut == Cut::ForGood && left.load(Ordering::Relaxed) == 0 && !is_cut;
                if asked.is_empty() || is_gone || is_cut && cut == Cut::Before {
                    return Ok(());
                }
                database.write_all(asked).await?;
                if is_cut {
                    assert_ne!(database.read(&mut answered).await?, 0, "the database answers the COMMIT");
                    return Ok(());
                }
            }
            read = database.read(&mut answered) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                client.write_all(&answered[..read]).await?;
            }
        }
    }
}
