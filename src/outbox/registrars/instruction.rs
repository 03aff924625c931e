//! What a command says, and what is exchanged with a registrar about it.

use sqlx::MySqlConnection;

use crate::domain::Author;
use crate::domain::domains::registrar::{CarriedOut, Command};
use crate::domain::id::AdminId;
use crate::domain::order::domain_price::MAX_YEARS;
use crate::fault::Result;
use crate::store::domains::registered::Registered;
use crate::store::domains::registrar_commands::Payload;
use crate::store::domains::registrar_params;

/// A command, and the messages that were exchanged with the registrar.
#[derive(Debug)]
pub struct Exchange {
    /// `None` if this version cannot read the payload.
    pub instruction: Option<Instruction>,
    /// What the registrar has done, if it has.
    pub done: Option<CarriedOut>,
    /// Request and response for the log, without secrets.
    pub request: String,
    pub response: String,
}

/// The requested command.
#[derive(Debug, Clone)]
pub struct Instruction {
    pub command: Command,
    pub payload: Payload,
    pub author: Author,
}

impl Instruction {
    pub fn read(payload: &str) -> Option<Instruction> {
        let payload: Payload = serde_json::from_str(payload).ok()?;
        Some(Instruction {
            command: Command::parse(&payload.function)?,
            author: Author {
                admin: AdminId(payload.admin),
                name: payload.user.clone(),
                address: payload.address.clone(),
            },
            payload,
        })
    }

    /// The years that the command is for: those that were asked for, those that were paid, or the domain's own period.
    pub async fn years(&self, db: &mut MySqlConnection, domain: &Registered) -> Result<u32> {
        let Instruction { command, payload, .. } = self;
        // A transfer adds one year at most registries.
        if *command == Command::Transfer {
            return Ok(1);
        }
        let paid = match (*command, payload.invoice) {
            (Command::Renew, 1..) => registrar_params::renewed_years(db, payload.invoice, domain.id).await?,
            _ => None,
        };
        let asked = Some(payload.years).filter(|&years| years > 0);
        let own = u32::try_from(domain.years).unwrap_or_default();
        Ok(asked.or(paid).unwrap_or(own).clamp(1, MAX_YEARS))
    }
}

impl Exchange {
    pub fn new(instruction: Option<Instruction>, done: Option<CarriedOut>) -> Exchange {
        Exchange { instruction, done, request: String::new(), response: String::new() }
    }
}
