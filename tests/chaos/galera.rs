//! A Galera cluster on this machine, each node on a loopback address of its own.
//!
//! The nodes start with copies of the same files, and a node that was killed gets what it missed from the others'
//! memory; the scripts for a full state transfer are installed nevertheless, because nodes check for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlPool, MySqlPoolOptions, MySqlSslMode};
use sqlx::{Connection, Executor, Row};
use tokio::time::{sleep, timeout};
use whmcs_api::database::migrations;
use whmcs_api::database::pool;

use crate::support::{HANG, Scratch};

const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";
/// The folder in which `make galera` installs the scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/galera");
const DATABASE: &str = "whmcs";
/// Number of clusters formed so far.
static CLUSTERS: AtomicU32 = AtomicU32::new(1);

pub struct Galera {
    folder: Scratch,
    /// Distinguishes concurrent clusters, in their folders and addresses.
    number: u32,
    /// The processes; `None` for a node that is down.
    nodes: Vec<Option<Child>>,
}

impl Galera {
    /// Forms a cluster on a database that is migrated and holds the rows of `fixture.sql`.
    pub async fn form(nodes: usize) -> Galera {
        for needed in [PROVIDER, &format!("{SCRIPTS}/wsrep_sst_rsync")] {
            assert!(Path::new(needed).exists(), "no {needed}: run make galera");
        }
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let folder = Scratch::new(&format!("galera{number}"));
        let mut galera = Galera { folder, number, nodes: (0..nodes).map(|_| None).collect() };
        galera.install();
        galera.start(0, "gcomm://", &["--wsrep-new-cluster"]).await;
        pool::create_database(galera.server(0), DATABASE, false).await.unwrap();
        migrations::run(galera.options(0)).await.unwrap();
        let mut connection = MySqlConnection::connect_with(&galera.options(0)).await.unwrap();
        sqlx::raw_sql(include_str!("../support/fixtures/fixture.sql")).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        galera.stop(0).await;
        for node in 1..nodes {
            copy(&galera.data(0), &galera.data(node));
        }
        galera.start(0, "gcomm://", &["--wsrep-new-cluster"]).await;
        let members = galera.members();
        for node in 1..nodes {
            galera.start(node, &members, &[]).await;
        }
        galera
    }

    pub fn options(&self, node: usize) -> MySqlConnectOptions {
        self.server(node).database(DATABASE)
    }

    /// Connections of a test to a node. They see what was committed through the other nodes before.
    pub fn books(&self, node: usize) -> MySqlPool {
        let wait = "SET SESSION wsrep_sync_wait = 1";
        MySqlPoolOptions::new()
            .after_connect(move |connection, _| Box::pin(async move { connection.execute(wait).await.map(drop) }))
            .connect_lazy_with(self.options(node))
    }

