//! The rights that an account has on all of the database. Only they tell that nothing is hidden from it: servers list
//! what an account may see, and say nothing of the rest.

use sqlx::MySqlConnection;

use super::quoted;
use crate::store::system::inspection;

/// Returns which of these rights the account does not have on the whole database.
pub async fn missing<'r>(db: &mut MySqlConnection, wanted: &[&'r str]) -> sqlx::Result<Vec<&'r str>> {
    let grants = inspection::grants(db).await?;
    let database: String = sqlx::query_scalar("SELECT CAST(DATABASE() AS CHAR)").fetch_one(db).await?;
    let is_missing = |right: &&&str| !has(&grants, right, &database);
    Ok(wanted.iter().filter(is_missing).copied().collect())
}

/// The statement that grants rights on the database to the account.
pub async fn grant(db: &mut MySqlConnection, rights: &[&str]) -> sqlx::Result<String> {
    let (account, database): (String, String) =
        sqlx::query_as("SELECT CAST(CURRENT_USER() AS CHAR), CAST(DATABASE() AS CHAR)").fetch_one(db).await?;
    let (user, host) = account.rsplit_once('@').unwrap_or((&account, "%"));
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    Ok(format!("GRANT {} ON {}.* TO {}@{}", rights.join(", "), quoted(&database), text(user), text(host)))
}

/// Whether what `SHOW GRANTS` prints includes a right on the whole database. MySQL can revoke a part of what is granted
/// on all databases.
fn has(grants: &[String], right: &str, database: &str) -> bool {
    let includes = |verb: &str, grant: &String| {
        let statement = grant.strip_prefix(verb).and_then(|rest| rest.split_once(" ON "));
        statement.is_some_and(|(rights, rest)| {
            rights.split(',').any(|granted| [right, "ALL PRIVILEGES"].contains(&granted.trim()))
                && covers(rest, database)
        })
    };
    grants.iter().any(|grant| includes("GRANT ", grant)) && !grants.iter().any(|grant| includes("REVOKE ", grant))
}

/// Whether a grant on `place`, such as `` `shop\_%`.* TO … ``, holds for all of a database.
fn covers(place: &str, database: &str) -> bool {
    if place.starts_with("*.*") {
        return true;
    }
    let Some(name) = place.strip_prefix('`') else { return false };
    let Some((pattern, _)) = name.split_once("`.* ") else { return false };
    is_like(&pattern.replace("``", "`"), database)
}

/// Whether a text is like a pattern in which `%` stands for any characters, `_` for one, and `\` takes either literally.
fn is_like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| is_like(rest.as_str(), &text[at..]))
        }
        Some(first) => {
            let literal = if first == '\\' { rest.next() } else { None };
            let mut text = text.chars();
            let Some(found) = text.next() else { return false };
            let is_same = match literal {
                Some(literal) => found == literal,
                None => first == '_' || found == first,
            };
            is_same && is_like(rest.as_str(), text.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_grants_on_the_whole_database_count() {
        for (grants, expected) in [
            (&["GRANT SELECT ON `my_shop`.* TO `me`@`%`"][..], true),
            (&["GRANT ALL PRIVILEGES ON `my\\_shop`.* TO `me`@`%` WITH GRANT OPTION"], true),
            (&["GRANT INSERT, SELECT ON *.* TO `me`@`%`"], true),
            (&["GRANT SELECT, INSERT ON `my%`.* TO `role`"], true),
            (&["GRANT SELECT ON `my_sho_`.* TO `me`@`%`"], true),
            (&["GRANT USAGE ON *.* TO `me`@`%`", "GRANT `role` TO `me`@`%`"], false),
            (&["GRANT SELECT ON `my_shop`.`tblclients` TO `me`@`%`"], false),
            (&["GRANT SELECT (`id`), INSERT ON `my_shop`.* TO `me`@`%`"], false),
            (&["GRANT SELECT ON `my\\_`.* TO `me`@`%`"], false),
            (&["GRANT SELECT ON `your%`.* TO `me`@`%`"], false),
            (&["GRANT SELECT ON `myxshop`.* TO `me`@`%`", "GRANT INSERT ON `my_shop`.* TO `me`@`%`"], false),
            (&["GRANT SELECT ON *.* TO `me`@`%`", "REVOKE SELECT ON `my_shop`.* FROM `me`@`%`"], false),
            (&["GRANT SELECT ON *.* TO `me`@`%`", "REVOKE SELECT ON `other`.* FROM `me`@`%`"], true),
        ] {
            let grants: Vec<String> = grants.iter().map(|&grant| grant.to_owned()).collect();
            assert_eq!(has(&grants, "SELECT", "my_shop"), expected, "{grants:?}");
        }
    }
}
