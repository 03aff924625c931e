//! Mails to the support desk, which become tickets and replies.
//!
//! A mail is taken once, however often it is delivered. One that is refused is in the log of mails with its text, and with the
//! reason; one that has to wait stays with the mail server. Who wrote a mail is what its sender says, so nobody becomes staff by
//! it, and nobody adds to a ticket of others.

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use sqlx::MySqlConnection;

use super::{
    CheckedFiles, CreationTime, NewMessage, NewReply, NewTicket, Refusal, ReplyAuthor, Result, Sender, lock, open,
    reply,
};
use crate::attachments::{Attachment, Attachments, MAX_FILES};
use crate::config::Entities;
use crate::database::TEXT_BYTES;
use crate::database::writer::Subject;
use crate::domain::entities::{are_same_ignoring_case, floor_boundary};
use crate::domain::id::{AdminId, DepartmentId, TicketId};
use crate::domain::ticket::{Priority, Related};
use crate::operations::clients::{self, CustomFieldValues};
use crate::operations::{Context, OperationError};
use crate::store;
use crate::store::support::received_mails::{self, MailDepartment, MailLine};
use crate::store::support::spam_filters::{self, SpamFilter};
use crate::store::support::tickets::{self, LockedTicket};

/// Longer texts are cut, and attached as a whole. With entities for every character, the column has room for the notes, too.
const MAX_TEXT_BYTES: usize = 10_000;
/// What is said of files that were not kept has at most this length, as it is stored.
const MAX_NOTE_BYTES: usize = 4_000;
const MAX_LINE_BYTES: usize = 250;
const WHOLE_TEXT: &str = "message.txt";
/// More than this of a text is not attached: what is larger could not be downloaded.
const MAX_WHOLE_TEXT_BYTES: usize = 32 * 1024 * 1024;

/// A mail as it was sent. Texts are without entities.
#[derive(Debug, Clone, Default)]
pub struct ReceivedMail {
    /// What no other message has; its own text, if it has no id.
    pub id: String,
    /// The addresses that it may be for, those that the mail server knows first.
    pub recipients: Vec<String>,
    /// As the log shows them.
    pub to: String,
    pub copy_to: String,
    pub name: String,
    /// The sender's address; `None` if it has none that mails could be sent to.
    pub email: Option<String>,
    /// The header `Date` as it was sent.
    pub date: String,
    pub subject: String,
    pub text: String,
    pub files: Vec<Attachment>,
    /// Why it is taken for one that a program wrote, if it is.
    pub is_automatic: Option<&'static str>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    Opened {
        ticket: TicketId,
        number: String,
    },
    Replied {
        ticket: TicketId,
        number: String,
    },
    /// It was not stored, on purpose.
    Dropped(MailRefusal),
    /// It was delivered before.
    Duplicate,
}

/// Why a mail was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailRefusal {
    Automatic(&'static str),
    NoSender,
    /// It comes from an address of the desk itself.
    OwnAddress,
    SenderBlocked,
    SubjectBlocked,
    PhraseBlocked,
    /// Nothing says so in the database. The mail server tries again later.
    TooMany,
    /// No department has an address to which it was sent. The mail server tells the sender.
    NoDepartment,
    ClientsOnly,
    RepliesOnly,
}

impl MailRefusal {
    /// The words of the log.
    fn text(self) -> String {
        match self {
            MailRefusal::Automatic(sign) => format!("Refused: written by a program ({sign})"),
            MailRefusal::NoSender => "Refused: no sender".to_owned(),
            MailRefusal::OwnAddress => "Refused: sent by an address of the support desk itself".to_owned(),
            MailRefusal::SenderBlocked => "Refused: the sender is blocked".to_owned(),
            MailRefusal::SubjectBlocked => "Refused: a spam filter matches the subject".to_owned(),
            MailRefusal::PhraseBlocked => "Refused: a spam filter matches the text".to_owned(),
            MailRefusal::TooMany => "Refused: too many mails of this sender within an hour".to_owned(),
            MailRefusal::NoDepartment => "Refused: no department has this address".to_owned(),
            MailRefusal::ClientsOnly => "Refused: the department takes mails of clients only".to_owned(),
            MailRefusal::RepliesOnly => "Refused: the department takes replies only".to_owned(),
        }
    }
}

