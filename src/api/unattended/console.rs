//! Log-ins at the console, its sessions and invitations.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::TimeDelta;
use tracing::{info, warn};

use super::super::Api;
use super::operating::{Operation, Sender};
use crate::api::ApiConfig;
use crate::auth::console::{PasswordAttempt, Right, new_token, token_hash};
use crate::auth::password;
use crate::auth::second_factor::SecondFactor;
use crate::auth::secret;
use crate::domain::Author;
use crate::domain::id::AdminId;
use crate::domain::time::Moment;
use crate::error::{Error, Result};
use crate::fault::Fault;
use crate::keyring::Keyring;
use crate::operations::authentication::console::{
    self, Acceptance, ConsoleRefusal, Invitee, LogIn, NewFactor, purpose,
};
use crate::operations::{self, Context, Refusal as _};
use crate::store::authentication::console::{self as store, Invitation, Liveness, SessionRow, StaffLogin};

/// How often it is recorded at most that a session is used.
const TOUCHED_AFTER: TimeDelta = TimeDelta::minutes(1);
/// In the counts of wrong codes, what has the place of a caller.
const CODES: &str = "(code)";
/// In the activity log, who has done what a command did.
const SYSTEM: &str = "System";

/// What a member of staff logs in with.
#[derive(Debug)]
pub struct ConsoleLogIn<'a> {
    pub user_name: &'a str,
    pub password: &'a str,
    /// Empty if they have no second factor.
    pub code: &'a str,
    pub address: IpAddr,
    pub user_agent: &'a str,
}

/// A session with what its member of staff may do.
#[derive(Debug)]
pub struct ConsoleSession {
    pub row: SessionRow,
    pub right: Right,
}

impl ConsoleSession {
    /// The author of what its member of staff changes, from this address.
    pub fn author(&self, address: IpAddr) -> Author {
        Author { admin: self.row.admin, name: self.row.user_name.clone(), address: address.to_string() }
    }
}

/// An invitation that somebody has opened.
#[derive(Debug)]
pub struct OpenInvitation {
    pub sets_password: bool,
    /// Whether a second factor is set up. Without keys it cannot be stored.
    pub sets_factor: bool,
    /// The member of staff; `None` for the first administrator, who chooses a user name.
    pub staff: Option<StaffLogin>,
}

/// What somebody sets up with an invitation.
pub struct AcceptedInvitation<'a> {
    pub token: &'a str,
    /// The user name of the first administrator.
    pub user_name: &'a str,
    /// The new password if the invitation sets one, else the one that there is.
    pub password: &'a str,
    /// The second factor and a code of it.
    pub factor: Option<(&'a SecondFactor, &'a str)>,
    pub address: IpAddr,
    pub user_agent: &'a str,
}

/// Why an invitation was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAccepted {
    NotValid,
    NameTaken,
    WrongPassword,
    WrongCode,
    /// The role of the member of staff may not use the console, or the log-in was changed meanwhile.
    NotLetIn,
}

impl Api {
    /// Logs a member of staff in, and returns the token of their session. `None` if anything is wrong: the name, the password,
    /// the code, or what their role may do.
    pub async fn log_in_to_console(&self, sent: &ConsoleLogIn<'_>) -> Result<Option<String>> {
        let (config, now) = (self.config(), self.clock.now());
        if config.bans.apply_to_log_ins(sent.address) {
            config.bans.check(sent.address, now, &self.hosts).await?;
        }
        let attempt = PasswordAttempt { user_name: sent.user_name, password: sent.password, address: sent.address };
        config.authenticator.check_staff(&attempt).await?;
        let permit = self.hashing_permits.acquire().await?;
        let staff = config.authenticator.verify_staff(&attempt, &permit, &self.hosts).await?;
        drop(permit);
        let token = match staff {
            Some(staff) => self.begin_session(&config, staff, sent, now).await?,
            None => None,
        };
        config.authenticator.count_staff(&attempt, token.is_some()).await;
        match &token {
            Some(_) => info!(user = sent.user_name, address = %sent.address, "logged in to the console"),
            None => self.note_refused(&config, sent, now).await,
        }
        Ok(token)
    }

