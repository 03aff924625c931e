//! Invitations to act for a client.

use super::mails::UserMail;
use super::tokens::Token;
use super::{Refusal, Result, memberships};
use crate::database::writer::Subject;
use crate::domain::clients::permission::UserPermissions;
use crate::domain::id::{ClientId, UserId};
use crate::operations::Context;
use crate::outbox::mail;
use crate::store;
use crate::store::clients::memberships::NewInvite;
use crate::store::clients::users::Account;

const MAIL: UserMail = UserMail {
    template: mail::ACCOUNT_INVITATION,
    subject: "You have been given access to the account of {$invite_account_name}",
    message: "<p>{$company_name} gives you access to the account of {$invite_account_name}. Accept it within seven days at \
              <a href=\"{$invite_url}\">{$invite_url}</a>, with a log-in that you have or with a new one. If you expected \
              no invitation, ignore this mail.</p><p>{$signature}</p>",
};

/// Invites whoever has an e-mail address to act for a client, by a mail with a link that is valid for seven days and once. A
/// further invitation of the same address ends the link of the one before.
pub async fn invite(
    context: Context<'_>,
    client: ClientId,
    email: &str,
    permissions: &UserPermissions,
) -> Result<(), Refusal> {
    let db = &mut *context.db;
    store::clients::client::lock(db, client).await?.ok_or(Refusal::ClientNotFound)?;
    if permissions.is_empty() {
        return Err(Refusal::NoPermissions.into());
    }
    if store::clients::memberships::is_member(db, client, email).await? {
        return Err(Refusal::AlreadyAMember.into());
    }
    let open = store::clients::memberships::open_invite(db, client, email).await?;
    let permissions = memberships::form(db, context.compat.user_permissions).await?.write(permissions);
    let (token, settings) = (Token::random()?, &context.settings.users);
    let stored = token.stored(settings.invite_url.is_empty());
    let of_client = store::clients::client::addressee(db, client).await?.unwrap_or_default();
    let known = store::clients::users::account_by_email(db, email).await?;
    let to = known.unwrap_or_else(|| stranger(email));
    let mut draft = MAIL.draft(db, &to, context.now).await?;
    if let Some(draft) = &mut draft {
        let hidden = draft.hide(token.reveal());
        let link = settings.invite_link(&draft.system_url(), hidden);
        for field in ["invite_url", "invite_accept_url"] {
            draft.set(field, link.clone());
        }
        let name = format!("{} {}", of_client.first_name, of_client.last_name);
        let company = of_client.company;
        draft.set("invite_account_name", if company.is_empty() { name.trim().to_owned() } else { company });
        draft.set("invite_sender_name", context.author.name.clone());
    }

    let mut tx = context.write(Subject::Client(client)).await?;
    let new = NewInvite { client, email, token: &stored, permissions: &permissions };
    store::clients::memberships::invite(&mut tx, &new, open).await?;
    if let Some(draft) = draft {
        draft.send(&mut tx).await?;
    }
    store::system::activity::log(&mut tx, Some(client), &format!("Invited User - Email: {email}")).await?;
    Ok(())
}

/// Who is invited, of whom nothing is known but the address.
fn stranger(email: &str) -> Account {
    Account {
        id: UserId(0),
        first_name: String::new(),
        last_name: String::new(),
        email: email.to_owned(),
        language: String::new(),
    }
}
