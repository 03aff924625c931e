//! How the database is reached by all sides alike: over its Unix socket, or over TCP on this machine.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

pub const USER: &str = "root";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Endpoint {
    Socket(PathBuf),
    /// A port of 127.0.0.1.
    Tcp(u16),
}

impl Endpoint {
    /// Connection options for bare connections.
    pub fn options(&self, database: &str) -> MySqlConnectOptions {
        let options = MySqlConnectOptions::new().username(USER).database(database).ssl_mode(MySqlSslMode::Disabled);
        match self {
            Endpoint::Socket(path) => options.socket(path),
            Endpoint::Tcp(port) => options.host("127.0.0.1").port(*port),
        }
    }

    /// The URL for the server.
    pub fn url(&self, database: &str) -> String {
        match self {
            Endpoint::Socket(path) => {
                format!("mysql://{USER}@localhost/{database}?socket={}&ssl-mode=DISABLED", path.display())
            }
            Endpoint::Tcp(port) => format!("mysql://{USER}@127.0.0.1:{port}/{database}?ssl-mode=DISABLED"),
        }
    }

    /// The data source name for PHP's PDO.
    pub fn data_source_name(&self, database: &str) -> String {
        let host = match self {
            Endpoint::Socket(path) => format!("unix_socket={}", path.display()),
            Endpoint::Tcp(port) => format!("host=127.0.0.1;port={port}"),
        };
        format!("mysql:{host};dbname={database};charset=utf8mb4")
    }
}

/// A port of 127.0.0.1 that nothing listens on.
pub fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
