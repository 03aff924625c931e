//! The embedded database: a private MariaDB server that runs when no other database is configured. It uses the
//! machine's `mariadbd`, stores its files in a directory of this program, accepts no connections from other users, and
//! never outlives this program.
//!
//! Its directory contains `mysql/` (the data), `tmp/`, `lock` (held while a program uses it), `mariadbd.log` and the
//! socket. Only its owner can access the directory, so the server's root account needs no password.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt, fchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use sqlx::Connection;
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlSslMode};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::info;

const SERVER: &str = "mariadbd";
const INSTALLER: &str = "mariadb-install-db";
const LOG_FILE: &str = "mariadbd.log";
/// Name of the file that contains the socket's path while the server accepts connections.
const SOCKET_FILE: &str = "socket";
/// Folders where Debian and others install servers, and which the PATH of an ordinary user lacks.
const EXTRA_FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/local/sbin", "/usr/libexec", "/usr/local/bin"];
/// Time limit for the start; recovery after a crash may take minutes.
const START_TIMEOUT: Duration = Duration::from_mins(5);
const STOP_TIMEOUT: Duration = Duration::from_mins(1);
/// Maximum length of a socket's path.
const SOCKET_BYTES: usize = 107;
/// How much of the server's log is read when it has ended, and how many lines of that are shown.
const LOG_BYTES: u64 = 256 * 1024;
const LOG_LINES: usize = 15;

pub struct Embedded {
    pid: libc::pid_t,
    socket: PathBuf,
    log: PathBuf,
    exit: Exit,
    /// Cancelled once the server has exited.
    ended: CancellationToken,
    /// Held as long as the server may run.
    _lock: File,
}

impl Embedded {
    /// Starts the server on this directory, which is created and filled the first time, and waits until it accepts
    /// connections.
    pub async fn start(directory: &Path) -> anyhow::Result<Embedded> {
        Embedded::start_with(directory, None).await
    }

    /// Like [`Embedded::start`], but the server also accepts connections at this port of 127.0.0.1, with no password:
    /// for measurements only.
    pub async fn start_on_port(directory: &Path, port: u16) -> anyhow::Result<Embedded> {
        Embedded::start_with(directory, Some(port)).await
    }

    async fn start_with(directory: &Path, port: Option<u16>) -> anyhow::Result<Embedded> {
        let (server, installer) = (find(SERVER)?, find(INSTALLER)?);
        let directory = make_private(directory)?;
        let lock = lock(&directory)?.with_context(|| {
            let directory = directory.display();
            format!(
                "another whmcs-api is using the embedded database in {directory}: stop it, or choose another --data-dir"
            )
        })?;
        if !directory.join("mysql").exists() {
            install(&installer, &directory).context("creating the embedded database")?;
        }
        let _ = fs::remove_file(directory.join(SOCKET_FILE));
        let (socket, log) = (socket_path(&directory)?, directory.join(LOG_FILE));
        let ended = CancellationToken::new();
        let (pid, exit) = spawn(server_command(&server, &directory, &socket, port)?, ended.clone())?;
        let embedded = Embedded { pid, socket, log, exit, ended, _lock: lock };
        tokio::select! {
            answers = wait_until_ready(embedded.options()) => answers?,
            error = embedded.wait_for_exit() => return Err(error),
        }
        fs::write(directory.join(SOCKET_FILE), embedded.socket.as_os_str().as_bytes())?;
        Ok(embedded)
    }

    /// Connection options for the server that another program runs on this directory; `None` if none runs.
    pub fn running(directory: &Path) -> anyhow::Result<Option<MySqlConnectOptions>> {
        if !directory.exists() || lock(directory)?.is_some() {
            return Ok(None);
        }
        let socket =
            fs::read(directory.join(SOCKET_FILE)).context("the embedded database is being started; try again")?;
        Ok(Some(connect_options(Path::new(OsStr::from_bytes(&socket)))))
    }

    /// Connection options for the server, as root and without a database.
    pub fn options(&self) -> MySqlConnectOptions {
        connect_options(&self.socket)
    }

    /// A token that is cancelled once the server has exited.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    /// Waits until the server exits by itself, and returns an error with the end of its log.
    pub async fn wait_for_exit(&self) -> anyhow::Error {
        let how = self.exit_status().await;
        anyhow!("the embedded database ended ({how}); the end of {}:\n{}", self.log.display(), tail(&self.log))
    }

    /// Stops the server and waits until it has written everything to disk.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.request_stop();
        match timeout(STOP_TIMEOUT, self.exit_status()).await {
            Ok(_) => Ok(()),
            Err(_) => bail!("the embedded database did not stop within {} s", STOP_TIMEOUT.as_secs()),
        }
    }

    /// Kills the server. Its files are not usable afterwards.
    pub fn abandon(&self) {
        self.signal(libc::SIGKILL);
    }

    async fn exit_status(&self) -> String {
        let mut exit = self.exit.clone();
        let status = exit.wait_for(Option::is_some).await.map(|status| status.clone());
        status.ok().flatten().unwrap_or_else(|| "unknown exit status".to_owned())
    }

    fn request_stop(&self) {
        self.signal(libc::SIGTERM);
    }

    fn signal(&self, signal: libc::c_int) {
        // After the server has exited, its process id may belong to another process.
        if self.exit.borrow().is_none() {
            // SAFETY: `kill` takes two integers and touches no memory of ours.
            #[expect(unsafe_code)]
            unsafe {
                libc::kill(self.pid, signal);
            }
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.request_stop();
    }
}

