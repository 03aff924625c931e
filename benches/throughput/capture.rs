//! Captures the statements of a call: a proxy in front of the database passes everything on and records the statements
//! with their bound values. So there is no list of them to maintain, and none can be out of date.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// The id of the client or invoice in captured calls. Wherever this number occurs in their statements, repetitions
/// replace it.
pub const STAND_IN: u64 = 7919;

/// The yardstick: a look-up of one row by primary key.
pub fn lookup() -> Command {
    Command::Execute(
        "SELECT credit FROM tblclients WHERE id = ?".to_owned(),
        vec![Value::Integer(STAND_IN.cast_signed())],
    )
}

/// A command that was sent to the database and answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Command {
    /// A text command: `COMMIT`.
    Query(String),
    /// A prepared statement, executed with these values.
    Execute(String, Vec<Value>),
    Ping,
}

/// A bound value, as the driver sent it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Null,
    Integer(i64),
    Decimal(String),
    /// Year, month, day, and hour, minute, second.
    Date(i32, u32, u32),
    DateTime(i32, u32, u32, u32, u32, u32),
    Text(String),
    Bytes(Vec<u8>),
}

impl Command {
    pub fn is_commit(&self) -> bool {
        matches!(self, Command::Query(text) if text == "COMMIT")
    }

    /// Whether it looks up the caller's credential, as every call does first.
    pub fn reads_credential(&self) -> bool {
        matches!(self, Command::Execute(text, _) if text.contains("tbldeviceauth") && text.contains("tblapi_roles"))
    }

    /// Whether it belongs to the call itself. Other commands maintain the connection.
    pub fn is_statement(&self) -> bool {
        match self {
            Command::Query(text) => text != "ROLLBACK" && !text.starts_with("SET SESSION "),
            Command::Execute(..) => true,
            Command::Ping => false,
        }
    }
}

/// A recording proxy.
pub struct Recorder {
    pub socket: PathBuf,
    taken: Arc<Mutex<Vec<Command>>>,
}