    /// Records a log-in that was refused, as long as there are few of an address.
    async fn note_refused(&self, config: &ApiConfig, sent: &ConsoleLogIn<'_>, now: Moment) {
        warn!(address = %sent.address, "a log-in to the console was refused");
        if !config.refused_calls.take(sent.address, now) {
            return;
        }
        let author = Author { address: sent.address.to_string(), ..system() };
        // Nobody is let in, or kept out, for the sake of this line.
        if let Err(error) = self.operate(author, &NoteRefused(sent.user_name)).await {
            warn!(%error, "a log-in that was refused is not in the activity log");
        }
    }

    /// Begins the session of a member of staff whose password was right.
    async fn begin_session(
        &self,
        config: &ApiConfig,
        staff: StaffLogin,
        sent: &ConsoleLogIn<'_>,
        now: Moment,
    ) -> Result<Option<String>> {
        let console = &config.settings.console;
        if Right::of(console, staff.role, &staff.role_name).is_none() {
            return Ok(None);
        }
        let step = match (staff.factor.is_empty(), console.second_factor || staff.has_foreign_factor) {
            (true, true) => return Ok(None),
            (true, false) => None,
            (false, _) => match check_code(config, &staff, sent.code, now).await? {
                Some(step) => Some(step),
                None => return Ok(None),
            },
        };
        self.open_session(config, staff, step, sent.address, sent.user_agent).await
    }

    async fn open_session(
        &self,
        config: &ApiConfig,
        staff: StaffLogin,
        step: Option<i64>,
        address: IpAddr,
        user_agent: &str,
    ) -> Result<Option<String>> {
        let author = author(&staff, address);
        let token = new_token()?;
        let hours = i64::try_from(config.settings.console.session_hours).unwrap_or(1);
        let log_in = LogIn {
            staff,
            step,
            token_hash: token_hash(&token),
            user_agent: user_agent.to_owned(),
            ends_at: self.clock.now().utc() + TimeDelta::hours(hours),
        };
        match self.operate(author, &log_in).await? {
            Ok(()) => Ok(Some(token)),
            Err(refusal) => {
                warn!(reason = refusal.code(), %address, "a log-in to the console was refused");
                Ok(None)
            }
        }
    }

    /// Returns the session with this token, unless it has ended.
    pub async fn console_session(&self, token: &str) -> Result<Option<ConsoleSession>> {
        let (live, hash) = (self.liveness(), token_hash(token));
        let row = self.look(async |db| store::session(db, hash, live).await).await?;
        let Some(row) = row else { return Ok(None) };
        let Some(right) = Right::of(&self.config().settings.console, row.role, &row.role_name) else {
            return Ok(None);
        };
        Ok(Some(ConsoleSession { row, right }))
    }

    /// Records that somebody uses a session, which is not written with each request.
    pub async fn touch_console_session(&self, session: &SessionRow) -> Result<()> {
        let now = self.clock.now().utc();
        let idle = TimeDelta::minutes(i64::try_from(self.config().settings.console.idle_minutes).unwrap_or(1));
        if now - session.seen_at < TOUCHED_AFTER.min(idle / 4) {
            return Ok(());
        }
        self.look(async |db| store::touch(db, session.id, now).await).await
    }

    /// The sessions that have not ended, of one member of staff or of all.
    pub async fn console_sessions(&self, admin: Option<AdminId>) -> Result<Vec<SessionRow>> {
        let live = self.liveness();
        self.look(async |db| store::sessions(db, live, admin).await).await
    }

    fn liveness(&self) -> Liveness {
        let now = self.clock.now().utc();
        let console = &self.config().settings.console;
        let minutes = i64::try_from(console.idle_minutes).unwrap_or(1);
        Liveness { now, idle_since: now - TimeDelta::minutes(minutes), needs_factor: console.second_factor }
    }

    /// Ends a session, in the name of whoever does it. Of one member of staff only, if one is given.
    pub async fn end_console_session(
        &self,
        sender: impl Into<Sender>,
        session: i64,
        of: Option<AdminId>,
    ) -> Result<Result<(), ConsoleRefusal>> {
        self.operate(sender, &EndSession { session, of }).await
    }

