//! Database users with few rights.

use sqlx::mysql::MySqlConnectOptions;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection};
use whmcs_api::doctor::grants::Grantee;

use super::{Database, block_on};

/// A database user of a test's own, who is dropped after the test.
pub struct User {
    pub name: String,
    pub host: String,
    pub database: Database,
}

impl User {
    /// Creates a user without any privilege.
    pub async fn create(database: Database) -> User {
        let mut connection = MySqlConnection::connect_with(&database.options()).await.unwrap();
        let host: String = sqlx::query_scalar("SELECT CAST(SUBSTRING_INDEX(CURRENT_USER(), '@', -1) AS CHAR)")
            .fetch_one(&mut connection)
            .await
            .unwrap();
        // The name of the database with another prefix.
        let name = database.name().replace("whmcs_api_test", "user");
        let user = User { name, host, database };
        user.as_owner("CREATE USER {user} IDENTIFIED BY 'x'").await;
        user
    }

    pub fn grantee(&self) -> Grantee<'_> {
        Grantee { user: &self.name, host: &self.host, database: self.database.name() }
    }

    /// Runs a statement as the owner of the database, in which `{user}` stands for the account and `{database}` for its
    /// database.
    pub async fn as_owner(&self, statement: &str) {
        let account = format!("'{}'@'{}'", self.name, self.host);
        let statement =
            statement.replace("{user}", &account).replace("{database}", &format!("`{}`", self.database.name()));
        let mut connection = MySqlConnection::connect_with(&self.database.options()).await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut connection).await;
        done.unwrap_or_else(|error| panic!("{error}: {statement}"));
    }

    pub fn options(&self) -> MySqlConnectOptions {
        self.database.options().username(&self.name).password("x")
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let (options, statement) = (self.database.options(), format!("DROP USER '{}'@'{}'", self.name, self.host));
        block_on(async move {
            let mut connection = MySqlConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        });
    }
}