impl MailOutcome {
    /// The words of the log.
    pub fn text(&self) -> String {
        match self {
            MailOutcome::Opened { number, .. } => format!("Opened ticket {number}"),
            MailOutcome::Replied { number, .. } => format!("Added to ticket {number}"),
            MailOutcome::Dropped(refusal) => refusal.text(),
            MailOutcome::Duplicate => "Delivered before".to_owned(),
        }
    }

    fn ticket(&self) -> Option<TicketId> {
        match self {
            MailOutcome::Opened { ticket, .. } | MailOutcome::Replied { ticket, .. } => Some(*ticket),
            MailOutcome::Dropped(_) | MailOutcome::Duplicate => None,
        }
    }
}

/// What is to be done with a mail.
#[derive(Debug)]
enum Plan {
    Open(DepartmentId, Sender),
    Reply(Box<LockedTicket>, Sender),
    Drop(MailRefusal),
}

/// Stores a mail as a ticket or a reply, or refuses it, and logs what became of it. `department` is the one that it is for if the
/// mail server knows.
pub async fn receive(
    mut context: Context<'_>,
    mail: &ReceivedMail,
    department: Option<DepartmentId>,
) -> Result<MailOutcome> {
    let sender = mail.email.clone().unwrap_or_default().to_lowercase();
    let departments = received_mails::departments(context.db).await?;
    let chosen = match department {
        Some(id) => departments.iter().find(|department| department.id == id),
        None => of_recipients(&departments, &mail.recipients),
    };
    // A mail that is delivered twice at the same time waits here for itself.
    context.db.lock(Subject::address(&sender)).await?;
    let plan = plan(context.reborrow(), mail, &departments, chosen).await?;
    let hash = hash(mail, &plan, chosen);
    if received_mails::is_known(context.db, hash).await? {
        record(context, mail, None, &sender, &MailOutcome::Duplicate).await?;
        return Ok(MailOutcome::Duplicate);
    }
    if !matches!(plan, Plan::Drop(_)) && has_sent_too_many(&mut context, &sender).await? {
        return Ok(MailOutcome::Dropped(MailRefusal::TooMany));
    }
    let outcome = match plan {
        Plan::Drop(refusal) => MailOutcome::Dropped(refusal),
        Plan::Open(department, sender) => {
            let department = super::find_department(context.db, department).await?;
            let ticket = NewTicket {
                sender,
                department,
                subject: stored_line(&context, &mail.subject, "(no subject)"),
                message: message(&context, mail, &mail.text)?,
                related: Related::Nothing,
                priority: Priority::Medium,
                is_opened_by_staff: false,
                prevents_closure: None,
                custom_fields: CustomFieldValues::default(),
                sends_mail: true,
            };
            let opened = open(context.reborrow(), ticket).await?;
            MailOutcome::Opened { ticket: opened.id, number: opened.number.to_string() }
        }
        Plan::Reply(ticket, sender) => {
            let breaks = received_mails::break_lines(context.db).await?;
            let new = NewReply {
                author: ReplyAuthor::Sender(sender),
                message: message(&context, mail, without_quote(&mail.text, &breaks))?,
                status: None,
                custom_fields: CustomFieldValues::default(),
                sends_mail: false,
            };
            reply(context.reborrow(), ticket.id, new).await?;
            MailOutcome::Replied { ticket: ticket.id, number: ticket.number }
        }
    };
    // What no department takes may be delivered again once one has the address.
    let hash = (outcome != MailOutcome::Dropped(MailRefusal::NoDepartment)).then_some(hash);
    record(context, mail, hash, &sender, &outcome).await?;
    Ok(outcome)
}