    /// Ends all sessions of a member of staff, and returns how many.
    pub async fn end_console_sessions_of(&self, user_name: &str) -> Result<Result<u64, ConsoleRefusal>> {
        let Some(staff) = self.staff_login(user_name).await? else { return Ok(Err(ConsoleRefusal::StaffNotFound)) };
        self.operate(system(), &EndSessionsOf(staff)).await
    }

    /// Removes the second factor of a member of staff.
    pub async fn reset_second_factor(&self, user_name: &str) -> Result<Result<(), ConsoleRefusal>> {
        let Some(staff) = self.staff_login(user_name).await? else { return Ok(Err(ConsoleRefusal::StaffNotFound)) };
        self.operate(system(), &ResetSecondFactor(staff)).await
    }

    async fn staff_login(&self, user_name: &str) -> Result<Option<StaffLogin>> {
        self.look(async |db| store::login(db, user_name).await).await
    }

    /// Invites somebody, and returns the token of the link.
    pub async fn invite_to_console(&self, invitee: Invitee) -> Result<Result<String, ConsoleRefusal>> {
        let token = new_token()?;
        let invited = self.operate(system(), &Invite(invitee, token_hash(&token))).await?;
        Ok(invited.map(|()| token))
    }

    /// Whether any member of staff has a password.
    pub async fn has_staff_login(&self) -> Result<bool> {
        self.look(async |db| store::any_login(db).await).await
    }

    /// Returns the invitation with this token, unless it was accepted or has expired. Guesses are counted by address.
    pub async fn open_invitation(&self, token: &str, address: IpAddr) -> Result<Option<OpenInvitation>> {
        let (config, now, hash) = (self.config(), self.clock.now().utc(), token_hash(token));
        config.authenticator.check_address(address).await?;
        let found = self.look(async |db| {
            let Some(Invitation { admin, sets_password }) = store::invitation(db, hash, now).await? else {
                return Ok(None);
            };
            let is_first = admin == AdminId(0);
            let staff = store::login_of(db, admin).await?;
            let is_valid = if is_first { !store::any_login(db).await? } else { staff.is_some() };
            Ok(is_valid.then_some((sets_password, staff)))
        });
        let Some((sets_password, staff)) = found.await? else {
            config.authenticator.add_failure_of_address(address).await;
            return Ok(None);
        };
        let sets_factor = !config.keyring.is_empty();
        Ok(Some(OpenInvitation { sets_password, sets_factor, staff }))
    }

    /// Accepts an invitation, and logs in whoever does it. Returns the token of their session.
    pub async fn accept_invitation(&self, sent: &AcceptedInvitation<'_>) -> Result<Result<String, NotAccepted>> {
        let Some(open) = self.open_invitation(sent.token, sent.address).await? else {
            return Ok(Err(NotAccepted::NotValid));
        };
        let (config, now) = (self.config(), self.clock.now().utc().and_utc().timestamp());
        let step = match sent.factor.map(|(factor, code)| factor.step(code, now)) {
            Some(None) => {
                config.authenticator.add_failure_of_address(sent.address).await;
                return Ok(Err(NotAccepted::WrongCode));
            }
            Some(step) => step,
            None if open.sets_factor => return Ok(Err(NotAccepted::WrongCode)),
            None => None,
        };
        let user_name = open.staff.as_ref().map_or(sent.user_name, |staff| &staff.user_name);
        let permit = self.hashing_permits.acquire().await?;
        let password_hash = match open.sets_password {
            true => {
                let password = secret::md5_hex(sent.password);
                Some(password::hash(&permit, config.settings.crypto.mode, password).await?)
            }
            false => {
                let attempt = PasswordAttempt { user_name, password: sent.password, address: sent.address };
                config.authenticator.check_staff(&attempt).await?;
                if config.authenticator.verify_staff(&attempt, &permit, &self.hosts).await?.is_none() {
                    config.authenticator.count_staff(&attempt, false).await;
                    return Ok(Err(NotAccepted::WrongPassword));
                }
                None
            }
        };
        drop(permit);
        let factor = sent.factor.zip(step).map(|((factor, _), step)| (seals(&config.keyring, factor), step));
        let author = Author {
            admin: open.staff.as_ref().map_or(AdminId(0), |staff| staff.id),
            name: user_name.to_owned(),
            address: sent.address.to_string(),
        };
        let acceptance =
            Acceptance { token_hash: token_hash(sent.token), user_name: user_name.to_owned(), password_hash, factor };
        let admin = match self.operate(author, &acceptance).await? {
            Ok(admin) => admin,
            Err(ConsoleRefusal::NameTaken) => return Ok(Err(NotAccepted::NameTaken)),
            Err(_) => return Ok(Err(NotAccepted::NotValid)),
        };
        let staff = self.look(async |db| store::login_of(db, admin).await).await?;
        let console = &config.settings.console;
        let has_right = |staff: &StaffLogin| Right::of(console, staff.role, &staff.role_name).is_some();
        // Without keys there is no second factor, and with one that only WHMCS can verify nobody is let in.
        let may_enter =
            |staff: &StaffLogin| !staff.factor.is_empty() || !(console.second_factor || staff.has_foreign_factor);
        let Some(staff) = staff.filter(|staff| has_right(staff) && may_enter(staff)) else {
            return Ok(Err(NotAccepted::NotLetIn));
        };
        let token = self.open_session(&config, staff, None, sent.address, sent.user_agent).await?;
        Ok(token.ok_or(NotAccepted::NotLetIn))
    }
}

