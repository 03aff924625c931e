//! `whmcs-api mail`: mails that a mail server hands over.
//!
//! The exit codes are those of sysexits.h, which mail servers know: they keep a mail and try again after 75, and tell its sender
//! after 65 and 67.

use std::fmt;
use std::io::Read;

use anyhow::Context;
use clap::{Args, Subcommand};
use tokio::time::timeout;
use tracing::info;

use super::database::CommandDatabase;
use super::print;
use crate::config::Settings;
use crate::domain::id::DepartmentId;
use crate::domain::time::Clock;
use crate::operations::support::{MailOutcome, MailRefusal};
use crate::received_mail;
use crate::server::serving::OpenedApi;

/// Nothing was stored for now, whatever the reason is: the mail server keeps the mail.
pub const TEMPORARY_FAILURE: u8 = 75;
const NO_SUCH_USER: u8 = 67;
const NOT_A_MAIL: u8 = 65;
/// Time in which the connections of a command are closed.
const CLOSING: std::time::Duration = std::time::Duration::from_secs(3);

#[derive(Subcommand)]
pub enum Command {
    /// Read a mail from standard input, and store it as a ticket or as a reply to one
    ///
    /// Meant for the pipe of a mail server (docs/mail-to-tickets.md). A mail that is delivered twice is stored once. Exits with 0
    /// if it was stored, or refused on purpose with a line in the log of mails; with 75 if the mail server is to keep it and try
    /// again; with 67 if no department has its address; and with 65 if it is no mail, or too large.
    Receive(ReceiveArgs),
}

#[derive(Args)]
pub struct ReceiveArgs {
    /// An address that the mail was delivered for, as the mail server knows it; can be repeated. Other addresses are read from
    /// Delivered-To, X-Original-To, To and Cc
    #[arg(long = "recipient", value_name = "ADDRESS")]
    recipients: Vec<String>,
    /// The id of the department that gets it, whatever its addresses are
    #[arg(long, value_name = "ID")]
    department: Option<i64>,
}

/// A mail that was not stored, with what the mail server is to do.
#[derive(Debug)]
pub struct Rejected {
    pub exit_code: u8,
    reason: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Rejected {}

pub async fn run(command: Command, settings: &Settings) -> anyhow::Result<()> {
    let Command::Receive(arguments) = command;
    let bytes = read_input(settings.mail_tickets.max_bytes)?;
    let not_a_mail = || Rejected { exit_code: NOT_A_MAIL, reason: "standard input has no mail".to_owned() };
    let mail = received_mail::read(&bytes, &arguments.recipients).ok_or_else(not_a_mail)?;
    let mut settings = settings.clone();
    settings.database.connections = 2;
    settings.database.replica_url = crate::config::DatabaseUrl::default();
    let database = CommandDatabase::open(&settings).await?;
    let clock = Clock::System(settings.time_zone);
    let opened = Box::pin(OpenedApi::open(&mut settings, vec![database.options.clone()], clock)).await;
    let received = match &opened {
        Ok(opened) => {
            let received = opened.api.receive_mail(&mail, arguments.department.map(DepartmentId)).await;
            opened.api.shut_down(CLOSING).await;
            Some(received)
        }
        Err(_) => None,
    };
    // The mail is stored by now, so that nothing must fail any more.
    let _ = timeout(CLOSING, database.close()).await;
    opened?;
    let outcome = received.context("the mail was not handed over")??;
    info!(outcome = outcome.text(), "a mail was received");
    match outcome {
        MailOutcome::Dropped(MailRefusal::NoDepartment) => {
            Err(Rejected { exit_code: NO_SUCH_USER, reason: "no department has this address".to_owned() }.into())
        }
        MailOutcome::Dropped(MailRefusal::TooMany) => {
            let reason = "too many mails of this sender within an hour".to_owned();
            Err(Rejected { exit_code: TEMPORARY_FAILURE, reason }.into())
        }
        outcome => {
            let _ = print(&format!("{}\n", outcome.text()));
            Ok(())
        }
    }
}

fn read_input(max_bytes: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).context("reading the mail")?;
    if bytes.len() as u64 > max_bytes {
        let reason = format!("the mail is larger than the {max_bytes} bytes that mail_tickets.max_bytes allows");
        return Err(Rejected { exit_code: NOT_A_MAIL, reason }.into());
    }
    Ok(bytes)
}
