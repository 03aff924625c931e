use std::str::FromStr;

use sqlx::AssertSqlSafe;
use sqlx::mysql::{MySqlConnectOptions, MySqlPool};
use whmcs_api::database::pool;

use crate::support::Database;

/// The addresses of the tests' server, and the ways to log in.
struct Ways {
    is_mysql: bool,
    socket: String,
    /// The port; 0 if it listens on none.
    port: i64,
    /// The file of the certificate authority; empty if the server has no certificate.
    authority: String,
}

async fn ways(admin: &MySqlPool) -> Ways {
    let (version, socket, port, networking, folder): (String, String, i64, i64, String) = sqlx::query_as(
        "SELECT CAST(VERSION() AS CHAR), CAST(@@socket AS CHAR), CAST(@@port AS SIGNED), \
                CAST(@@skip_networking = 0 AS SIGNED), CAST(@@datadir AS CHAR)",
    )
    .fetch_one(admin)
    .await
    .unwrap();
    let is_mysql = !version.contains("MariaDB");
    let authority = if is_mysql { format!("{folder}/ca.pem") } else { String::new() };
    Ways { is_mysql, socket, port: port * networking, authority }
}

/// Runs a future with a user who logs in in this way, and drops the user afterwards.
async fn with_user(admin: &MySqlPool, database: &str, name: &str, identified: &str) {
    for host in ["localhost", "127.0.0.1"] {
        for statement in [
            format!("DROP USER IF EXISTS '{name}'@'{host}'"),
            format!("CREATE USER '{name}'@'{host}' IDENTIFIED {identified}"),
            format!("GRANT SELECT ON `{database}`.* TO '{name}'@'{host}'"),
        ] {
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(admin).await.unwrap();
        }
    }
}

/// Each way to log in on each kind of server. The first log-in of a user is the hard one, before MySQL has cached the
/// user.
#[tokio::test]
async fn log_in_by_each_way() {
    let database = Database::create().await;
    let admin = MySqlPool::connect_with(database.options()).await.unwrap();
    let ways = ways(&admin).await;
    let name = database.name().replace("whmcs_api_test", "login");
    let identified = if ways.is_mysql { "WITH caching_sha2_password BY 'p%w'" } else { "BY 'p%w'" };
    with_user(&admin, database.name(), &name, identified).await;
    let encoded = ways.socket.replace('/', "%2F");
    let by_socket = format!("mysql://{name}:p%25w@localhost/{}?socket={encoded}", database.name());
    let by_port = format!("mysql://{name}:p%25w@127.0.0.1:{}/{}?", ways.port, database.name());
    let authority = ways.authority.replace('/', "%2F");

    let mut urls = vec![(by_socket.clone(), None)];
    if ways.port > 0 {
        urls.push((by_port.clone(), None));
    }
    if ways.is_mysql {
        urls.extend([
            (format!("{by_port}&ssl-mode=REQUIRED"), None),
            (format!("{by_port}&ssl-mode=VERIFY_CA&ssl-ca={authority}"), None),
            // No known authority has signed the certificate, and it is for no host name.
            (format!("{by_port}&ssl-mode=VERIFY_CA"), Some("certificate")),
            (format!("{by_port}&ssl-mode=VERIFY_IDENTITY&ssl-ca={authority}"), Some("certificate")),
            // The password would have to be sent unencrypted.
            (format!("{by_port}&ssl-mode=DISABLED"), Some("RSA")),
        ]);
    }
    for (url, refusal) in urls {
        sqlx::raw_sql("FLUSH PRIVILEGES").execute(&admin).await.unwrap();
        match (pool::connect(MySqlConnectOptions::from_str(&url).unwrap()).await, refusal) {
            (Ok(connection), None) => pool::close(connection).await,
            (Err(error), Some(told)) if error.to_string().contains(told) => {}
            (outcome, told) => panic!("{url}: {:?} instead of {told:?}", outcome.err()),
        }
    }
    for host in ["localhost", "127.0.0.1"] {
        sqlx::raw_sql(AssertSqlSafe(format!("DROP USER '{name}'@'{host}'"))).execute(&admin).await.unwrap();
    }
}
