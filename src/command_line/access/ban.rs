//! `whmcs-api ban`: the network addresses from which nobody can log in.

use anyhow::{Context, bail};
use clap::Subcommand;
use sqlx::mysql::MySqlConnection;

use crate::command_line::{clock, print, table};
use crate::config::Settings;
use crate::domain::staff::ban::BannedAddress;
use crate::operations::system;
use crate::store::staff::bans;

#[derive(Subcommand)]
pub enum Command {
    /// List the addresses that are banned now, with the end of each ban on the operator's clock
    List,
    /// End all bans of an address, or of a block such as `198.51.100.*`, as it was banned
    Lift {
        /// The address or block
        address: String,
    },
}

pub async fn run(command: Command, settings: &Settings, db: &mut MySqlConnection) -> anyhow::Result<()> {
    let now = clock(settings, None)?.now();
    match command {
        Command::List => {
            let listed = bans::list(db, now.local()).await?;
            let rows = listed.iter().map(|ban| [ban.address.clone(), ban.end.clone(), ban.reason.clone()]);
            print(&table(["ADDRESS", "UNTIL", "REASON"], rows))
        }
        Command::Lift { address } => {
            let banned = BannedAddress::parse(&address);
            let banned = banned.with_context(|| format!("{address} is neither an address nor a block of addresses"))?;
            match system::lift_bans(db, &banned, now).await? {
                0 => bail!("{address} is not banned: `whmcs-api ban list` lists the bans"),
                count => print(&format!("Bans that were ended: {count}\n")),
            }
        }
    }
}
