//! Endpoints in Python, as the documentation has them.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The first Python program of a page, which is killed when the value is dropped. It listens at a port of its own choice, and signs with
/// [`DocumentedEndpoint::SECRET`].
pub struct DocumentedEndpoint {
    child: Child,
    port: u16,
}

impl DocumentedEndpoint {
    pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    pub fn start(page: &str) -> DocumentedEndpoint {
        let program = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
        let mut command = Command::new("python3");
        command.args(["-c", program]).env("SECRET", Self::SECRET).env("PORT", "0");
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        DocumentedEndpoint { child, port: line.trim().parse().unwrap() }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }
}

impl Drop for DocumentedEndpoint {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
