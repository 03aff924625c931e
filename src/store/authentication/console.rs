//! Who may use the console: log-ins of staff, their sessions, second factors and invitations (`mod_whmcs_api_console_…`).

use chrono::NaiveDateTime;
use sqlx::MySqlConnection;

use crate::database::errors::is_duplicate;
use crate::database::sql::BindForms;
use crate::database::values::from_row;
use crate::database::writer::Writer;
use crate::domain::entities::are_same;
use crate::domain::id::AdminId;

/// What a member of staff logs in with, as it is stored: sessions end when it changes.
macro_rules! login_hash {
    () => {
        "UNHEX(SHA2(CONCAT_WS('|', a.password, a.passwordhash, a.roleid), 256))"
    };
}

/// The columns of [`StaffLogin`].
macro_rules! select_login {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(a.id AS SIGNED) AS id, a.username AS user_name, CAST(a.roleid AS SIGNED) AS role, \
                    COALESCE(r.name, '') AS role_name, a.password, a.passwordhash AS password_hash, \
                    a.authmodule <> '' AS has_foreign_factor, COALESCE(f.secret, '') AS factor, \
                    CAST(COALESCE(f.last_step, 0) AS SIGNED) AS last_step \
             FROM tbladmins a LEFT JOIN tbladminroles r ON r.id = a.roleid \
             LEFT JOIN mod_whmcs_api_console_factors f ON f.id = a.id WHERE a.disabled = 0 AND ",
            $rest
        )
    };
}

/// The columns of [`SessionRow`], with the sessions that have not ended.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT CAST(s.id AS SIGNED) AS id, CAST(a.id AS SIGNED) AS admin, a.username AS user_name, \
                    CAST(a.roleid AS SIGNED) AS role, COALESCE(r.name, '') AS role_name, s.address, s.user_agent, \
                    s.created_at, s.seen_at, s.ends_at \
             FROM mod_whmcs_api_console_sessions s JOIN tbladmins a ON a.id = s.admin_id \
             LEFT JOIN tbladminroles r ON r.id = a.roleid \
             WHERE s.ends_at > ? AND s.seen_at > ? AND a.disabled = 0 AND s.login_hash = ",
            login_hash!(),
            " AND ((a.authmodule = '' AND NOT ?) OR EXISTS(SELECT 1 FROM mod_whmcs_api_console_factors f \
                                                          WHERE f.id = a.id AND f.created_at <= s.created_at)) AND ",
            $rest
        )
    };
}

const LOGIN_OF: &str = select_login!("a.id = ?");
const LOGINS_BY_NAME: &str = select_login!("a.username IN (?, ?, ?) ORDER BY a.id");
const ADD_SESSION: &str = concat!(
    "INSERT INTO mod_whmcs_api_console_sessions \
         (token_hash, admin_id, login_hash, address, user_agent, created_at, seen_at, ends_at) \
     SELECT ?, a.id, ",
    login_hash!(),
    ", ?, ?, ?, ?, ? FROM tbladmins a WHERE a.id = ? AND a.disabled = 0 AND a.password = ? AND a.passwordhash = ?"
);
const ACCEPT_STEP: &str = "UPDATE mod_whmcs_api_console_factors SET last_step = ? WHERE id = ? AND last_step < ?";
const END_SESSION: &str = "DELETE FROM mod_whmcs_api_console_sessions WHERE id = ? AND (? IS NULL OR admin_id = ?)";
const END_SESSIONS_OF: &str = "DELETE FROM mod_whmcs_api_console_sessions WHERE admin_id = ?";
const REMOVE_FACTOR: &str = "DELETE FROM mod_whmcs_api_console_factors WHERE id = ?";
const ADD_FACTOR: &str =
    "INSERT INTO mod_whmcs_api_console_factors (id, secret, last_step, created_at) VALUES (?, ?, ?, ?)";
const REMOVE_INVITATIONS: &str = "DELETE FROM mod_whmcs_api_console_invitations WHERE admin_id = ?";
const INVITE: &str = "INSERT INTO mod_whmcs_api_console_invitations (token_hash, admin_id, sets_password, expires_at) \
     VALUES (?, ?, ?, ?)";
