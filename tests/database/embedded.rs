use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;

use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection};
use tokio::runtime::{Builder, Runtime};
use whmcs_api::database::embedded::Embedded;

use crate::server::process::{PATH, Running, database_process, eventually, is_running, kill, run, stderr, whmcs_api};
use crate::support::{Scratch, connections};

const ADD: &str = "action=AddCredit&clientid=2&description=x&amount=7";
const HISTORY: &str = "action=GetCredits&clientid=2";

#[test]
fn demo_starts_afresh_unless_told_to_keep() {
    let folder = Scratch::new("demo-keep");
    let mut demo = Running::demo(&folder, &[]);
    assert!(demo.call(ADD).contains(r#""newbalance":"7.00""#));
    demo.stop();
    let printed = demo.printed();
    assert!(printed.contains("curl -s http://127.0.0.1:") && printed.contains(whmcs_api::demo::SECRET), "{printed}");
    Running::demo(&folder, &["--keep"]).call(ADD);
    let mut demo = Running::demo(&folder, &["--keep"]);
    assert!(demo.call(HISTORY).contains(r#""totalresults":2"#));
    demo.stop();
    assert!(Running::demo(&folder, &[]).call(HISTORY).contains(r#""totalresults":0"#));
}

#[test]
fn only_its_owner_can_reach_it() {
    let folder = Scratch::new("private");
    let demo = Running::demo(&folder, &[]);
    let sum = whmcs_api::auth::secret::md5_hex("DemoPassword");
    let log_in = format!("identifier=&username=admin&password={sum}&action=GetProductsGroups");
    assert!(demo.call(&log_in).contains("success"), "the demo's staff may log in");
    let directory = folder.join("demo");
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    let arguments = fs::read_to_string(format!("/proc/{}/cmdline", database_process(&directory))).unwrap();
    assert!(arguments.contains("--skip-networking") && arguments.contains("--innodb-flush-log-at-trx-commit=1"));
    drop(demo);
}

#[test]
fn it_stops_with_the_program_in_good_order() {
    let folder = Scratch::new("stop");
    for signal in ["TERM", "INT"] {
        let mut demo = Running::demo(&folder, &[]);
        let database = database_process(&folder.join("demo"));
        demo.signal(signal);
        assert!(demo.ends().success());
        assert!(!is_running(database), "the database outlived SIG{signal}");
    }
}

#[test]
fn it_dies_with_a_program_that_is_killed_and_the_next_one_starts_at_once() {
    let folder = Scratch::new("killed");
    let mut demo = Running::demo(&folder, &[]);
    let database = database_process(&folder.join("demo"));
    demo.call(ADD);
    demo.signal("KILL");
    demo.ends();
    let demo = Running::demo(&folder, &["--keep"]);
    assert!(demo.call(HISTORY).contains(r#""totalresults":1"#));
    eventually("the old database ends", || !is_running(database));
    assert!(demo.call(ADD).contains(r#""newbalance":"14.00""#));
}

#[test]
fn it_recovers_from_a_crash() {
    let folder = Scratch::new("crash");
    let mut demo = Running::demo(&folder, &[]);
    demo.call(ADD);
    let database = database_process(&folder.join("demo"));
    kill("KILL", database);
    demo.signal("KILL");
    demo.ends();
    let demo = Running::demo(&folder, &["--keep"]);
    assert!(demo.call(HISTORY).contains(r#""amount":"7.00""#));
}

#[test]
fn a_program_whose_database_dies_ends_and_says_why() {
    let folder = Scratch::new("database-dies");
    let mut demo = Running::demo(&folder, &[]);
    kill("KILL", database_process(&folder.join("demo")));
    assert!(!demo.ends().success());
    eventually("the log has the reason", || demo.says().contains("the embedded database ended (signal: 9"));
}

/// Four calls wait for a lock when the database is killed: a read and a write, in the classic and in the modern style.
#[test]
fn calls_in_progress_are_answered_when_the_database_dies() {
    let folder = Scratch::new("database-dies-under-calls");
    let mut demo = Running::demo(&folder, &[]);
    demo.call(HISTORY);
    let mut lock = TableLock::new(&folder, "tblcredit");
    let login = format!("identifier={}&secret={}", whmcs_api::demo::IDENTIFIER, whmcs_api::demo::SECRET);
    let bearer = format!("Bearer {}:{}", whmcs_api::demo::IDENTIFIER, whmcs_api::demo::SECRET);
    let post = |path: &str, body: String| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {bearer}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let calls = [
        post("/includes/api.php", format!("{login}&responsetype=json&{HISTORY}")),
        post("/includes/api.php", format!("{login}&responsetype=json&{ADD}")),
        post("/v1/GetCredits", "clientid=2".to_owned()),
        post("/v1/AddCredit", "clientid=3&description=x&amount=7".to_owned()),
    ];
    let demo_ref = &demo;
    std::thread::scope(|scope| {
        let replies = calls.map(|call| scope.spawn(move || demo_ref.exchange(&call)));
        eventually("all calls wait for the lock", || lock.waiting() == 4);
        kill("KILL", database_process(&folder.join("demo")));
        for reply in replies {
            let reply = reply.join().unwrap();
            assert!(reply.starts_with("HTTP/1.1 503 ") || reply.starts_with("HTTP/1.1 504 "), "{reply:?}");
            assert!(reply.ends_with('}'), "a whole body: {reply:?}");
        }
    });
    assert!(!demo.ends().success());
    let log = demo.says();
    for told in ["the database has ended", "the embedded database ended (signal: 9", "ready for connections"] {
        assert!(log.contains(told), "{told} is not in\n{log}");
    }
}

/// A lock on a table of the demo's database, which is held until the database ends.
struct TableLock {
    runtime: Runtime,
    watcher: MySqlConnection,
    _holder: MySqlConnection,
}

impl TableLock {
    fn new(folder: &Path, table: &str) -> TableLock {
        let options = Embedded::running(&folder.join("demo")).unwrap().unwrap().database("whmcs");
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (watcher, holder) = runtime.block_on(async {
            let mut holder = MySqlConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("LOCK TABLES {table} WRITE"))).execute(&mut holder).await.unwrap();
            (MySqlConnection::connect_with(&options).await.unwrap(), holder)
        });
        TableLock { runtime, watcher, _holder: holder }
    }

    /// Number of statements that wait for the lock.
    fn waiting(&mut self) -> usize {
        let connections = self.runtime.block_on(connections(&mut self.watcher)).unwrap();
        connections.iter().filter(|one| one.waits_for_a_table()).count()
    }
}

#[test]
fn a_client_that_never_finishes_does_not_keep_it_from_stopping() {
    let folder = Scratch::new("slow-client");
    let mut demo = Running::demo(&folder, &[]);
    let mut slow = TcpStream::connect(demo.address).unwrap();
    slow.write_all(b"POST /includes/api.php HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\naction=").unwrap();
    demo.call(HISTORY);
    demo.stop();
}

#[test]
fn a_first_start_that_was_cut_short_is_made_again() {
    let folder = Scratch::new("cut-short");
    let unfinished = folder.join("demo/mysql.new");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("ibdata1"), "half a file").unwrap();
    assert!(Running::demo(&folder, &[]).call(HISTORY).contains("success"));
    assert!(!unfinished.exists());
}

#[test]
fn a_second_program_on_the_same_directory_is_refused() {
    let folder = Scratch::new("second");
    let demo = Running::demo(&folder, &[]);
    let output = run(&["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("another whmcs-api is using the embedded database"), "{}", stderr(&output));
    assert!(demo.call(HISTORY).contains("success"), "the first server continues to run");
}

#[test]
fn a_long_path_is_no_hindrance() {
    let folder = Scratch::new("long");
    let long = folder.join("x".repeat(120));
    assert!(Running::demo(&long, &[]).call(HISTORY).contains("success"));
}

#[test]
fn a_broken_database_is_shown_with_its_log() {
    let folder = Scratch::new("broken");
    Running::demo(&folder, &[]).stop();
    fs::write(folder.join("demo/mysql/ibdata1"), "no data").unwrap();
    let output = run(&["demo", "--keep", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("mariadbd.log") && stderr(&output).contains("ibdata1"), "{}", stderr(&output));
}

/// As root, with a directory of an ordinary user and as that user; as an ordinary user, there is no other user.
#[test]
fn it_runs_for_ordinary_users_too() {
    const NOBODY: u32 = 65534;
    let folder = Scratch::new("nobody");
    fs::create_dir_all(folder.join("demo")).unwrap();
    if fs::metadata(&*folder).unwrap().uid() != 0 {
        return;
    }
    // Only root may enter the folder in which the program was built.
    let program = folder.join("program");
    fs::copy(env!("CARGO_BIN_EXE_whmcs-api"), &program).unwrap();
    for path in [&*folder, &folder.join("demo")] {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    }
    let mut command = std::process::Command::new(&program);
    command.args(["demo", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()]);
    command.env_clear().env("PATH", PATH).uid(NOBODY).gid(NOBODY);
    // First as root, whose files must not prevent the owner from running it afterwards.
    let mut demo = Running::demo(&folder, &[]);
    let owner = fs::metadata(format!("/proc/{}", database_process(&folder.join("demo")))).unwrap().uid();
    assert_eq!(owner, NOBODY, "root starts it as the owner of the files");
    demo.stop();
    let mut demo = Running::start(command);
    assert!(demo.call(HISTORY).contains("success"));
    demo.stop();
}

#[test]
fn serve_keeps_its_data_and_says_when_nobody_can_call() {
    let folder = Scratch::new("serve");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder.to_str().unwrap()];
    for _ in 0..2 {
        let mut serving = Running::start(whmcs_api(&arguments));
        assert!(serving.says().contains("no API credential exists"), "{}", serving.says());
        assert!(serving.call(HISTORY).contains("Authentication Failed"));
        serving.stop();
    }
    assert!(folder.join("database/mysql/whmcs/tblclients.ibd").exists());
}
