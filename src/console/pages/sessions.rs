//! Sessions: who is logged in, from where.

use maud::html;

use crate::auth::console::Right;
use crate::console::Console;
use crate::console::html::{self, Mood};
use crate::console::visit::{Answer, ConsoleError, Result, Visit};
use crate::store::authentication::console::SessionRow;

/// Those of the person; of all staff for who administers.
pub async fn list(console: &Console, visit: Visit) -> Result {
    let sees_all = visit.may(Right::Administer);
    let sessions = console.api.console_sessions((!sees_all).then_some(visit.person.id)).await?;
    let caption = if sees_all { "Sessions of all staff" } else { "Your sessions" };
    let rows = html! { @for session in &sessions { (row(session, &visit)) } };
    let body = html! {
        p {
            "A session ends after " (console.api.config().settings.console.idle_minutes)
            " minutes without a request, and when its member of staff is disabled or gets another password or role."
        }
        (html::table(caption, &["User", "Role", "From", "Browser", "Since", "Last used", "Ends", ""], rows))
    };
    Ok(Answer::page("Sessions", body))
}

fn row(session: &SessionRow, visit: &Visit) -> maud::Markup {
    let is_own = session.id == visit.person.session;
    html! {
        tr {
            th scope="row" { (session.user_name) " " @if is_own { (html::badge(Mood::Good, "this one")) } }
            td { (session.role_name) }
            td { (session.address) }
            td class="wide" { (session.user_agent) }
            td { (html::time(visit, session.created_at)) }
            td { (html::time(visit, session.seen_at)) }
            td { (html::time(visit, session.ends_at)) }
            td {
                @if !is_own {
                    (html::button(visit, &format!("/console/sessions/{}/end", session.id), "End"))
                }
            }
        }
    }
}

/// Ends a session: one of the person's own, or any for who administers.
pub async fn end(console: &Console, visit: Visit) -> Result {
    let id = visit.id(0)?;
    let of = (!visit.may(Right::Administer)).then_some(visit.person.id);
    match console.api.end_console_session(visit.sender(), id, of).await? {
        Ok(()) => Ok(Answer::to("/console/sessions").saying("The session has ended.")),
        Err(_) => Err(ConsoleError::NotFound),
    }
}