const INVITATION: &str = "SELECT CAST(admin_id AS SIGNED) AS admin, sets_password <> 0 AS sets_password \
     FROM mod_whmcs_api_console_invitations WHERE token_hash = ? AND expires_at > ?";
const REDEEM: &str = "DELETE FROM mod_whmcs_api_console_invitations WHERE token_hash = ?";
const SET_PASSWORD: &str = "UPDATE tbladmins SET passwordhash = ?, password = '', updated_at = ? WHERE id = ?";
const ADD_STAFF: &str = "INSERT INTO tbladmins (roleid, username, passwordhash, authmodule, authdata, firstname, lastname, email, \
         signature, notes, template, language, disabled, loginattempts, supportdepts, ticketnotifications, homewidgets, \
         password_reset_data, hidden_widgets, widget_order, created_at, updated_at) \
     VALUES (1, ?, ?, '', '', '', '', '', '', '', '', '', 0, 0, '', '', '', '', '', '', ?, ?)";
/// A hash looks like `$2y$…` or `$argon2id$…`.
const ANY_LOGIN: &str = "SELECT COUNT(*) > 0 FROM tbladmins WHERE disabled = 0 AND (LEFT(passwordhash, 1) = '$' OR LEFT(password, 1) = '$')";
const DECOY: &str = "SELECT IF(LEFT(passwordhash, 1) = '$', passwordhash, password) FROM tbladmins \
     WHERE disabled = 0 AND (LEFT(passwordhash, 1) = '$' OR LEFT(password, 1) = '$') ORDER BY id LIMIT 1";

/// A member of staff who is not disabled, with what a log-in needs.
#[derive(Debug)]
pub struct StaffLogin {
    pub id: AdminId,
    pub user_name: String,
    pub role: i64,
    /// Empty if there is no such role.
    pub role_name: String,
    /// Two columns, either of which may contain a hash of the password or of its MD5 sum.
    pub password: String,
    pub password_hash: String,
    /// Whether WHMCS asks them for a second factor that only it can verify.
    pub has_foreign_factor: bool,
    /// The sealed secret of the second factor; empty if there is none.
    pub factor: String,
    /// The last step whose code was accepted.
    pub last_step: i64,
}

from_row!(StaffLogin {
    id,
    user_name,
    role,
    role_name,
    password,
    password_hash,
    has_foreign_factor,
    factor,
    last_step
});

/// Finds a member of staff who is not disabled by their user name.
pub async fn login(db: &mut MySqlConnection, user_name: &str) -> sqlx::Result<Option<StaffLogin>> {
    let found: Vec<StaffLogin> = sqlx::query_as(LOGINS_BY_NAME).bind_forms(user_name).fetch_all(db).await?;
    // The database may consider `Admin` and `admin ` equal.
    Ok(found.into_iter().find(|staff| are_same(&staff.user_name, user_name)))
}

/// Reads the log-in of a member of staff who is not disabled.
pub async fn login_of(db: &mut MySqlConnection, admin: AdminId) -> sqlx::Result<Option<StaffLogin>> {
    sqlx::query_as(LOGIN_OF).bind(admin).fetch_optional(db).await
}

/// Whether any member of staff has a password.
pub async fn any_login(db: &mut MySqlConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar(ANY_LOGIN).fetch_one(db).await
}

/// Returns the hash of somebody's password, to be compared for user names that nobody has.
pub async fn decoy_hash(db: &mut MySqlConnection) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(DECOY).fetch_optional(db).await
}

/// A session with the member of staff whose it is.
#[derive(Debug)]
pub struct SessionRow {
    pub id: i64,
    pub admin: AdminId,
    pub user_name: String,
    pub role: i64,
    pub role_name: String,
    pub address: String,
    pub user_agent: String,
    /// UTC, as the next two.
    pub created_at: NaiveDateTime,
    pub seen_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
}

from_row!(SessionRow { id, admin, user_name, role, role_name, address, user_agent, created_at, seen_at, ends_at });

