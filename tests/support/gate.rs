//! A proxy between an API and its database that holds back the result of one statement after the database has executed it.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;

use super::Scratch;

const PREPARE: u8 = 0x16;
const EXECUTE: u8 = 0x17;

pub struct Gate {
    folder: Scratch,
    state: Arc<State>,
}

struct State {
    /// A part of the statement's text.
    marker: &'static str,
    is_closed: watch::Sender<bool>,
    /// Number of executions of the statement, and of all others.
    marked: AtomicU32,
    others: AtomicU32,
}

impl Gate {
    /// Starts a proxy for a database that is open at first.
    pub fn start(name: &str, database: MySqlConnectOptions, marker: &'static str) -> Gate {
        let folder = Scratch::new(name);
        let listener = UnixListener::bind(folder.join("socket")).unwrap();
        let state =
            Arc::new(State { marker, is_closed: watch::Sender::new(false), marked: 0.into(), others: 0.into() });
        let gate = Gate { folder, state: Arc::clone(&state) };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (database, state) = (database.clone(), Arc::clone(&state));
                tokio::spawn(async move {
                    match database.get_socket().map(PathBuf::from) {
                        Some(socket) => forward(client, UnixStream::connect(socket).await?, &state).await,
                        None => {
                            let address = (database.get_host(), database.get_port());
                            forward(client, TcpStream::connect(address).await?, &state).await
                        }
                    }
                });
            }
        });
        gate
    }

    pub fn options(&self, database: MySqlConnectOptions) -> MySqlConnectOptions {
        database.socket(self.folder.join("socket")).ssl_mode(MySqlSslMode::Disabled)
    }

    /// Holds back results of the statement from now on.
    pub fn close(&self) {
        self.state.is_closed.send_replace(true);
    }

    pub fn open(&self) {
        self.state.is_closed.send_replace(false);
    }

    /// Number of times that the database has executed the statement.
    pub fn marked(&self) -> u32 {
        self.state.marked.load(Ordering::SeqCst)
    }

    /// Number of times that the database has executed other statements.
    pub fn others(&self) -> u32 {
        self.state.others.load(Ordering::SeqCst)
    }
}

async fn forward(
    mut client: UnixStream,
    mut database: impl AsyncRead + AsyncWrite + Unpin,
    state: &State,
) -> io::Result<()> {
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let (mut prepared, mut is_preparing, mut is_marked) = (HashSet::new(), false, false);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let asked = &asked[..read?];
                let Some(command) = asked.get(4) else { return Ok(()) };
                let text = || asked.windows(state.marker.len()).any(|bytes| bytes == state.marker.as_bytes());
                is_preparing = *command == PREPARE && text();
                is_marked = *command == EXECUTE && prepared.contains(&asked[5..9]);
                if *command == EXECUTE && !is_marked {
                    state.others.fetch_add(1, Ordering::SeqCst);
                }
                database.write_all(asked).await?;
            }
            read = database.read(&mut answered) => {
                let answered = &answered[..read?];
                if answered.is_empty() {
                    return Ok(());
                }
                if std::mem::take(&mut is_preparing) {
                    prepared.insert(answered[5..9].to_vec());
                }
                if std::mem::take(&mut is_marked) {
                    state.marked.fetch_add(1, Ordering::SeqCst);
                    let _ = state.is_closed.subscribe().wait_for(|is_closed| !is_closed).await;
                }
                client.write_all(answered).await?;
            }
        }
    }
}
