//! The PHP peer: the endpoint in `php/`, behind nginx and PHP-FPM with 16 workers.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::endpoint::{Endpoint, USER, free_port};
use super::processes::Processes;

/// Where `make bench BENCH=--php` unpacks nginx, PHP-FPM and PHP's extensions.
const PROGRAMS: &str = "target/php";
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/php");
const START_ATTEMPTS: u32 = 100;

/// Starts the peer with a running database. Its settings, sockets and logs are kept in this folder.
pub async fn start(folder: &Path, endpoint: &Endpoint, database: &str) -> anyhow::Result<Processes> {
    let programs = Path::new(PROGRAMS);
    if !programs.exists() {
        bail!("{PROGRAMS} is missing: `make bench BENCH=--php` unpacks PHP-FPM and nginx there");
    }
    let programs = programs.canonicalize()?;
    let folder = folder.join("php");
    fs::create_dir_all(&folder)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let values = [
        ("{folder}", folder.display().to_string()),
        ("{source}", SOURCE.to_owned()),
        ("{listen}", address.to_string()),
        ("{extensions}", programs.display().to_string()),
        ("{database}", endpoint.data_source_name(database)),
        ("{user}", USER.to_owned()),
    ];
    let settings = |name: &str| -> anyhow::Result<PathBuf> {
        let text = fs::read_to_string(Path::new(SOURCE).join(name))?;
        let text = values.iter().fold(text, |text, (name, value)| text.replace(name, value));
        let file = folder.join(name);
        fs::write(&file, text)?;
        Ok(file)
    };
    let mut fpm = Command::new(programs.join("php-fpm"));
    // Root may run the bench, which PHP-FPM allows only if it is told to.
    fpm.arg("--allow-to-run-as-root").arg("-n").arg("-c").arg(settings("php.ini")?);
    fpm.arg("-y").arg(settings("php-fpm.conf")?);
    let mut nginx = Command::new(programs.join("nginx"));
    nginx.arg("-p").arg(&folder).arg("-c").arg(settings("nginx.conf")?);
    let log = fs::File::create(folder.join("log"))?;
    let mut processes = Processes { children: Vec::new(), address };
    for mut command in [fpm, nginx] {
        let command = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        processes
            .children
            .push(command.spawn().with_context(|| format!("starting {}", command.get_program().display()))?);
    }
    for _ in 0..START_ATTEMPTS {
        if folder.join("php-fpm.sock").exists() && TcpStream::connect(address).await.is_ok() {
            return Ok(processes);
        }
        sleep(Duration::from_millis(100)).await;
    }
    bail!("PHP did not start:\n{}", logs(&folder))
}

fn logs(folder: &Path) -> String {
    let logs = ["log", "php-fpm.log", "nginx.log"].map(|name| fs::read_to_string(folder.join(name)));
    logs.into_iter().flatten().collect()
}
