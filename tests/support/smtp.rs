//! A small mail server that speaks SMTP as real ones do and keeps the mails that it receives.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use whmcs_api::config::{Encryption, Mail};

use super::HANG;

/// The behavior of the server when a mail comes. `answers` replace the usual answers at their stages.
#[derive(Debug, Clone, Default)]
pub struct SmtpBehavior {
    /// Answers at stages of the conversation, such as `451 Later`; an empty answer means that the server hangs.
    pub answers: Vec<(SmtpStage, String)>,
    /// Whether the server accepts a mail and closes the connection without an answer.
    pub takes_silently: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmtpStage {
    Greeting,
    From,
    /// After this recipient, or after each one if empty.
    Recipient(String),
    Data,
    /// After the whole mail.
    End,
}

/// A received mail.
#[derive(Debug, Clone)]
pub struct ReceivedMail {
    pub from: String,
    pub to: Vec<String>,
    /// The headers and the body.
    pub text: String,
}

impl ReceivedMail {
    /// Returns the value of a header, not decoded.
    pub fn header(&self, name: &str) -> &str {
        let start = format!("{name}: ");
        self.text.split("\r\n").find_map(|line| line.strip_prefix(&start)).unwrap_or("")
    }
}

pub struct SmtpServer {
    pub address: SocketAddr,
    manners: Arc<Mutex<SmtpBehavior>>,
    taken: Arc<Mutex<Vec<ReceivedMail>>>,
    hanging: Arc<AtomicUsize>,
}

impl SmtpServer {
    pub async fn start() -> SmtpServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (manners, taken): (Arc<Mutex<SmtpBehavior>>, Arc<Mutex<Vec<ReceivedMail>>>) =
            (Arc::default(), Arc::default());
        let hanging = Arc::new(AtomicUsize::new(0));
        let (its_manners, its_taken, its_hanging) = (Arc::clone(&manners), Arc::clone(&taken), Arc::clone(&hanging));
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let (manners, taken) = (Arc::clone(&its_manners), Arc::clone(&its_taken));
                let hanging = Arc::clone(&its_hanging);
                tokio::spawn(async move { converse(connection, &manners, &taken, &hanging).await });
            }
        });
        SmtpServer { address, manners, taken, hanging }
    }

    /// Sets the answer at a stage from now on.
    pub fn answer(&self, place: SmtpStage, answer: &str) {
        self.manners.lock().unwrap().answers.push((place, answer.to_owned()));
    }

    /// Accepts mails without an answer from now on.
    pub fn accept_without_reply(&self) {
        self.manners.lock().unwrap().takes_silently = true;
    }

    /// Restores the usual behavior.
    pub fn reset(&self) {
        *self.manners.lock().unwrap() = SmtpBehavior::default();
    }

    /// Number of times that the server has started to hang.
    pub fn hanging(&self) -> usize {
        self.hanging.load(Ordering::SeqCst)
    }

    pub fn received(&self) -> Vec<ReceivedMail> {
        self.taken.lock().unwrap().clone()
    }

    /// Settings of an API that uses this server.
    pub fn settings(&self) -> Mail {
        Mail {
            smtp_host: self.address.ip().to_string(),
            smtp_port: self.address.port(),
            smtp_encryption: Encryption::None,
            from_name: "Atlantic Hosting".to_owned(),
            from_address: "billing@atlantic.example".to_owned(),
            connect_seconds: HANG.as_secs(),
            accept_seconds: HANG.as_secs(),
            ..Mail::default()
        }
    }
}

async fn converse(
    connection: TcpStream,
    manners: &Mutex<SmtpBehavior>,
    taken: &Mutex<Vec<ReceivedMail>>,
    hanging: &AtomicUsize,
) -> Option<()> {
    let mut connection = BufReader::new(connection);
    let say = async |connection: &mut BufReader<TcpStream>, line: &str| {
        hanging.fetch_add(usize::from(line.is_empty()), Ordering::SeqCst);
        say(connection, line).await
    };
    let answer = |place: SmtpStage, usual: &str| {
        let manners = manners.lock().unwrap();
        let matches = |to: &SmtpStage| match (to, &place) {
            (SmtpStage::Recipient(any), SmtpStage::Recipient(_)) if any.is_empty() => true,
            (to, place) => to == place,
        };
        let chosen = manners.answers.iter().find(|(to, _)| matches(to));
        chosen.map_or(usual.to_owned(), |(_, answer)| answer.clone())
    };
    say(&mut connection, &answer(SmtpStage::Greeting, "220 mail.example ESMTP")).await?;
    let mut mail = ReceivedMail { from: String::new(), to: Vec::new(), text: String::new() };
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let (command, rest) = line.trim_end().split_once([' ', ':']).unwrap_or((line.trim_end(), ""));
        let address = rest.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        let reply = match command.to_ascii_uppercase().as_str() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8".to_owned(),
            "MAIL" => {
                mail = ReceivedMail { from: address, to: Vec::new(), text: String::new() };
                answer(SmtpStage::From, "250 OK")
            }
            "RCPT" => {
                let reply = answer(SmtpStage::Recipient(address.clone()), "250 OK");
                if reply.starts_with("250") {
                    mail.to.push(address);
                }
                reply
            }
            "DATA" => {
                let reply = answer(SmtpStage::Data, "354 Go on");
                if reply.starts_with("354") {
                    say(&mut connection, &reply).await?;
                    mail.text = read_mail(&mut connection).await?;
                    let reply = answer(SmtpStage::End, "250 Taken");
                    if manners.lock().unwrap().takes_silently {
                        taken.lock().unwrap().push(mail.clone());
                        return None;
                    }
                    if reply.starts_with("250") {
                        taken.lock().unwrap().push(mail.clone());
                    }
                    reply
                } else {
                    reply
                }
            }
            "QUIT" => {
                say(&mut connection, "221 Bye").await?;
                return None;
            }
            _ => "502 What?".to_owned(),
        };
        say(&mut connection, &reply).await?;
    }
}

/// Reads up to the line that consists of a dot.
async fn read_mail(connection: &mut BufReader<TcpStream>) -> Option<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if connection.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if line == ".\r\n" {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

async fn say(connection: &mut BufReader<TcpStream>, line: &str) -> Option<()> {
    if line.is_empty() {
        // Hangs until the client closes the connection.
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest).await;
        return None;
    }
    connection.get_mut().write_all(format!("{line}\r\n").as_bytes()).await.ok()
}