/// Only mails that became part of a ticket count: others, which anybody can send in a customer's name, silence nobody.
async fn has_sent_too_many(context: &mut Context<'_>, sender: &str) -> Result<bool> {
    let since = context.now.utc() - TimeDelta::hours(1);
    let count = received_mails::count_since(context.db, &sender_key(sender), since).await?;
    Ok(count >= i64::from(context.settings.mail_tickets.per_hour))
}

async fn plan(
    context: Context<'_>,
    mail: &ReceivedMail,
    departments: &[MailDepartment],
    chosen: Option<&MailDepartment>,
) -> Result<Plan> {
    let Some(email) = &mail.email else { return Ok(Plan::Drop(MailRefusal::NoSender)) };
    if let Some(sign) = mail.is_automatic {
        return Ok(Plan::Drop(MailRefusal::Automatic(sign)));
    }
    let (db, settings) = (context.db, context.settings);
    let company = store::system::configuration::company(db).await?.email;
    let own = departments.iter().map(|department| department.email.as_str());
    let mut own = own.chain([company.as_str(), settings.mail.from_address.as_str()]).filter(|own| !own.is_empty());
    if own.any(|own| are_same_ignoring_case(own.trim(), email)) {
        return Ok(Plan::Drop(MailRefusal::OwnAddress));
    }
    let filters = spam_filters::all(db).await?;
    if let Some(refusal) = filters.iter().find_map(|filter| filtered(filter, mail, email)) {
        return Ok(Plan::Drop(refusal));
    }
    let entities = context.compat.entities;
    if let Some(number) = ticket_number(&mail.subject)
        && let Some(found) = tickets::find_by_number(db, number, AdminId(0)).await?
    {
        match lock(db, found.id).await {
            Ok(ticket) => {
                if let Some(sender) = find_participant(db, &ticket, mail, email, entities).await? {
                    return keep(db, Plan::Reply(Box::new(ticket), sender)).await;
                }
                // It is a ticket of others, of which a sender learns nothing: theirs is a new one.
            }
            Err(OperationError::Refused(Refusal::TicketNotFound)) => {}
            Err(error) => return Err(error),
        }
    }
    let sender = find_sender(db, mail, email, entities).await?;
    match chosen {
        None => Ok(Plan::Drop(MailRefusal::NoDepartment)),
        Some(department) if department.takes_replies_only => Ok(Plan::Drop(MailRefusal::RepliesOnly)),
        Some(department) if department.takes_clients_only && sender.client.is_none() => {
            Ok(Plan::Drop(MailRefusal::ClientsOnly))
        }
        Some(department) => keep(db, Plan::Open(department.id, sender)).await,
    }
}

/// Keeps the client of a sender from being deleted until the transaction ends.
async fn keep(db: &mut crate::database::lease::Lease, plan: Plan) -> Result<Plan> {
    let (Plan::Open(_, sender) | Plan::Reply(_, sender)) = &plan else { return Ok(plan) };
    let Some(client) = sender.client else { return Ok(plan) };
    if let Plan::Open(..) = plan {
        db.lock(Subject::Client(client)).await?;
    }
    match clients::keep(db, client).await {
        Ok(()) => Ok(plan),
        // It was deleted meanwhile: the next attempt finds another sender.
        Err(OperationError::Refused(_)) => Err(crate::fault::Fault::Vanished.into()),
        Err(OperationError::Fault(fault)) => Err(fault.into()),
    }
}

/// Who an address belongs to: a client, a contact, a user who may act for a client, or a guest.
async fn find_sender(db: &mut MySqlConnection, mail: &ReceivedMail, email: &str, entities: Entities) -> Result<Sender> {
    if let Some(client) = received_mails::client(db, email).await? {
        return Ok(Sender { client: Some(client), ..Sender::default() });
    }
    if let Some((client, contact)) = received_mails::contact(db, email).await? {
        return Ok(Sender { client: Some(client), contact: Some(contact), ..Sender::default() });
    }
    if let Some((client, user)) = received_mails::user(db, email).await? {
        return Ok(Sender { client: Some(client), user: Some(user), ..Sender::default() });
    }
    Ok(guest(mail, email, entities))
}

