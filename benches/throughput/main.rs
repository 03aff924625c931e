//! `make bench`: calls per second of the server, compared with the same statements over bare connections.
//!
//! The absolute figures depend on the machine. What can be compared is the ratio: in alternating rounds of one run,
//! calls go to the server over HTTP, and the statements of the same calls go to the same database over as many bare
//! connections. In the same rounds, bare connections look up single rows, which is the unit in which a call's cost is
//! quoted: it does not change with the server. If asked for, the same calls also go to an endpoint in PHP. Clients, bare
//! connections and all that answers calls run in separate processes.

mod action;
mod arguments;
mod bare;
mod bench;
mod capture;
mod connection;
mod cpu;
mod data;
mod endpoint;
mod equality;
mod load;
mod peer;
mod processes;
mod report;
mod server;
mod sides;
mod task;
mod workload;

use std::path::Path;

use self::arguments::Arguments;
use self::bench::Bench;
use self::report::Report;
use self::report::publish::publish;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The tasks that run in separate processes.
    match std::env::args().nth(1).as_deref() {
        Some("load") => return task::work(load::run).await,
        Some("bare") => return task::work(bare::run).await,
        _ => {}
    }
    let arguments = Arguments::read()?;
    let folder = std::env::temp_dir().join(format!("whmcs-api-bench-{}", std::process::id()));
    let report = measure(&arguments, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    let report = report?;
    println!("{}", report.text());
    let json = Path::new("target").join("bench.json");
    std::fs::write(&json, serde_json::to_string_pretty(&report)?)?;
    println!("The same as JSON: {}", json.display());
    if arguments.publish {
        publish(&report)?;
    }
    Ok(())
}

async fn measure(arguments: &Arguments, folder: &Path) -> anyhow::Result<Report> {
    let bench = Bench::start(arguments, folder).await?;
    let measured = bench.run().await;
    bench.bar.finish_and_clear();
    bench.stop().await?;
    measured
}
