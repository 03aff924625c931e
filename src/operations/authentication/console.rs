//! The console's sessions, second factors and invitations.
//!
//! Passwords and codes were verified before. What is decided here is what may have changed since, and what may happen once only.

use chrono::{NaiveDateTime, TimeDelta};

use crate::database::writer::{Subject, Writer};
use crate::domain::id::AdminId;
use crate::fault;
use crate::operations::Context;
use crate::store::authentication::console::{self as store, Invitation, NewSession, StaffLogin};
use crate::store::system::activity;

/// How long an invitation can be accepted.
const INVITATION: TimeDelta = TimeDelta::hours(1);
/// Length of the column.
const USER_AGENT_CHARS: usize = 200;
/// How much of a name that somebody has typed is recorded.
const USER_NAME_CHARS: usize = 60;

/// The reasons for which nobody is let in, or nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsoleRefusal {
    /// The password or the role has changed since it was read.
    LoginChanged,
    /// The code was used before.
    CodeUsed,
    /// The invitation is unknown, was accepted, or has expired.
    InvitationNotValid,
    /// Somebody has this user name.
    NameTaken,
    /// No member of staff who is not disabled has this user name.
    StaffNotFound,
    /// There is no second factor.
    NoFactor,
    /// The session has ended.
    SessionNotFound,
}

impl crate::operations::Refusal for ConsoleRefusal {
    fn code(&self) -> &'static str {
        match self {
            ConsoleRefusal::LoginChanged => "login_changed",
            ConsoleRefusal::CodeUsed => "code_used",
            ConsoleRefusal::InvitationNotValid => "invitation_not_valid",
            ConsoleRefusal::NameTaken => "user_name_taken",
            ConsoleRefusal::StaffNotFound => "staff_not_found",
            ConsoleRefusal::NoFactor => "no_second_factor",
            ConsoleRefusal::SessionNotFound => "session_not_found",
        }
    }
}

type Result<T> = crate::operations::Result<T, ConsoleRefusal>;

/// What the secret of a second factor is sealed for.
pub fn purpose(admin: AdminId) -> String {
    format!("second factor of staff {admin}")
}

/// A log-in whose password and code were right.
#[derive(Debug)]
pub struct LogIn {
    pub staff: StaffLogin,
    /// The step of the code, if a code was needed.
    pub step: Option<i64>,
    pub token_hash: [u8; 32],
    pub user_agent: String,
    /// UTC.
    pub ends_at: NaiveDateTime,
}

/// Begins a session.
pub async fn log_in(context: Context<'_>, log_in: &LogIn) -> Result<()> {
    let (address, now) = (context.author.address.clone(), context.now.utc());
    let mut tx = context.write(Subject::Staff).await?;
    if let Some(step) = log_in.step
        && !store::accept_step(&mut tx, log_in.staff.id, step).await?
    {
        return Err(ConsoleRefusal::CodeUsed.into());
    }
    let user_agent: String = log_in.user_agent.chars().take(USER_AGENT_CHARS).collect();
    let (token_hash, ends_at) = (log_in.token_hash, log_in.ends_at);
    let new = NewSession { token_hash, address: &address, user_agent: &user_agent, now, ends_at };
    if !store::add_session(&mut tx, &log_in.staff, &new).await? {
        return Err(ConsoleRefusal::LoginChanged.into());
    }
    Ok(activity::log(&mut tx, None, "Console: Logged In").await?)
}

/// Leaves a trace of a log-in that was refused.
pub async fn note_refused_log_in(context: Context<'_>, user_name: &str) -> Result<()> {
    let user_name: String = user_name.chars().take(USER_NAME_CHARS).collect();
    let mut tx = context.write(Subject::Staff).await?;
    Ok(activity::log(&mut tx, None, &format!("Console: Log-in Refused - User Name: {user_name}")).await?)
}

/// Ends a session; of this member of staff only, if one is given.
pub async fn end_session(context: Context<'_>, session: i64, of: Option<AdminId>) -> Result<()> {
    let mut tx = context.write(Subject::Staff).await?;
    if !store::end_session(&mut tx, session, of).await? {
        return Err(ConsoleRefusal::SessionNotFound.into());
    }
    Ok(activity::log(&mut tx, None, &format!("Console: Ended the Session {session}")).await?)
}

/// Ends all sessions of a member of staff, with the links that would begin others, and returns how many sessions.
pub async fn end_sessions_of(context: Context<'_>, staff: &StaffLogin) -> Result<u64> {
    let mut tx = context.write(Subject::Staff).await?;
    store::remove_invitations(&mut tx, staff.id).await?;
    let ended = store::end_sessions_of(&mut tx, staff.id).await?;
    activity::log(&mut tx, None, &format!("Console: Ended all Sessions of {}", staff.user_name)).await?;
    Ok(ended)
}

