//! A proxy between an API and its database that cuts connections at the worst moments: at a COMMIT, or anywhere within
//! transactions.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};

use super::Scratch;

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Before the database gets the COMMIT.
    Before,
    /// After the database has committed, before its answer.
    After,
    /// After the database has committed, before its answer; and no connection is forwarded from then on.
    ForGood,
    /// At a different message for each connection: the first when it begins to write, the next ones at the message after
    /// that, and so on; alternately before the database gets the message and after it has answered. Messages that prepare
    /// statements do not count.
    Anywhere,
    /// Not at all: the database rolls a transaction back before one of its messages, without an error, as clusters do. The
    /// first time before its first message, then before the second one, and so on; but never before its COMMIT.
    Vanish,
}

/// Number of messages that [`Cut::Anywhere`] tries: more than a writing transaction has.
const MESSAGES: u32 = 40;

pub struct Proxy {
    folder: Scratch,
    cuts: Arc<AtomicU32>,
}

impl Proxy {
    /// Starts a proxy for a database that cuts this number of connections that commit, or begin.
    pub fn start(name: &str, database: MySqlConnectOptions, cut: Cut, cuts: u32) -> Proxy {
        let folder = Scratch::new(name);
        let listener = UnixListener::bind(folder.join("socket")).unwrap();
        let left = Arc::new(AtomicU32::new(cuts));
        let cuts = Arc::clone(&left);
        let begun = Arc::new(AtomicU32::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if cut == Cut::ForGood && left.load(Ordering::Relaxed) == 0 {
                    continue;
                }
                let cutter =
                    Cutter { cut, left: Arc::clone(&left), begun: Arc::clone(&begun), until: None, messages: 0 };
                let database = database.clone();
                tokio::spawn(async move {
                    match database.get_socket().map(PathBuf::from) {
                        Some(socket) => forward(client, UnixStream::connect(socket).await?, cutter).await,
                        None => {
                            let address = (database.get_host(), database.get_port());
                            forward(client, TcpStream::connect(address).await?, cutter).await
                        }
                    }
                });
            }
        });
        Proxy { folder, cuts }
    }

    /// Options to connect through the proxy, without encryption, since it must read the messages.
    pub fn options(&self, database: MySqlConnectOptions) -> MySqlConnectOptions {
        database.socket(self.folder.join("socket")).ssl_mode(MySqlSslMode::Disabled)
    }

    pub fn cuts_left(&self) -> u32 {
        self.cuts.load(Ordering::Relaxed)
    }
}

/// Decides when one connection is cut.
struct Cutter {
    cut: Cut,
    /// Number of cuts that are left for all connections.
    left: Arc<AtomicU32>,
    /// Number of connections that have begun a transaction.
    begun: Arc<AtomicU32>,
    /// For [`Cut::Anywhere`]: number of messages that pass before the cut, and whether the database answers the last
    /// one.
    until: Option<(u32, bool)>,
    /// For [`Cut::Vanish`]: number of messages of the transaction so far.
    messages: u32,
}

/// The treatment of a message to the database.
enum Fate {
    Passes,
    CutBefore,
    CutAfter,
    /// Passes after a rollback.
    Vanishes,
}

impl Cutter {
    fn fate(&mut self, message: &[u8]) -> Fate {
        const PREPARE: u8 = 0x16;
        let says = |text: &[u8]| message.windows(text.len()).any(|bytes| bytes == text);
        if self.cut == Cut::Vanish {
            return self.vanish(message, says(b"\x03COMMIT") || says(b"\x03ROLLBACK"));
        }
        let (is_here, is_after) = match self.cut {
            Cut::Anywhere => {
                if self.until.is_none() && says(b"\x03SET SESSION autocommit = 0") {
                    let number = self.begun.fetch_add(1, Ordering::Relaxed);
                    self.until = Some((number / 2 % MESSAGES, number % 2 == 1));
                }
                match &mut self.until {
                    _ if message.get(4) == Some(&PREPARE) => (false, false),
                    Some((0, is_after)) => (true, *is_after),
                    Some((messages, _)) => {
                        *messages -= 1;
                        (false, false)
                    }
                    None => (false, false),
                }
            }
            cut => (says(b"\x03COMMIT"), cut != Cut::Before),
        };
        let take = || self.left.try_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match is_here && take().is_ok() {
            true if is_after => Fate::CutAfter,
            true => Fate::CutBefore,
            // No connection is forwarded any more.
            false if self.cut == Cut::ForGood && self.left.load(Ordering::Relaxed) == 0 => Fate::CutBefore,
            false => Fate::Passes,
        }
    }

    fn vanish(&mut self, message: &[u8], is_end: bool) -> Fate {
        if is_end {
            self.messages = 0;
        }
        if is_end || !is_execution(message) {
            return Fate::Passes;
        }
        self.messages += 1;
        let is_here = self.messages == self.begun.load(Ordering::Relaxed) + 1;
        if !is_here || self.left.load(Ordering::Relaxed) == 0 {
            return Fate::Passes;
        }
        self.left.fetch_sub(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Fate::Vanishes
    }
}

/// Whether a message executes a prepared statement.
fn is_execution(message: &[u8]) -> bool {
    const EXECUTE: u8 = 0x17;
    message.get(4) == Some(&EXECUTE)
}

async fn forward(
    mut client: UnixStream,
    mut database: impl AsyncRead + AsyncWrite + Unpin,
    mut cutter: Cutter,
) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                if asked.is_empty() {
                    return Ok(());
                }
                let fate = cutter.fate(asked);
                if matches!(fate, Fate::CutBefore) {
                    return Ok(());
                }
                if matches!(fate, Fate::Vanishes) {
                    database.write_all(b"\x09\0\0\0\x03ROLLBACK").await?;
                    assert_ne!(database.read(&mut answered).await?, 0, "the database rolls back");
                }
                database.write_all(asked).await?;
                if matches!(fate, Fate::CutAfter) {
                    assert_ne!(database.read(&mut answered).await?, 0, "the database answers the message");
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
