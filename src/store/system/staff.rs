//! Staff (`tbladmins`) and the permissions of their roles (`tbladminperms`).

use sqlx::MySqlConnection;

use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::domain::entities::{are_same, decoded};
use crate::domain::id::{AdminId, DepartmentId};

const IS_ACTIVE: &str = "SELECT COUNT(*) > 0 FROM tbladmins WHERE id = ? AND disabled = 0";
const MEMBER: &str = "SELECT CAST(id AS SIGNED) AS id, username AS user_name, firstname AS first_name, \
            lastname AS last_name \
     FROM tbladmins WHERE id = ? AND disabled = 0";
const MEMBERS_BY_NAME: &str = "SELECT CAST(id AS SIGNED) AS id, username AS user_name, firstname AS first_name, \
            lastname AS last_name, email IN (?, ?, ?) AS has_email, disabled <> 0 AS is_disabled \
     FROM tbladmins WHERE username IN (?, ?, ?) OR email IN (?, ?, ?) \
        OR TRIM(CONCAT(firstname, ' ', lastname)) IN (?, ?, ?) ORDER BY id";
const ADDRESSES: &str = "SELECT a.email FROM tbladmins a JOIN tbladminroles r ON r.id = a.roleid \
     WHERE a.disabled = 0 AND a.email <> '' \
       AND CASE ? WHEN 'system' THEN r.systememails WHEN 'account' THEN r.accountemails ELSE r.supportemails END <> 0 \
       AND (? IS NULL OR FIND_IN_SET(?, a.ticketnotifications) > 0) ORDER BY a.id";

/// Whether this member of staff exists and is not disabled.
pub async fn is_active(db: &mut MySqlConnection, id: AdminId) -> sqlx::Result<bool> {
    sqlx::query_scalar(IS_ACTIVE).bind(id).fetch_one(db).await
}

/// A member of staff with the fields that clients see.
#[derive(Debug)]
pub struct Member {
    pub id: AdminId,
    pub user_name: String,
    pub first_name: String,
    pub last_name: String,
}

from_row!(Member { id, user_name, first_name, last_name });

impl Member {
    /// First and last name, or the user name if both are empty.
    pub fn name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name).trim().to_owned();
        if name.is_empty() { self.user_name.clone() } else { name }
    }
}

pub async fn member(db: &mut MySqlConnection, id: AdminId) -> sqlx::Result<Option<Member>> {
    sqlx::query_as(MEMBER).bind(id).fetch_optional(db).await
}

/// A member of staff who was found by name.
#[derive(Debug)]
pub struct NamedMember {
    pub id: AdminId,
    pub user_name: String,
    pub first_name: String,
    pub last_name: String,
    has_email: bool,
    pub is_disabled: bool,
}

from_row!(NamedMember { id, user_name, first_name, last_name, has_email, is_disabled });

impl NamedMember {
    /// How well the name fits; the smallest value fits best. Of those whom it fits equally, active staff come first.
    fn rank(&self, name: &str) -> (u8, bool) {
        let kind = match () {
            () if are_same(&self.user_name, name) => 0,
            () if decoded(&self.user_name).to_lowercase() == decoded(name).to_lowercase() => 1,
            () if self.has_email => 2,
            () => 3,
        };
        (kind, self.is_disabled)
    }
}

impl From<NamedMember> for Member {
    fn from(found: NamedMember) -> Member {
        let NamedMember { id, user_name, first_name, last_name, .. } = found;
        Member { id, user_name, first_name, last_name }
    }
}

/// Finds a member of staff by user name, e-mail address or full name, in any case. Of several, the one whom the name
/// fits best is returned.
pub async fn member_by_name(db: &mut MySqlConnection, name: &str) -> sqlx::Result<Option<NamedMember>> {
    let query = sqlx::query_as(MEMBERS_BY_NAME).bind_forms(name).bind_forms(name).bind_forms(name).bind_forms(name);
    let found: Vec<NamedMember> = query.fetch_all(db).await?;
    Ok(found.into_iter().min_by_key(|member| member.rank(name)))
}

/// A member of staff with the fields that a login needs.
#[derive(Debug)]
pub struct Staff {
    pub id: AdminId,
    pub name: String,
    /// Two columns, either of which may contain a hash of the password's MD5 sum.
    pub password: String,
    pub password_hash: String,
    pub is_disabled: bool,
    pub may_use_api: bool,
}

from_row!(Staff { id, name, password, password_hash, is_disabled, may_use_api });

/// Finds staff by user name, and reads whether their role has this permission; permission 0 is one that all have.
pub async fn find(db: &mut MySqlConnection, name: &str, permission: i64) -> sqlx::Result<Option<Staff>> {
    let found: Vec<Staff> = sqlx::query_as(
        "SELECT CAST(a.id AS SIGNED) AS id, a.username AS name, a.password, a.passwordhash AS password_hash, \
                a.disabled <> 0 AS is_disabled, \
                (? = 0 OR EXISTS(SELECT 1 FROM tbladminperms p WHERE p.roleid = a.roleid AND p.permid = ?)) AS may_use_api \
         FROM tbladmins a WHERE a.username IN (?, ?, ?) ORDER BY a.id",
    )
    .bind(permission)
    .bind(permission)
    .bind_forms(name)
    .fetch_all(db)
    .await?;
    // The database may consider `Admin` and `admin ` equal.
    Ok(found.into_iter().find(|staff| are_same(&staff.name, name)))
}

/// A member of staff's own profile.
#[derive(Debug)]
pub struct Profile {
    pub first_name: String,
    pub last_name: String,
    pub notes: String,
    pub signature: String,
    /// Permission ids, separated by commas.
    pub permissions: String,
    /// Department ids, with a comma before each and after the last.
    pub departments: String,
    /// The version of WHMCS, as in [`super::configuration::version`].
    pub whmcs_version: String,
}

from_row!(Profile { first_name, last_name, notes, signature, permissions, departments, whmcs_version });

pub async fn profile(db: &mut MySqlConnection, id: AdminId) -> sqlx::Result<Option<Profile>> {
    sqlx::query_as(
        "SELECT a.firstname AS first_name, a.lastname AS last_name, a.notes, a.signature, \
                COALESCE((SELECT GROUP_CONCAT(p.permid ORDER BY p.permid SEPARATOR ',') FROM tbladminperms p \
                          WHERE p.roleid = a.roleid), '') AS permissions, \
                a.supportdepts AS departments, \
                COALESCE((SELECT value FROM tblconfiguration WHERE setting = 'Version' LIMIT 1), '') AS whmcs_version \
         FROM tbladmins a WHERE a.id = ?",
    )
    .bind(id)
    .fetch_optional(db)
    .await
}

/// The topic of a mail to staff, which decides which roles get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffMailTopic {
    System,
    Account,
    Support,
}

/// Returns the addresses that get a mail about a topic; for support, only those of the department if one is given.
pub async fn addresses(
    db: &mut MySqlConnection,
    topic: StaffMailTopic,
    department: Option<DepartmentId>,
) -> sqlx::Result<Vec<String>> {
    let name = match topic {
        StaffMailTopic::System => "system",
        StaffMailTopic::Account => "account",
        StaffMailTopic::Support => "support",
    };
    let department = department.filter(|_| topic == StaffMailTopic::Support).map(|department| department.to_string());
    sqlx::query_scalar(ADDRESSES).bind(name).bind(department.clone()).bind(department).fetch_all(db).await
}
