//! The command line.

use std::path::PathBuf;

use anyhow::bail;
use clap::Parser;

use super::workload::{ACTIONS, Action};

/// Rounds of `--quick`, and their duration in seconds.
const QUICK: (usize, f64) = (3, 0.5);

/// Measure the server against bare SQL, on this machine
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub struct Arguments {
    /// Scale of the data set, as a multiple of the agreed one
    #[arg(long, default_value_t = 1.0)]
    pub scale: f64,
    /// Number of rounds for each side
    #[arg(long, default_value_t = 5)]
    pub rounds: usize,
    /// Duration of a round of one side
    #[arg(long, default_value_t = 2.0)]
    pub seconds: f64,
    /// Few short rounds: some two minutes in all, and figures that vary more
    #[arg(long, conflicts_with_all = ["rounds", "seconds"])]
    pub quick: bool,
    /// Number of connections of the clients, and of bare SQL. With several, such as 32,1,256, the first is that of the
    /// table, and rates and times for all of them are added
    #[arg(long, value_delimiter = ',', default_value = "32", value_parser = clap::value_parser!(u32).range(1..=400))]
    pub connections: Vec<u32>,
    /// Only these actions
    #[arg(long, value_delimiter = ',')]
    pub actions: Vec<String>,
    /// Measure the PHP peer in the same rounds, too: the same work in PHP without a framework, behind nginx
    #[arg(long)]
    pub php: bool,
    /// Reach the database over TCP (127.0.0.1) and not over its Unix socket, on all sides
    #[arg(long)]
    pub tcp: bool,
    /// Measure this older program in the same rounds, too, to see the effect of a change
    #[arg(long)]
    pub against: Option<PathBuf>,
    /// Measure the same program with another setting in the same rounds, too, such as WHMCS_API_API_LOG_CALLS=off
    #[arg(long, value_name = "NAME=VALUE", conflicts_with = "against", value_parser = setting)]
    pub against_setting: Option<(String, String)>,
    /// Write the results to docs/performance.md and docs/images/throughput.svg
    #[arg(long)]
    pub publish: bool,
    /// Option that `cargo bench` passes to every benchmark; ignored
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    /// Reads the command line, and checks it as a whole.
    pub fn read() -> anyhow::Result<Arguments> {
        let mut arguments = Arguments::parse();
        if arguments.quick {
            (arguments.rounds, arguments.seconds) = QUICK;
        }
        if arguments.actions().is_empty() {
            bail!("no such action is measured");
        }
        if arguments.scale < 1.0 {
            bail!("--scale is 1 or more: the client whose calls are taken down would not be there");
        }
        Ok(arguments)
    }

    /// The actions to measure.
    pub fn actions(&self) -> Vec<&'static Action> {
        let is_asked_for = |action: &&Action| {
            self.actions.is_empty() || self.actions.iter().any(|name| name.eq_ignore_ascii_case(action.name))
        };
        ACTIONS.iter().filter(is_asked_for).collect()
    }

    /// Duration of a load that is not a round.
    pub fn short_seconds(&self) -> f64 {
        self.seconds.min(1.0)
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or_else(|| format!("{text} is not NAME=VALUE"))?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}