/// Returns the step of a code, unless it is wrong, or too many were. That looks the same, or it would tell that the password is
/// right. Only those who know the password can use up the attempts.
async fn check_code(config: &ApiConfig, staff: &StaffLogin, code: &str, now: Moment) -> Result<Option<i64>> {
    let counted = staff.id.to_string();
    if config.password_failures.check(CODES, &counted).await.is_err() {
        warn!(user = staff.user_name, "too many wrong codes: rejecting further ones");
        return Ok(None);
    }
    let opened = config.keyring.open(&purpose(staff.id), &staff.factor);
    let opened = opened.map_err(|error| Error::Internal(format!("a second factor: {error}").into()))?;
    let factor = SecondFactor::of(opened, &staff.user_name)?;
    let step = factor.step(code, now.utc().and_utc().timestamp()).filter(|step| *step > staff.last_step);
    if step.is_none() {
        config.password_failures.add(CODES, &counted).await;
    }
    Ok(step)
}

/// Returns what seals the secret of a second factor.
fn seals(keyring: &Arc<Keyring>, factor: &SecondFactor) -> NewFactor {
    let (keyring, secret) = (Arc::clone(keyring), factor.secret().to_vec());
    Box::new(move |admin| keyring.seal(&purpose(admin), &secret).map_err(Fault::internal))
}

fn author(staff: &StaffLogin, address: IpAddr) -> Author {
    Author { admin: staff.id, name: staff.user_name.clone(), address: address.to_string() }
}

fn system() -> Author {
    Author { admin: AdminId(0), name: SYSTEM.to_owned(), address: String::new() }
}

type Done<T> = operations::Result<T, ConsoleRefusal>;

impl Operation for LogIn {
    type Done = ();
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<()> {
        console::log_in(context, self).await
    }
}

impl Operation for Acceptance {
    type Done = AdminId;
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<AdminId> {
        console::accept(context, self).await
    }
}

struct NoteRefused<'n>(&'n str);

impl Operation for NoteRefused<'_> {
    type Done = ();
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<()> {
        console::note_refused_log_in(context, self.0).await
    }
}

struct EndSession {
    session: i64,
    of: Option<AdminId>,
}

impl Operation for EndSession {
    type Done = ();
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<()> {
        console::end_session(context, self.session, self.of).await
    }
}

struct EndSessionsOf(StaffLogin);

impl Operation for EndSessionsOf {
    type Done = u64;
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<u64> {
        console::end_sessions_of(context, &self.0).await
    }
}

struct ResetSecondFactor(StaffLogin);

impl Operation for ResetSecondFactor {
    type Done = ();
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<()> {
        console::reset_second_factor(context, &self.0).await
    }
}

struct Invite(Invitee, [u8; 32]);

impl Operation for Invite {
    type Done = ();
    type Refusal = ConsoleRefusal;

    async fn run(&self, context: Context<'_>) -> Done<()> {
        console::invite(context, &self.0, self.1).await
    }
}