impl Recorder {
    pub fn start(folder: &Path, database: &Path) -> anyhow::Result<Recorder> {
        let socket = folder.join("recorder.sock");
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket)?;
        let recorder = Recorder { socket, taken: Arc::default() };
        let (taken, database) = (Arc::clone(&recorder.taken), database.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (taken, database) = (Arc::clone(&taken), database.clone());
                tokio::spawn(async move {
                    if let Err(error) = pass_on(client, &database, &taken).await {
                        eprintln!("the recorder: {error:#}");
                    }
                });
            }
        });
        Ok(recorder)
    }

    /// Returns the commands since the last time.
    pub fn take(&self) -> Vec<Command> {
        std::mem::take(&mut *self.taken.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn pass_on(mut client: UnixStream, database: &Path, taken: &Mutex<Vec<Command>>) -> anyhow::Result<()> {
    let mut server = UnixStream::connect(database).await?;
    let (mut statements, mut preparing): (HashMap<u32, String>, Option<String>) = Default::default();
    let (mut from_client, mut from_server) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut sent = Vec::new();
    loop {
        tokio::select! {
            count = client.read(&mut from_client) => {
                let count = count?;
                if count == 0 {
                    return Ok(());
                }
                server.write_all(&from_client[..count]).await?;
                sent.extend_from_slice(&from_client[..count]);
                while let Some(packet) = packet(&mut sent) {
                    match packet.split_first() {
                        Some((0x16, text)) => preparing = Some(String::from_utf8(text.to_vec())?),
                        Some((0x03, text)) => take(taken, Command::Query(String::from_utf8_lossy(text).into_owned())),
                        Some((0x17, rest)) => take(taken, executed(rest, &statements)?),
                        Some((0x0e, _)) => take(taken, Command::Ping),
                        _ => {}
                    }
                }
            }
            count = server.read(&mut from_server) => {
                let count = count?;
                if count == 0 {
                    return Ok(());
                }
                // The driver waits for each answer before it sends another command.
                if let (Some(text), [_, _, _, _, 0, id @ ..]) = (preparing.take(), &from_server[..count]) {
                    statements.insert(u32::from_le_bytes(id.get(..4).context("an id")?.try_into()?), text);
                }
                client.write_all(&from_server[..count]).await?;
            }
        }
    }
}

fn take(taken: &Mutex<Vec<Command>>, command: Command) {
    taken.lock().unwrap_or_else(PoisonError::into_inner).push(command);
}

/// Removes the first packet, once it is complete, and returns it without its header.
fn packet(sent: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(*sent.first()?) | usize::from(*sent.get(1)?) << 8 | usize::from(*sent.get(2)?) << 16;
    let end = 4 + length;
    let packet = sent.get(4..end)?.to_vec();
    sent.drain(..end);
    Some(packet)
}

/// Parses the execution of a prepared statement, as described at <https://mariadb.com/kb/en/com_stmt_execute/>.
fn executed(packet: &[u8], statements: &HashMap<u32, String>) -> anyhow::Result<Command> {
    let mut reader = Reader(packet);
    let id = u32::from_le_bytes(reader.array()?);
    let text = statements.get(&id).context("a statement that was not prepared")?.clone();
    reader.take(5)?;
    if reader.0.is_empty() {
        return Ok(Command::Execute(text, Vec::new()));
    }
    // First a bit for each value that tells whether it is NULL, then a byte, then two bytes for each type. The number
    // of values is only in the text; none of our statements has a question mark in a literal.
    let count = text.matches('?').count();
    let nulls = reader.take(count.div_ceil(8))?;
    reader.take(1)?;
    let types = reader.take(2 * count)?;
    let values = types.chunks(2).enumerate().map(|(index, kind)| match nulls[index / 8] >> (index % 8) & 1 {
        1 => Ok(Value::Null),
        _ => reader.value(kind[0]),
    });
    Ok(Command::Execute(text, values.collect::<anyhow::Result<_>>()?))
}

struct Reader<'p>(&'p [u8]);

impl<'p> Reader<'p> {
    fn take(&mut self, count: usize) -> anyhow::Result<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).context("a packet that is too short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    fn text(&mut self) -> anyhow::Result<&'p [u8]> {
        let length = match self.array::<1>()?[0] {
            0xfc => u64::from(u16::from_le_bytes(self.array()?)),
            0xfd => {
                let [low, middle, high] = self.array()?;
                u64::from(u32::from_le_bytes([low, middle, high, 0]))
            }
            0xfe => u64::from_le_bytes(self.array()?),
            short => u64::from(short),
        };
        self.take(usize::try_from(length)?)
    }

    fn value(&mut self, kind: u8) -> anyhow::Result<Value> {
        Ok(match kind {
            1 => Value::Integer(i8::from_le_bytes(self.array()?).into()),
            2 => Value::Integer(i16::from_le_bytes(self.array()?).into()),
            3 => Value::Integer(i32::from_le_bytes(self.array()?).into()),
            8 => Value::Integer(i64::from_le_bytes(self.array()?)),
            10 | 12 => self.time(kind == 12)?,
            0 | 246 => Value::Decimal(String::from_utf8(self.text()?.to_vec())?),
            15 | 249..=254 => match String::from_utf8(self.text()?.to_vec()) {
                Ok(text) => Value::Text(text),
                Err(bytes) => Value::Bytes(bytes.into_bytes()),
            },
            other => bail!("a value of the type {other}, which the recorder cannot read"),
        })
    }

    fn time(&mut self, with_time: bool) -> anyhow::Result<Value> {
        let length = self.array::<1>()?[0].into();
        let mut parts = Reader(self.take(length)?);
        let (year, month, day) = (u16::from_le_bytes(parts.array()?), parts.array::<1>()?[0], parts.array::<1>()?[0]);
        let (year, month, day) = (year.into(), month.into(), day.into());
        if !with_time {
            return Ok(Value::Date(year, month, day));
        }
        let [hour, minute, second] = parts.array().unwrap_or_default().map(u32::from);
        Ok(Value::DateTime(year, month, day, hour, minute, second))
    }
}
