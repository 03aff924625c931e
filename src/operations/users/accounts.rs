//! Users as such: adding and changing them, and choosing a new password by mail.

use chrono::TimeDelta;
use sqlx::MySqlConnection;

use super::mails::UserMail;
use super::tokens::Token;
use super::{Refusal, Result};
use crate::database::lease::Lease;
use crate::database::writer::Subject;
use crate::domain::entities::are_same_ignoring_case;
use crate::domain::id::UserId;
use crate::events::{About, Event};
use crate::operations::Context;
use crate::outbox::mail;
use crate::store;
use crate::store::clients::users::{Account, NewUser, UserChanges, UserLogin};
use crate::store::webhooks::events::raise;

/// How long the link to choose a new password is valid.
const RESET_VALID: TimeDelta = TimeDelta::hours(2);
const RESET_MAIL: UserMail = UserMail {
    template: mail::PASSWORD_RESET,
    subject: "Choose a new password",
    message: "<p>Hello {$user_first_name},</p><p>somebody has asked {$company_name} for a new password for your log-in. If \
              that was you, choose one within two hours at <a href=\"{$reset_password_url}\">{$reset_password_url}</a>. If \
              not, ignore this mail: nothing has changed.</p><p>{$signature}</p>",
};

/// The fields of a user to add.
#[derive(Debug)]
pub struct NewAccount {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    /// The language's full name, or empty for the operator's language.
    pub language: String,
}

/// Rejects an e-mail address that a user has, before expensive work such as hashing a password.
pub async fn check_new(db: &mut MySqlConnection, email: &str) -> Result<(), Refusal> {
    if store::clients::users::email_exists(db, email).await? { Err(Refusal::UserExists.into()) } else { Ok(()) }
}

/// Adds a user, who may act for no client yet.
pub async fn add(context: Context<'_>, new: &NewAccount, password_hash: &str) -> Result<UserId, Refusal> {
    let user = NewUser {
        first_name: &new.first_name,
        last_name: &new.last_name,
        email: &new.email,
        password_hash,
        language: &new.language,
        address: "",
    };

    let mut tx = context.write(Subject::address(&new.email)).await?;
    let id = store::clients::users::create(&mut tx, &user).await?.ok_or(Refusal::UserExists)?;
    store::system::activity::log(&mut tx, None, &format!("Created User - User ID: {id}")).await?;
    let NewUser { first_name, last_name, email, .. } = user;
    raise(&mut tx, About::User(id), &Event::UserAdd { user: id, first_name, last_name, email }).await?;
    Ok(id)
}

/// Changes the given fields of a user. A new e-mail address is no longer a verified one.
pub async fn update(context: Context<'_>, user: UserId, changes: UserChanges) -> Result<(), Refusal> {
    let before = lock(&mut *context.db, user).await?;
    let is_new = |email: &String| !are_same_ignoring_case(email, &before.email);
    let has_new_address = changes.email.as_ref().is_some_and(is_new);

    let mut tx = context.write(Subject::User(user)).await?;
    if let Some(email) = &changes.email {
        tx.add_subject(Subject::address(email)).await?;
    }
    if !store::clients::users::update(&mut tx, user, &changes, has_new_address).await? {
        return Err(Refusal::UserExists.into());
    }
    store::system::activity::log(&mut tx, None, &format!("Modified User - User ID: {user}")).await?;
    let email = changes.email.as_deref().unwrap_or(&before.email);
    raise(&mut tx, About::User(user), &Event::UserEdit { user, email }).await?;
    Ok(())
}

/// Sends a user a link at which they choose a new password; the one they have stays valid. An earlier link ends.
pub async fn reset_password(context: Context<'_>, user: UserId) -> Result<(), Refusal> {
    let account = lock(&mut *context.db, user).await?;
    let (token, settings) = (Token::random()?, &context.settings.users);
    let stored = token.stored(settings.reset_url.is_empty());
    let expiry = context.now.local() + RESET_VALID;
    let mut draft = RESET_MAIL.draft(context.db, &account, context.now).await?;
    if let Some(draft) = &mut draft {
        let hidden = draft.hide(token.reveal());
        let link = settings.reset_link(&draft.system_url(), hidden);
        for field in ["reset_password_url", "pw_reset_url"] {
            draft.set(field, link.clone());
        }
    }

    let mut tx = context.write(Subject::User(user)).await?;
    if !store::clients::users::set_reset_token(&mut tx, user, &stored, expiry).await? {
        return Err(Refusal::UserNotFound.into());
    }
    if let Some(draft) = draft {
        draft.send(&mut tx).await?;
    }
    store::system::activity::log(&mut tx, None, &format!("Password Reset Requested - User ID: {user}")).await?;
    Ok(())
}

/// Changes the password of a user to one with this hash, unless it has changed since the user was read.
pub async fn change_password(context: Context<'_>, user: &UserLogin, hash: &str) -> Result<(), Refusal> {
    let mut tx = context.write(Subject::User(user.id)).await?;
    if !store::clients::users::set_password(&mut tx, user, hash).await? {
        return Err(Refusal::PasswordChanged.into());
    }
    store::system::activity::log(&mut tx, None, &format!("Password Changed - User ID: {}", user.id)).await?;
    raise(&mut tx, About::User(user.id), &Event::UserChangePassword { user: user.id }).await?;
    Ok(())
}

/// Locks a user, and reads them.
async fn lock(db: &mut Lease, user: UserId) -> Result<Account, Refusal> {
    let db = db.lock(Subject::User(user)).await?;
    Ok(store::clients::users::account(db, user).await?.ok_or(Refusal::UserNotFound)?)
}
