//! The program as a child process of the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use whmcs_api::demo;

pub use crate::support::eventually_blocking as eventually;

/// The path of an ordinary user.
pub const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Creates a command for the program, with only the necessary environment variables of this process.
pub fn whmcs_api(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whmcs-api"));
    command.args(arguments).env_clear().env("PATH", PATH).stdin(Stdio::null());
    // No load balancer probes the server, so it need not wait before it stops.
    command.env("WHMCS_API_DRAIN_SECONDS", "0");
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    whmcs_api(arguments).output().unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A running server, which is killed when the value is dropped.
pub struct Running {
    pub child: Child,
    pub address: SocketAddr,
    said: Arc<Mutex<String>>,
    /// Ends once everything that the program logged was read.
    reader: JoinHandle<()>,
}

impl Running {
    /// Starts the program and waits until it prints its address.
    pub fn start(mut command: Command) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended at once: {}", said.lock().unwrap())).unwrap();
            said.lock().unwrap().extend([line.as_str(), "\n"]);
            if let Some((_, url)) = line.split_once("listening at ") {
                break url.split('/').nth(2).unwrap().parse().unwrap();
            }
        };
        let more = Arc::clone(&said);
        let reader = std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| more.lock().unwrap().extend([line.as_str(), "\n"]));
        });
        Running { child, address, said, reader }
    }

    /// Returns the log so far; the whole log once the program has ended.
    pub fn says(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn demo(data_dir: &Path, arguments: &[&str]) -> Running {
        let data_dir = data_dir.to_str().unwrap();
        let mut command = whmcs_api(&["demo", "--listen", "127.0.0.1:0", "--data-dir", data_dir]);
        command.args(arguments);
        Running::start(command)
    }

    /// Sends a request with the demo credential and returns the body of the response.
    pub fn call(&self, request: &str) -> String {
        let body = format!("responsetype=json&identifier={}&secret={}&{request}", demo::IDENTIFIER, demo::SECRET);
        let answer = self.exchange(&format!(
            "POST /includes/api.php HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ));
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    /// Sends a request after which the server closes the connection, and returns the whole response.
    pub fn exchange(&self, request: &str) -> String {
        let mut connection = TcpStream::connect(self.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Returns the rest of the output, once the program has ended.
    pub fn printed(&mut self) -> String {
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        printed
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, signal: &str) {
        kill(signal, self.child.id());
    }

    /// Sends TERM and expects a successful exit, of which the log tells no error.
    pub fn stop(&mut self) {
        let said = self.says().len();
        self.signal("TERM");
        assert!(self.ends().success());
        let said = self.says().split_off(said);
        assert!(!said.contains("ERROR"), "{said}");
    }

    /// Waits until the program has ended, and its whole log was read.
    pub fn ends(&mut self) -> ExitStatus {
        eventually("the program ends", || self.child.try_wait().unwrap().is_some());
        eventually("all that it logged is read", || self.reader.is_finished());
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn kill(signal: &str, process: u32) {
    Command::new("kill").arg(format!("-{signal}")).arg(process.to_string()).status().unwrap();
}

/// Returns the process id of the database server in this directory.
pub fn database_process(directory: &Path) -> u32 {
    std::fs::read_to_string(directory.join("mariadbd.pid")).unwrap().trim().parse().unwrap()
}

pub fn is_running(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // A process that has ended but was not waited for is a zombie.
    status.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}
