//! Email templates (`tblemailtemplates`).

use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::domain::clients::topic::Topic;

const FIND: &str = "SELECT name, type AS kind, subject, message, fromname AS sender_name, fromemail AS sender_address, \
            disabled <> 0 AS is_disabled, plaintext <> 0 AS is_plain, copyto AS copy_to, blind_copy_to \
     FROM tblemailtemplates WHERE name IN (?, ?, ?) AND language IN ('', ?) ORDER BY language = '', id LIMIT 1";
const IS_ABOUT: &str = "SELECT COUNT(*) > 0 FROM tblemailtemplates WHERE id = ? AND type = ?";

/// The text, format and sender of a mail.
#[derive(Debug, Clone)]
pub struct Template {
    pub name: String,
    /// `general`, `product`, `domain`, `invoice`, `support`, `affiliate` or `admin`.
    pub kind: String,
    pub subject: String,
    /// HTML with merge fields, unless `is_plain`.
    pub message: String,
    /// Empty for the company's name.
    pub sender_name: String,
    /// Empty for the company's address.
    pub sender_address: String,
    pub is_disabled: bool,
    pub is_plain: bool,
    /// Addresses, separated by commas.
    pub copy_to: String,
    pub blind_copy_to: String,
}

from_row!(Template {
    name,
    kind,
    subject,
    message,
    sender_name,
    sender_address,
    is_disabled,
    is_plain,
    copy_to,
    blind_copy_to
});

impl Template {
    /// A template in HTML that is not stored.
    pub fn custom(kind: &str, subject: String, message: String) -> Template {
        Template {
            name: String::new(),
            kind: kind.to_owned(),
            subject,
            message,
            sender_name: String::new(),
            sender_address: String::new(),
            is_disabled: false,
            is_plain: false,
            copy_to: String::new(),
            blind_copy_to: String::new(),
        }
    }
}

/// Returns the template with this name, in the given language if it exists there, else in the default language.
pub async fn find(db: &mut MySqlConnection, name: &str, language: &str) -> sqlx::Result<Option<Template>> {
    sqlx::query_as(FIND).bind_forms(name).bind(language.to_owned()).fetch_optional(db).await
}

/// Whether there is a template with this id for mails about this topic.
pub async fn is_about(db: &mut MySqlConnection, id: u32, topic: Topic) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_ABOUT).bind(id).bind(topic.name()).fetch_one(db).await
}

/// A row of a list of templates.
#[derive(Debug)]
pub struct TemplateRow {
    pub id: i64,
    pub name: String,
    pub subject: String,
    pub is_custom: bool,
}

from_row!(TemplateRow { id, name, subject, is_custom });

/// Returns the templates of a language, of one kind if given, ordered by name.
pub async fn list(db: &mut MySqlConnection, kind: Option<&str>, language: &str) -> sqlx::Result<Vec<TemplateRow>> {
    let kind = kind.map(str::to_owned);
    sqlx::query_as(
        "SELECT CAST(id AS SIGNED) AS id, name, subject, custom <> 0 AS is_custom FROM tblemailtemplates \
         WHERE language = ? AND (? IS NULL OR type = ?) ORDER BY name, id",
    )
    .bind(language.to_owned())
    .bind(kind.clone())
    .bind(kind)
    .fetch_all(db)
    .await
}
