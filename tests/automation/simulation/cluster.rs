//! The same on a Galera cluster of three nodes with a server on each, while servers and a node are killed.

use std::sync::Arc;

use sqlx::mysql::MySqlPool;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use whmcs_api::database::hosts::Hosts;

use super::model::Kind;
use super::{Simulation, is_long};
use crate::chaos::galera::Galera;

const NODES: usize = 3;
/// The node that is killed, within the first of these days, and joins again on the second one.
const KILLED: usize = 1;
const KILLED_ON: u32 = 40;
const JOINS_ON: u32 = 60;

/// Forming a cluster and simulating a month on it would take a quarter of a minute of each run of the tests.
#[tokio::test(flavor = "multi_thread")]
async fn every_term_is_billed_once_on_a_cluster() {
    if !is_long() {
        return;
    }
    let mut galera = Galera::form(NODES).await;
    let (mut hosts, mut watches): (_, Vec<JoinHandle<()>>) = (Vec::new(), Vec::new());
    for node in 0..NODES {
        let preferred = (0..NODES).map(|next| galera.options((node + next) % NODES));
        let of_server = Hosts::open(preferred.collect(), 10).await.unwrap();
        hosts.push(Arc::clone(&of_server));
        watches.push(tokio::spawn(async move { of_server.watch().await }));
    }
    let books: Vec<MySqlPool> = (0..NODES).map(|node| galera.books(node)).collect();
    let mut simulation = Simulation::new(hosts, books, 100, 400).await;
    for (number, date) in simulation.days() {
        match number {
            KILLED_ON => {
                simulation.down = Some(KILLED);
                let half = simulation.took / 2;
                let kill = async {
                    sleep(half).await;
                    galera.kill(KILLED);
                };
                tokio::join!(Box::pin(simulation.day(number, date)), kill);
            }
            JOINS_ON => {
                galera.join(KILLED).await;
                simulation.down = None;
                Box::pin(simulation.day(number, date)).await;
            }
            _ => Box::pin(simulation.day(number, date)).await,
        }
    }
    simulation
        .finish(&[(Kind::Service, "Suspended"), (Kind::Service, "Terminated"), (Kind::Addon, "Terminated")])
        .await;
    watches.iter().for_each(JoinHandle::abort);
}
