//! Checks of a database server that need no table of WHMCS.

use chrono::Utc;

use crate::store::system::inspection::Server;

/// What is wrong with a database server: a code for programs, and a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFinding {
    pub code: &'static str,
    pub message: String,
}

/// The oldest supported versions: those that the tests run against, or that support our statements.
const OLDEST_MARIADB: (u32, u32) = (10, 6);
const OLDEST_MYSQL: (u32, u32) = (8, 0);
/// Maximum difference between the clocks, in seconds.
const MAX_CLOCK_SKEW: i64 = 5;
/// Minimum number of statements that a connection must be able to keep prepared.
const MIN_PREPARED_STATEMENTS: i64 = 250;

/// The server's name and version, such as `MariaDB 10.11.19`.
pub fn name(server: &Server) -> String {
    let number: String = server.version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    format!("{} {number}", if is_mariadb(server) { "MariaDB" } else { "MySQL" })
}

fn is_mariadb(server: &Server) -> bool {
    server.version.contains("MariaDB") || server.comment.contains("MariaDB")
}

fn is_supported(server: &Server) -> bool {
    // Some replication set-ups have MariaDB report an old MySQL version first: 5.5.5-10.6.12-MariaDB.
    let version = server.version.strip_prefix("5.5.5-").unwrap_or(&server.version);
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= if is_mariadb(server) { OLDEST_MARIADB } else { OLDEST_MYSQL }
}

/// Returns the problem of a server whose version is not supported.
pub fn unsupported(server: &Server) -> Option<ServerFinding> {
    (!is_supported(server)).then(|| ServerFinding {
        code: "unsupported_server",
        message: format!("{} is not supported: MariaDB from 10.6 and MySQL from 8.0 are", name(server)),
    })
}

/// Returns the finding that the server's clock is wrong, or this computer's.
pub fn clocks_differ(server: &Server) -> Option<ServerFinding> {
    let clock_skew = (server.clock - Utc::now().naive_utc()).num_seconds();
    (clock_skew.abs() > MAX_CLOCK_SKEW).then(|| ServerFinding {
        code: "clocks_differ",
        message: format!("the server's clock is {clock_skew} s ahead of this computer's"),
    })
}

/// Returns the findings that may become a problem.
pub fn warnings(server: &Server, connections: u32, cipher: &str, is_local: bool) -> Vec<ServerFinding> {
    let mut warnings: Vec<ServerFinding> = clocks_differ(server).into_iter().collect();
    let mut warn = |code, message: String| warnings.push(ServerFinding { code, message });
    let connections = i64::from(connections);
    if connections >= server.max_connections {
        let message = format!(
            "database.connections is {connections}, and the server allows {} in all (max_connections)",
            server.max_connections
        );
        warn("few_connections", message);
    }
    if connections * MIN_PREPARED_STATEMENTS > server.max_prepared {
        let message = format!(
            "{connections} connections keep about {} statements prepared, and the server allows {} in all \
             (max_prepared_stmt_count)",
            connections * MIN_PREPARED_STATEMENTS,
            server.max_prepared
        );
        warn("few_prepared_statements", message);
    }
    if cipher.is_empty() && !is_local {
        warn("not_encrypted", "the connection is not encrypted (ssl-mode in database.url)".to_owned());
    }
    if server.sql_mode.contains("NO_ZERO_DATE") || server.sql_mode.contains("NO_ZERO_IN_DATE") {
        let message = "the server's sql_mode forbids zero dates, which WHMCS stores; this program's connections set \
                       another mode, which allows them";
        warn("zero_dates_forbidden", message.to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_apart() {
        for (version, comment, expected, is_fit) in [
            ("10.11.19-MariaDB-0+deb12u1", "Debian", "MariaDB 10.11.19", true),
            ("10.5.29-MariaDB", "", "MariaDB 10.5.29", false),
            ("5.5.5-10.6.12-MariaDB", "", "MariaDB 5.5.5", true),
            ("11.4.2", "MariaDB Server", "MariaDB 11.4.2", true),
            ("8.0.36", "MySQL Community Server - GPL", "MySQL 8.0.36", true),
            ("9.7.0", "(Debian)", "MySQL 9.7.0", true),
            ("5.7.44-log", "MySQL Community Server (GPL)", "MySQL 5.7.44", false),
        ] {
            let server = Server {
                version: version.to_owned(),
                comment: comment.to_owned(),
                database: String::new(),
                collation: String::new(),
                account: String::new(),
                sql_mode: String::new(),
                is_read_only: false,
                clock: Utc::now().naive_utc(),
                max_connections: 100,
                max_prepared: 16382,
            };
            assert_eq!((name(&server).as_str(), is_supported(&server)), (expected, is_fit), "{version}");
        }
    }
}