    /// Kills a node without letting it leave the cluster in good order.
    pub fn kill(&mut self, node: usize) {
        let mut child = self.nodes[node].take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Starts a node that was killed, and waits until it has received what it missed.
    pub async fn join(&mut self, node: usize) {
        let output = self.command(node).args(["--wsrep-recover", "--wsrep-cluster-address=gcomm://"]).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned() + &self.log(node);
        let position =
            log.rsplit("Recovered position: ").next().and_then(|rest| rest.split_whitespace().next()).unwrap();
        let position = format!("--wsrep-start-position={position}");
        let members = self.members();
        self.start(node, &members, &[&position]).await;
    }

    fn install(&self) {
        fs::create_dir(self.folder.join("tmp")).unwrap();
        let output = Command::new("mariadb-install-db")
            .arg("--no-defaults")
            .arg(format!("--datadir={}", self.data(0).display()))
            .arg(format!("--tmpdir={}", self.folder.join("tmp").display()))
            .args([
                "--user=root",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--innodb-log-file-size=16M",
            ])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    async fn start(&mut self, node: usize, members: &str, more: &[&str]) {
        let child = self.command(node).arg(format!("--wsrep-cluster-address={members}")).args(more).spawn().unwrap();
        self.nodes[node] = Some(child);
        let synced = async {
            loop {
                let child = self.nodes[node].as_mut().unwrap();
                assert!(child.try_wait().unwrap().is_none(), "node {node} ended:\n{}", self.log(node));
                if let Ok(mut connection) = MySqlConnection::connect_with(&self.server(node)).await {
                    let state =
                        sqlx::raw_sql("SHOW STATUS LIKE 'wsrep_local_state_comment'").fetch_one(&mut connection);
                    if state.await.is_ok_and(|row| row.get::<String, _>(1) == "Synced") {
                        return;
                    }
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(timeout(HANG, synced).await.is_ok(), "node {node}:\n{}", self.log(node));
    }

    async fn stop(&mut self, node: usize) {
        let mut child = self.nodes[node].take().unwrap();
        crate::server::process::kill("TERM", child.id());
        tokio::task::spawn_blocking(move || child.wait()).await.unwrap().unwrap();
        // This node was the last one to stop, so it has all data.
        let state = self.data(node).join("grastate.dat");
        let text = fs::read_to_string(&state).unwrap();
        fs::write(state, text.replace("safe_to_bootstrap: 0", "safe_to_bootstrap: 1")).unwrap();
    }

    fn command(&self, node: usize) -> Command {
        let (address, data) = (self.address(node), self.data(node));
        let temporary = self.folder.join(format!("tmp{node}"));
        fs::create_dir_all(&temporary).unwrap();
        let log = fs::File::options().create(true).append(true).open(self.folder.join(format!("log{node}"))).unwrap();
        let mut command = Command::new("mariadbd");
        command
            .arg("--no-defaults")
            .args(as_root())
            .args(["--skip-networking", "--skip-name-resolve", "--max-connections=300"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--tmpdir={}", temporary.display()))
            .arg(format!("--socket={}", self.socket(node).display()))
            .arg(format!("--pid-file={}", self.folder.join(format!("pid{node}")).display()))
            .args(["--binlog-format=ROW", "--innodb-autoinc-lock-mode=2", "--default-storage-engine=InnoDB"])
            .args(["--innodb-flush-log-at-trx-commit=1", "--innodb-buffer-pool-size=48M", "--innodb-log-file-size=16M"])
            .args([
                "--character-set-server=utf8mb4",
                "--collation-server=utf8mb4_unicode_ci",
                "--performance-schema=OFF",
            ])
            .args(["--wsrep-on=ON", "--wsrep-cluster-name=whmcs-api-test", "--wsrep-sst-method=rsync"])
            .arg(format!("--wsrep-provider={PROVIDER}"))
            .arg(format!("--wsrep-node-address={address}"))
            .arg(format!("--wsrep-node-name=node{node}"))
            .arg(format!("--wsrep-sst-receive-address={address}:4444"))
            .env("PATH", format!("{SCRIPTS}:{}:/usr/sbin", std::env::var("PATH").unwrap_or_default()))
            .arg(format!(
                "--wsrep-provider-options=gcache.size=64M;gmcast.listen_addr=tcp://{address}:4567;\
                 ist.recv_addr={address}:4568;evs.keepalive_period=PT0.5S;\
                 evs.suspect_timeout=PT5S;evs.inactive_timeout=PT15S"
            ))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        command
    }

    fn members(&self) -> String {
        let members: Vec<String> = (0..self.nodes.len()).map(|node| format!("{}:4567", self.address(node))).collect();
        format!("gcomm://{}", members.join(","))
    }

    fn server(&self, node: usize) -> MySqlConnectOptions {
        MySqlConnectOptions::new().socket(self.socket(node)).username("root").ssl_mode(MySqlSslMode::Disabled)
    }

    /// All of 127.0.0.0/8 are addresses of this machine.
    fn address(&self, node: usize) -> String {
        let process = std::process::id();
        format!("127.{}.{}.{}", 1 + process % 250, process / 250 % 250, 16 * self.number + u32::try_from(node).unwrap())
    }

    fn data(&self, node: usize) -> PathBuf {
        self.folder.join(format!("data{node}"))
    }

    fn socket(&self, node: usize) -> PathBuf {
        self.folder.join(format!("node{node}.sock"))
    }

    fn log(&self, node: usize) -> String {
        fs::read_to_string(self.folder.join(format!("log{node}"))).unwrap_or_default()
    }
}

impl Drop for Galera {
    fn drop(&mut self) {
        for child in self.nodes.iter_mut().flatten() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The server runs as root only with this option.
fn as_root() -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    (fs::metadata("/proc/self").unwrap().uid() == 0).then_some("--user=root")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