/// What decides which sessions have ended. Moments are in UTC.
#[derive(Debug, Clone, Copy)]
pub struct Liveness {
    pub now: NaiveDateTime,
    /// Sessions without a request since then have ended.
    pub idle_since: NaiveDateTime,
    /// Whether those that began without a second factor have ended, as those of staff whom WHMCS asks for one have.
    pub needs_factor: bool,
}

/// Finds a session that has not ended.
pub async fn session(db: &mut MySqlConnection, hash: [u8; 32], live: Liveness) -> sqlx::Result<Option<SessionRow>> {
    let find = sqlx::query_as(select_sessions!("s.token_hash = ?"));
    find.bind(live.now).bind(live.idle_since).bind(live.needs_factor).bind(hash.to_vec()).fetch_optional(db).await
}

/// Returns the sessions that have not ended, the latest first; of one member of staff if one is given.
pub async fn sessions(
    db: &mut MySqlConnection,
    live: Liveness,
    admin: Option<AdminId>,
) -> sqlx::Result<Vec<SessionRow>> {
    let list = sqlx::query_as(select_sessions!("(? IS NULL OR s.admin_id = ?) ORDER BY s.id DESC LIMIT 500"));
    let admin = admin.map(|admin| admin.0);
    list.bind(live.now).bind(live.idle_since).bind(live.needs_factor).bind(admin).bind(admin).fetch_all(db).await
}

/// Records that a session was used.
pub async fn touch(db: &mut MySqlConnection, session: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    let update = "UPDATE mod_whmcs_api_console_sessions SET seen_at = ? WHERE id = ?";
    sqlx::query(update).bind(now).bind(session).execute(db).await.map(drop)
}

/// A form that a session has sent. What it asks for is done once.
#[derive(Debug, Clone, Copy)]
pub struct SentForm {
    /// SHA-256 of the form's token.
    pub token_hash: [u8; 32],
    pub session: i64,
}

/// Uses a form up, in the transaction of what it asks for. Returns `false` if that was committed before.
pub async fn use_form(db: &mut MySqlConnection, form: SentForm) -> sqlx::Result<bool> {
    let insert = "INSERT INTO mod_whmcs_api_console_forms (token_hash, session_id) VALUES (?, ?)";
    match sqlx::query(insert).bind(form.token_hash.to_vec()).bind(form.session).execute(db).await {
        Err(error) if is_duplicate(&error) => Ok(false),
        inserted => inserted.map(|_| true),
    }
}

/// Deletes sessions that ended before a time, and the forms of sessions that are gone.
pub async fn forget_before(db: &mut MySqlConnection, time: NaiveDateTime) -> sqlx::Result<()> {
    for delete in [
        "DELETE FROM mod_whmcs_api_console_sessions WHERE ends_at < ?",
        "DELETE FROM mod_whmcs_api_console_invitations WHERE expires_at < ?",
    ] {
        sqlx::query(delete).bind(time).execute(&mut *db).await?;
    }
    let forms = "DELETE FROM mod_whmcs_api_console_forms \
                 WHERE session_id NOT IN (SELECT id FROM mod_whmcs_api_console_sessions)";
    sqlx::query(forms).execute(db).await.map(drop)
}

/// A session that begins. Times are in UTC.
#[derive(Debug)]
pub struct NewSession<'s> {
    pub token_hash: [u8; 32],
    pub address: &'s str,
    pub user_agent: &'s str,
    pub now: NaiveDateTime,
    pub ends_at: NaiveDateTime,
}

/// Begins a session. Returns `false`, with nothing written, if the log-in has changed since it was read.
pub async fn add_session(tx: &mut Writer<'_>, staff: &StaffLogin, new: &NewSession<'_>) -> sqlx::Result<bool> {
    let insert = sqlx::query(ADD_SESSION)
        .bind(new.token_hash.to_vec())
        .bind(new.address.to_owned())
        .bind(new.user_agent.to_owned())
        .bind(new.now)
        .bind(new.now)
        .bind(new.ends_at)
        .bind(staff.id)
        .bind(staff.password.clone())
        .bind(staff.password_hash.clone());
    tx.change(insert).await
}