fn connect_options(socket: &Path) -> MySqlConnectOptions {
    MySqlConnectOptions::new().socket(socket).username("root").ssl_mode(MySqlSslMode::Disabled)
}

async fn wait_until_ready(options: MySqlConnectOptions) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut last_log = start;
    loop {
        if let Ok(connection) = MySqlConnection::connect_with(&options).await {
            return Ok(connection.close().await?);
        }
        if start.elapsed() > START_TIMEOUT {
            bail!("the embedded database did not answer within {} s", START_TIMEOUT.as_secs());
        }
        if last_log.elapsed() > Duration::from_secs(5) {
            last_log = Instant::now();
            info!("waiting for the embedded database, which may be recovering from a crash");
        }
        sleep(Duration::from_millis(10)).await;
    }
}

fn find(program: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(EXTRA_FOLDERS.iter().map(PathBuf::from));
    let found = folders.map(|folder| folder.join(program)).find(|file| file.is_file());
    found.ok_or_else(|| {
        anyhow!(
            "{program} was not found on this machine. Install it (on Debian and Ubuntu: \
             apt-get install mariadb-server-core mariadb-client-core), or set database.url, or WHMCS_API_DATABASE_URL, \
             to a MariaDB or MySQL server of your own"
        )
    })
}

fn make_private(directory: &Path) -> anyhow::Result<PathBuf> {
    let context = || format!("creating {} for the embedded database", directory.display());
    DirBuilder::new().recursive(true).mode(0o700).create(directory).with_context(context)?;
    fs::set_permissions(directory, Permissions::from_mode(0o700)).with_context(context)?;
    directory.canonicalize().with_context(context)
}