fn guest(mail: &ReceivedMail, email: &str, entities: Entities) -> Sender {
    let name = if mail.name.trim().is_empty() { email } else { mail.name.trim() };
    let name = &name[..floor_boundary(name, MAX_LINE_BYTES / 6)];
    let stored = |text: &str| entities.stored(text).into_owned();
    Sender { name: stored(name), email: stored(email), ..Sender::default() }
}

/// Who an address belongs to in a ticket: its client with contacts and users, who may have the address with other clients, too, its
/// guest, or somebody who gets copies of it. `None` if it takes no part in the ticket.
async fn find_participant(
    db: &mut MySqlConnection,
    ticket: &LockedTicket,
    mail: &ReceivedMail,
    email: &str,
    entities: Entities,
) -> Result<Option<Sender>> {
    if let Some(client) = ticket.client() {
        let of_client = Sender { client: Some(client), ..Sender::default() };
        if received_mails::is_client(db, client, email).await? {
            return Ok(Some(of_client));
        }
        if let Some(contact) = received_mails::contact_of(db, client, email).await? {
            return Ok(Some(Sender { contact: Some(contact), ..of_client }));
        }
        if let Some(user) = received_mails::user_of(db, client, email).await? {
            return Ok(Some(Sender { user: Some(user), ..of_client }));
        }
    }
    let is_guest = ticket.client().is_none() && are_same_ignoring_case(ticket.email.trim(), email);
    let gets_copies = ticket.copy_to.split(',').any(|copy| are_same_ignoring_case(copy.trim(), email));
    Ok((is_guest || gets_copies).then(|| guest(mail, email, entities)))
}

/// The department to whose address a mail was sent, in the order of the addresses.
fn of_recipients<'d>(departments: &'d [MailDepartment], recipients: &[String]) -> Option<&'d MailDepartment> {
    recipients.iter().find_map(|recipient| {
        let is_its = |department: &&MailDepartment| {
            !department.email.trim().is_empty() && are_same_ignoring_case(department.email.trim(), recipient)
        };
        departments.iter().find(is_its)
    })
}

/// Why a filter refuses a mail, if it does.
fn filtered(filter: &SpamFilter, mail: &ReceivedMail, email: &str) -> Option<MailRefusal> {
    let wanted = crate::domain::entities::decoded(filter.content.trim()).to_lowercase();
    let contains = |text: &str| !wanted.is_empty() && text.to_lowercase().contains(&wanted);
    match &*filter.kind {
        "sender" => is_sender(&email.to_lowercase(), &wanted).then_some(MailRefusal::SenderBlocked),
        "subject" => contains(&mail.subject).then_some(MailRefusal::SubjectBlocked),
        "phrase" => contains(&mail.text).then_some(MailRefusal::PhraseBlocked),
        _ => None,
    }
}

/// Whether a filter of senders means this address: it is one, or a domain with `@` or without.
fn is_sender(email: &str, wanted: &str) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    !wanted.is_empty() && (email == wanted || wanted.strip_prefix('@').unwrap_or(wanted) == domain)
}

/// The number in `[Ticket ID: 123456]` of a subject.
fn ticket_number(subject: &str) -> Option<&str> {
    const SIGN: &str = "[ticket id:";
    // Small letters of ASCII are as long as capital ones.
    let at = subject.to_ascii_lowercase().find(SIGN)? + SIGN.len();
    let (number, _) = subject[at..].split_once(']')?;
    let number = number.trim().trim_start_matches('#');
    let is_number =
        !number.is_empty() && number.len() <= 50 && number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    is_number.then_some(number)
}