/// Accepts the code of a step. Returns `false` if it, or a later one, was accepted before.
pub async fn accept_step(tx: &mut Writer<'_>, admin: AdminId, step: i64) -> sqlx::Result<bool> {
    tx.change(sqlx::query(ACCEPT_STEP).bind(step).bind(admin).bind(step)).await
}

/// Ends a session; of this member of staff only, if one is given. Returns `false` if there is none.
pub async fn end_session(tx: &mut Writer<'_>, session: i64, of: Option<AdminId>) -> sqlx::Result<bool> {
    let of = of.map(|admin| admin.0);
    tx.change(sqlx::query(END_SESSION).bind(session).bind(of).bind(of)).await
}

/// Ends all sessions of a member of staff, and returns how many.
pub async fn end_sessions_of(tx: &mut Writer<'_>, admin: AdminId) -> sqlx::Result<u64> {
    Ok(tx.execute(sqlx::query(END_SESSIONS_OF).bind(admin)).await?.rows_affected())
}

/// Removes the second factor of a member of staff. Returns `false` if there was none.
pub async fn remove_factor(tx: &mut Writer<'_>, admin: AdminId) -> sqlx::Result<bool> {
    tx.change(sqlx::query(REMOVE_FACTOR).bind(admin)).await
}

/// Stores the sealed secret of a second factor, with the step whose code was accepted.
pub async fn add_factor(tx: &mut Writer<'_>, admin: AdminId, sealed: &str, step: i64) -> sqlx::Result<()> {
    let insert = sqlx::query(ADD_FACTOR).bind(admin).bind(sealed.to_owned()).bind(step).bind(tx.now.utc());
    tx.execute(insert).await.map(drop)
}

/// An invitation that can be accepted.
#[derive(Debug, Clone, Copy)]
pub struct Invitation {
    /// 0 for the first administrator, who is created.
    pub admin: AdminId,
    pub sets_password: bool,
}

from_row!(Invitation { admin, sets_password });

/// Finds an invitation that has not expired.
pub async fn invitation(
    db: &mut MySqlConnection,
    hash: [u8; 32],
    now: NaiveDateTime,
) -> sqlx::Result<Option<Invitation>> {
    sqlx::query_as(INVITATION).bind(hash.to_vec()).bind(now).fetch_optional(db).await
}

/// Stores an invitation. It takes the place of earlier ones of the same member of staff.
pub async fn invite(
    tx: &mut Writer<'_>,
    hash: [u8; 32],
    invitation: Invitation,
    expires_at: NaiveDateTime,
) -> sqlx::Result<()> {
    remove_invitations(tx, invitation.admin).await?;
    let insert = sqlx::query(INVITE).bind(hash.to_vec()).bind(invitation.admin).bind(invitation.sets_password);
    tx.execute(insert.bind(expires_at)).await.map(drop)
}

/// Removes the invitations of a member of staff.
pub async fn remove_invitations(tx: &mut Writer<'_>, admin: AdminId) -> sqlx::Result<()> {
    tx.execute(sqlx::query(REMOVE_INVITATIONS).bind(admin)).await.map(drop)
}

/// Uses an invitation up. Returns `false` if somebody was faster.
pub async fn redeem(tx: &mut Writer<'_>, hash: [u8; 32]) -> sqlx::Result<bool> {
    tx.change(sqlx::query(REDEEM).bind(hash.to_vec())).await
}

/// Sets the hash of a member of staff's password.
pub async fn set_password(tx: &mut Writer<'_>, admin: AdminId, hash: &str) -> sqlx::Result<()> {
    let update = sqlx::query(SET_PASSWORD).bind(hash.to_owned()).bind(tx.now.utc()).bind(admin);
    tx.execute(update).await.map(drop)
}

/// Creates a member of staff with the role 1 and a password.
pub async fn add_staff(tx: &mut Writer<'_>, user_name: &str, password_hash: &str) -> sqlx::Result<AdminId> {
    let now = tx.now.utc();
    let insert = sqlx::query(ADD_STAFF).bind(user_name.to_owned()).bind(password_hash.to_owned()).bind(now).bind(now);
    tx.insert(insert).await.map(AdminId)
}