/// Locks the directory for as long as the returned file is open. Returns `None` if another program has locked it.
fn lock(directory: &Path) -> anyhow::Result<Option<File>> {
    let path = directory.join("lock");
    let lock = owned_file(&path, directory).with_context(|| format!("creating {}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("locking {}", path.display())),
    }
}

/// Opens a file for appending, creates it if necessary, and gives it to the directory's owner.
fn owned_file(path: &Path, directory: &Path) -> io::Result<File> {
    let file = File::options().create(true).append(true).open(path)?;
    let (owner, current) = (fs::metadata(directory)?, file.metadata()?);
    if (owner.uid(), owner.gid()) != (current.uid(), current.gid()) {
        fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(file)
}

/// Fills a new data directory under a temporary name and then renames it, so that an existing one is always complete.
fn install(installer: &Path, directory: &Path) -> anyhow::Result<()> {
    info!("creating the embedded database in {}", directory.display());
    let unfinished = directory.join("mysql.new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    let mut command = Command::new(installer);
    command.arg("--no-defaults").arg(format!("--datadir={}", unfinished.display())).arg(temporary(directory)?).args([
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        // Continue even if the machine's own name cannot be resolved, as in a container without a network.
        "--force",
        "--innodb-log-file-size=32M",
    ]);
    as_owner(&mut command, directory)?;
    let output = command.output()?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("{}: {}", output.status, String::from_utf8_lossy(&said).trim());
    }
    fs::rename(unfinished, directory.join("mysql"))?;
    Ok(())
}

/// Creates a folder for the server's temporary tables. It must not be shared: a starting server deletes all temporary
/// tables that it finds there.
fn temporary(directory: &Path) -> anyhow::Result<String> {
    let folder = directory.join("tmp");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let owner = fs::metadata(directory)?;
    std::os::unix::fs::chown(&folder, Some(owner.uid()), Some(owner.gid()))?;
    Ok(format!("--tmpdir={}", folder.display()))
}

/// Runs the command as the directory's owner: root may start the server on another user's directory, whose files must
/// remain that user's.
fn as_owner(command: &mut Command, directory: &Path) -> anyhow::Result<()> {
    // SAFETY: `geteuid` takes nothing and touches no memory of ours.
    #[expect(unsafe_code)]
    let we_are_root = unsafe { libc::geteuid() } == 0;
    let owner = fs::metadata(directory)?;
    match (we_are_root, owner.uid()) {
        (true, 0) => command.arg("--user=root"),
        // `--user` is not used, because changing the user after the start would end the link to this program's life.
        (true, user) => command.uid(user).gid(owner.gid()),
        (false, _) => command,
    };
    Ok(())
}

/// The path of the socket: in the directory or, if that path is too long, in a private folder for temporary files.
fn socket_path(directory: &Path) -> anyhow::Result<PathBuf> {
    let name = format!("mariadb-{}.sock", std::process::id());
    let socket = directory.join(&name);
    if socket.as_os_str().len() <= SOCKET_BYTES {
        return Ok(socket);
    }
    let inode = fs::metadata(directory)?.ino();
    let short = make_private(&std::env::temp_dir().join(format!("whmcs-api-{inode}")))?.join(name);
    match short.as_os_str().len() <= SOCKET_BYTES {
        true => Ok(short),
        false => bail!("{} is too long for a socket: choose a shorter --data-dir", directory.display()),
    }
}

fn server_command(server: &Path, directory: &Path, socket: &Path, port: Option<u16>) -> anyhow::Result<Command> {
    let version = Command::new(server).arg("--version").output().with_context(|| server.display().to_string())?;
    if !String::from_utf8_lossy(&version.stdout).contains("MariaDB") {
        bail!("{} is not a MariaDB server; for a MySQL server of your own, set database.url", server.display());
    }
    let log = owned_file(&directory.join(LOG_FILE), directory)?;
    let mut command = Command::new(server);
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", directory.join("mysql").display()))
        .arg(temporary(directory)?)
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--pid-file={}", directory.join("mariadbd.pid").display()))
        .args(["--skip-name-resolve", "--skip-log-bin"])
        // Committed transactions are on disk.
        .args(["--innodb-flush-log-at-trx-commit=1", "--innodb-doublewrite=1"])
        .args(["--innodb-buffer-pool-size=128M", "--innodb-log-file-size=32M", "--max-connections=500"])
        // Each connection that writes prepares some 200 statements.
        .arg("--max-prepared-stmt-count=150000")
        .args(["--character-set-server=utf8mb4", "--collation-server=utf8mb4_unicode_ci"])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C is meant for this program, which stops the server itself once it no longer needs it.
        .process_group(0);
    match port {
        Some(port) => command.arg("--bind-address=127.0.0.1").arg(format!("--port={port}")),
        None => command.arg("--skip-networking"),
    };
    as_owner(&mut command, directory)?;
    Ok(command)
}

/// The server's exit status, once it has exited.
type Exit = watch::Receiver<Option<String>>;

/// Starts the server so that the kernel kills it when this program dies. The kernel links it to the thread that started
/// it, so a dedicated thread waits until the server exits.
fn spawn(mut command: Command, ended: CancellationToken) -> anyhow::Result<(libc::pid_t, Exit)> {
    let parent = libc::pid_t::try_from(std::process::id())?;
    // SAFETY: between fork and exec, only system calls that are safe there.
    #[expect(unsafe_code)]
    unsafe {
        command.pre_exec(move || {
            if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) != 0 {
                return Err(io::Error::last_os_error());
            }
            // This program may have died before the link was made.
            if libc::getppid() != parent {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
    let (started_sender, started) = mpsc::channel();
    let (exit_sender, exit) = watch::channel(None);
    thread::Builder::new().name(SERVER.to_owned()).spawn(move || match command.spawn() {
        Ok(mut child) => {
            let _ = started_sender.send(Ok(child.id()));
            let status = child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
            exit_sender.send_replace(Some(status));
            ended.cancel();
        }
        Err(error) => {
            let _ = started_sender.send(Err(error));
        }
    })?;
    let pid = started.recv()?.context("starting mariadbd")?;
    Ok((libc::pid_t::try_from(pid)?, exit))
}

/// The end of the server's log, with the errors of its last run before that: a server that crashes first says why, and
/// then writes a long report.
fn tail(log: &Path) -> String {
    let text = read_end(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    // Clients that were killed leave one such line for each connection.
    let lines: Vec<&str> = text.lines().filter(|line| !line.contains("Aborted connection")).collect();
    let (earlier, last) = lines.split_at(lines.len().saturating_sub(LOG_LINES));
    let of_this_run = earlier.iter().rev().take_while(|line| !line.contains("starting as process"));
    let mut shown: Vec<&str> = of_this_run.filter(|line| line.contains("[ERROR]")).take(LOG_LINES).copied().collect();
    shown.reverse();
    shown.extend(last);
    shown.join("\n")
}

fn read_end(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let start = file.metadata()?.len().saturating_sub(LOG_BYTES);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_log_has_the_errors_of_the_last_run_only() {
        let folder = std::env::temp_dir().join(format!("whmcs-api-log-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let log = folder.join("log");
        let report = "frame\n".repeat(20);
        let noise = "[Warning] Aborted connection 7\n".repeat(30);
        let lines = format!(
            "[ERROR] of an earlier run\nmariadbd starting as process 2\n[Note] ready\n[ERROR] no space left\n{report}{noise}"
        );
        fs::write(&log, lines).unwrap();
        let shown: Vec<String> = tail(&log).lines().map(str::to_owned).collect();
        assert_eq!((shown.len(), &*shown[0], &*shown[1]), (16, "[ERROR] no space left", "frame"));
        assert_eq!(tail(&folder.join("none")), "");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_error_for_a_missing_server_names_both_remedies() {
        let error = find("no-such-server").unwrap_err().to_string();
        for told in [
            "no-such-server was not found on this machine",
            "apt-get install mariadb-server-core",
            "WHMCS_API_DATABASE_URL",
        ] {
            assert!(error.contains(told), "{error}");
        }
    }
}