/// Removes the second factor of a member of staff, with the links that would set another one up, and ends their sessions.
pub async fn reset_second_factor(context: Context<'_>, staff: &StaffLogin) -> Result<()> {
    let mut tx = context.write(Subject::Staff).await?;
    if !store::remove_factor(&mut tx, staff.id).await? {
        return Err(ConsoleRefusal::NoFactor.into());
    }
    store::remove_invitations(&mut tx, staff.id).await?;
    store::end_sessions_of(&mut tx, staff.id).await?;
    activity::log(&mut tx, None, &format!("Console: Removed the Second Factor of {}", staff.user_name)).await?;
    Ok(())
}

/// Who is invited to set up a log-in at the console.
#[derive(Debug)]
pub enum Invitee {
    /// The first administrator, who is created. Only while nobody has a password.
    First,
    Staff {
        user_name: String,
        /// Whether the link sets a new password, too. It does in any case if there is none.
        sets_password: bool,
    },
}

/// Stores an invitation, by the hash of its token.
pub async fn invite(context: Context<'_>, invitee: &Invitee, token_hash: [u8; 32]) -> Result<()> {
    let (invitation, name) = match invitee {
        Invitee::First => {
            if store::any_login(context.db).await? {
                return Err(ConsoleRefusal::NameTaken.into());
            }
            (Invitation { admin: AdminId(0), sets_password: true }, "the first administrator")
        }
        Invitee::Staff { user_name, sets_password } => {
            let staff = store::login(context.db, user_name).await?.ok_or(ConsoleRefusal::StaffNotFound)?;
            let has_password = [&staff.password, &staff.password_hash].iter().any(|hash| !hash.is_empty());
            (Invitation { admin: staff.id, sets_password: *sets_password || !has_password }, user_name.as_str())
        }
    };
    let expires_at = context.now.utc() + INVITATION;
    let mut tx = context.write(Subject::Staff).await?;
    store::invite(&mut tx, token_hash, invitation, expires_at).await?;
    activity::log(&mut tx, None, &format!("Console: Invited {name}")).await?;
    Ok(())
}

/// What somebody sets up with an invitation. What it does not set was verified before.
pub struct Acceptance {
    pub token_hash: [u8; 32],
    /// The user name of the first administrator.
    pub user_name: String,
    /// The hash of the password, if the invitation sets one.
    pub password_hash: Option<String>,
    /// The secret of the second factor, with the step whose code was right.
    pub factor: Option<(NewFactor, i64)>,
}

/// Seals the secret of a second factor for a member of staff, whose id is known only once they were created.
pub type NewFactor = Box<dyn Fn(AdminId) -> fault::Result<String> + Send + Sync>;

/// Accepts an invitation: creates the first administrator, sets the password and the second factor. Sessions that there were end.
/// Returns the member of staff.
pub async fn accept(context: Context<'_>, acceptance: &Acceptance) -> Result<AdminId> {
    let now = context.now.utc();
    let invitation = store::invitation(context.db, acceptance.token_hash, now).await?;
    let invitation = invitation.ok_or(ConsoleRefusal::InvitationNotValid)?;
    let is_first = invitation.admin == AdminId(0);
    if is_first && store::any_login(context.db).await? {
        return Err(ConsoleRefusal::InvitationNotValid.into());
    }
    if is_first && store::login(context.db, &acceptance.user_name).await?.is_some() {
        return Err(ConsoleRefusal::NameTaken.into());
    }
    if !is_first && store::login_of(context.db, invitation.admin).await?.is_none() {
        return Err(ConsoleRefusal::StaffNotFound.into());
    }
    if invitation.sets_password != acceptance.password_hash.is_some() {
        return Err(ConsoleRefusal::InvitationNotValid.into());
    }
    let mut tx = context.write(Subject::Staff).await?;
    if !store::redeem(&mut tx, acceptance.token_hash).await? {
        return Err(ConsoleRefusal::InvitationNotValid.into());
    }
    let admin = set_password(&mut tx, invitation.admin, acceptance).await?;
    if let Some((seal, step)) = &acceptance.factor {
        let sealed = seal(admin)?;
        store::remove_factor(&mut tx, admin).await?;
        store::add_factor(&mut tx, admin, &sealed, *step).await?;
    }
    store::end_sessions_of(&mut tx, admin).await?;
    activity::log(&mut tx, None, "Console: Accepted an Invitation").await?;
    Ok(admin)
}

async fn set_password(tx: &mut Writer<'_>, admin: AdminId, acceptance: &Acceptance) -> Result<AdminId> {
    match &acceptance.password_hash {
        Some(hash) if admin == AdminId(0) => Ok(store::add_staff(tx, &acceptance.user_name, hash).await?),
        Some(hash) => {
            store::set_password(tx, admin, hash).await?;
            Ok(admin)
        }
        None => Ok(admin),
    }
}
