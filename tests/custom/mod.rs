//! Custom actions: in SQL, as endpoints, and those of the documents.

mod catalogue;
mod commands;
mod documents;
mod endpoint;
mod sql;
mod statements;

use whmcs_api::config::Settings;

use crate::support::{TestApi, User};

/// Returns settings with these actions, in TOML.
pub fn settings(actions: &str) -> Settings {
    toml::from_str(actions).unwrap_or_else(|error| panic!("{error}: {actions}"))
}

/// The URL of a user's database.
pub fn url_of(user: &User) -> String {
    let url = user.database.url();
    let (_, rest) = url.split_once('@').unwrap();
    format!("mysql://{}:x@{rest}", user.name)
}

/// Creates an API with these actions, all of which the credential of the tests may call.
pub async fn api_with(settings: Settings) -> TestApi {
    api_on("DO 0", settings).await
}

/// The same on a database that is changed with these statements first.
pub async fn api_on(statements: &str, settings: Settings) -> TestApi {
    let names = settings.actions.keys().map(|name| format!(r#""{}":1"#, name.to_lowercase()));
    let permissions: Vec<String> = names.chain([r#""*":1"#.to_owned()]).collect();
    // Boxed, because the settings make the future large.
    let api = Box::pin(TestApi::with_settings(settings)).await;
    api.sql(statements).await;
    api.sql(&format!("UPDATE tblapi_roles SET permissions = '{{{}}}' WHERE id = 1", permissions.join(","))).await;
    api.api.check_statements().await.unwrap();
    api
}
