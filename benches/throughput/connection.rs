//! A client's connection to the server.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    Success,
    /// There are too many calls for this machine.
    Busy,
}

/// A connection that is kept alive.
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub async fn open(address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { address, stream, answer: Vec::new() })
    }

    /// Calls, and fails where the call does for another reason than that there are too many.
    pub async fn call(&mut self, body: &str) -> anyhow::Result<Reply> {
        // The server waits only so long for a client that has no processor to go on with.
        if self.exchange(body).await.is_err() {
            *self = Connection::open(self.address).await?;
            return Ok(Reply::Busy);
        }
        let says = |text: &[u8]| self.answer.windows(text.len()).take(1000).any(|part| part == text);
        if says(br#""result":"success""#) {
            Ok(Reply::Success)
        } else if says(b" 503 ") {
            Ok(Reply::Busy)
        } else {
            bail!("a call failed: {}", String::from_utf8_lossy(&self.answer));
        }
    }

    /// The body of the last answer.
    pub fn body(&self) -> &[u8] {
        let head = self.answer.windows(4).position(|part| part == b"\r\n\r\n").map_or(0, |end| end + 4);
        &self.answer[head..]
    }

    /// Sends a request, and receives all of the answer.
    async fn exchange(&mut self, body: &str) -> std::io::Result<()> {
        let request = format!(
            "POST /includes/api.php HTTP/1.1\r\nhost: bench\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.answer.clear();
        let mut whole = None;
        while whole.is_none_or(|whole| self.answer.len() < whole) {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if whole.is_none() {
                whole = length(&self.answer);
            }
        }
        Ok(())
    }
}

/// How long the answer is, once its head is there.
fn length(answer: &[u8]) -> Option<usize> {
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n")? + 4;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let mut headers = head.lines().filter_map(|line| line.split_once(": "));
    let (_, length) = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    Some(end + length.parse::<usize>().context("a length").ok()?)
}