/// A text up to the first line that separates it from what it answers, unless nothing would be left.
fn without_quote<'t>(text: &'t str, breaks: &[String]) -> &'t str {
    let mut end = 0;
    for line in text.split_inclusive('\n') {
        if breaks.iter().any(|separator| line.contains(separator.trim())) {
            let kept = text[..end].trim_end();
            return if kept.trim().is_empty() { text } else { kept };
        }
        end += line.len();
    }
    text
}

/// The message with the files that may be kept. Files that may not are named in it, and a text that is too long is attached.
fn message(context: &Context<'_>, mail: &ReceivedMail, text: &str) -> Result<NewMessage> {
    let text = if text.trim().is_empty() { "(no text)" } else { text.trim() };
    let entities = context.compat.entities;
    let (files, mut notes) = kept_files(context.attachments, mail, entities);
    let mut files = CheckedFiles::new(files, context.attachments)?;
    let cut = &text[..floor_boundary(text, MAX_TEXT_BYTES)];
    if cut.len() < text.len() {
        let whole = &mail.text[..floor_boundary(&mail.text, MAX_WHOLE_TEXT_BYTES)];
        files.add_own(Attachment { name: WHOLE_TEXT.to_owned(), content: whole.as_bytes().to_vec() });
        let part = if whole.len() < mail.text.len() { "More" } else { "All" };
        notes.insert(0, format!("[This text was cut. {part} of it is in {WHOLE_TEXT}.]"));
    }
    let text = if notes.is_empty() { cut.to_owned() } else { format!("{cut}\n\n{}", notes.join("\n")) };
    Ok(NewMessage {
        text: entities.stored(&text).into_owned(),
        is_markdown: false,
        created: CreationTime::now(context.now),
        files,
    })
}

/// The files of a mail that may be kept, one fewer than a message may have, and what is said of the others.
fn kept_files(attachments: &Attachments, mail: &ReceivedMail, entities: Entities) -> (Vec<Attachment>, Vec<String>) {
    let (mut kept, mut notes, mut length, mut unnamed) = (Vec::new(), Vec::new(), 0, 0);
    for file in &mail.files {
        if kept.len() + 1 < MAX_FILES && attachments.check(std::slice::from_ref(file)).is_ok() {
            kept.push(file.clone());
            continue;
        }
        let name: String = file.name.chars().filter(|c| !c.is_control()).take(100).collect();
        let note = format!("[The file {name} was not kept: its type or its size is not allowed.]");
        length += entities.stored(&note).len() + 1;
        if length <= MAX_NOTE_BYTES {
            notes.push(note);
        } else {
            unnamed += 1;
        }
    }
    if unnamed > 0 {
        notes.push(format!("[{unnamed} more files were not kept.]"));
    }
    (kept, notes)
}

/// Logs what became of a mail, and records that it was taken, if it has a hash.
async fn record(
    context: Context<'_>,
    mail: &ReceivedMail,
    hash: Option<[u8; 32]>,
    sender: &str,
    outcome: &MailOutcome,
) -> Result<()> {
    let entities = context.compat.entities;
    let cut = |text: &str| fitting(text, entities);
    let files: Vec<&str> = mail.files.iter().map(|file| file.name.as_str()).collect();
    let line = MailLine {
        to: &cut(&mail.to),
        copy_to: &cut(&mail.copy_to),
        name: &cut(&mail.name),
        email: &cut(mail.email.as_deref().unwrap_or_default()),
        subject: &cut(&mail.subject),
        message: &cut(&mail.text),
        status: &outcome.text(),
        files: &cut(&files.join(", ")),
    };
    let mut tx = context.write(Subject::address(sender)).await?;
    if let Some(hash) = hash {
        received_mails::take(&mut tx, hash, &sender_key(sender), outcome.ticket()).await?;
    }
    received_mails::log(&mut tx, &line).await?;
    Ok(())
}

/// As much of a text as a column holds, as it is stored.
fn fitting(text: &str, entities: Entities) -> String {
    let (mut end, mut length) = (0, 0);
    for character in text.chars() {
        length += entities.stored(character.encode_utf8(&mut [0; 4])).len();
        if length > TEXT_BYTES {
            break;
        }
        end += character.len_utf8();
    }
    entities.stored(&text[..end]).into_owned()
}

/// A line as it is stored, or other words for an empty one.
fn stored_line(context: &Context<'_>, line: &str, empty: &str) -> String {
    let line = if line.trim().is_empty() { empty } else { line.trim() };
    context.compat.entities.stored(&line[..floor_boundary(line, MAX_LINE_BYTES)]).into_owned()
}

/// How a sender is counted.
fn sender_key(email: &str) -> String {
    let small = email.to_lowercase();
    small[..floor_boundary(&small, 191)].to_owned()
}

/// The same for every delivery of a message to a department. A reply is the same in all departments, as its subject names the ticket.
/// Whoever repeats the id of another message, which is not secret, does not have that taken for delivered.
fn hash(mail: &ReceivedMail, plan: &Plan, department: Option<&MailDepartment>) -> [u8; 32] {
    let department = match plan {
        Plan::Reply(..) => -1,
        Plan::Open(..) | Plan::Drop(_) => department.map_or(0, |department| department.id.0),
    };
    let mut sum = Sha256::new();
    sum.update(department.to_be_bytes());
    for text in [&mail.id, mail.email.as_ref().unwrap_or(&String::new()), &mail.date, &mail.subject, &mail.text] {
        sum.update(Sha256::digest(text));
    }
    sum.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_recognized_by_subjects() {
        for (subject, number) in [
            ("Re: [Ticket ID: 516757] The site is slow", Some("516757")),
            ("AW: [ticket id:#ABC-12]", Some("ABC-12")),
            ("Größe [TICKET ID: 7 ]", Some("7")),
            ("[Ticket ID: ]", None),
            ("[Ticket ID: 1' OR 1=1]", None),
            ("[Ticket ID: 516757", None),
            ("Ticket ID: 516757", None),
        ] {
            assert_eq!(ticket_number(subject), number, "{subject}");
        }
    }

    #[test]
    fn what_was_answered_is_cut_off() {
        let breaks = ["-----Original Message-----".to_owned(), "> On".to_owned()];
        for (text, kept) in [
            ("Thanks!\n\n-----Original Message-----\nOld", "Thanks!"),
            ("Thanks!\nNo quote", "Thanks!\nNo quote"),
            ("-----Original Message-----\nOld", "-----Original Message-----\nOld"),
            ("\n\n> On Monday\n> x", "\n\n> On Monday\n> x"),
        ] {
            assert_eq!(without_quote(text, &breaks), kept);
        }
    }

    #[test]
    fn filters_mean_addresses_domains_and_parts_of_texts() {
        let mail =
            ReceivedMail { subject: "You have WON".to_owned(), text: "Free money".to_owned(), ..Default::default() };
        let filter = |kind: &str, content: &str| {
            let filter = SpamFilter { kind: kind.to_owned(), content: content.to_owned() };
            filtered(&filter, &mail, "Prizes@Mail.example")
        };
        assert_eq!(filter("sender", "prizes@mail.example"), Some(MailRefusal::SenderBlocked));
        assert_eq!(filter("sender", "@MAIL.example"), Some(MailRefusal::SenderBlocked));
        assert_eq!(filter("sender", "mail.example"), Some(MailRefusal::SenderBlocked));
        for other in ["prizes", "example", "@ail.example", "x@mail.example", " "] {
            assert_eq!(filter("sender", other), None, "{other}");
        }
        assert_eq!(filter("subject", "you have won"), Some(MailRefusal::SubjectBlocked));
        assert_eq!(filter("phrase", "FREE"), Some(MailRefusal::PhraseBlocked));
        assert_eq!((filter("phrase", "won"), filter("subject", "free"), filter("odd", "free")), (None, None, None));
    }
}
