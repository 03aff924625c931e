//! Deleting tickets with everything that belongs to them, and merging tickets.

use sqlx::MySqlConnection;

use crate::database::sql::id_list;
use crate::database::writer::Writer;
use crate::domain::id::TicketId;

/// The tickets with the ids of a list, as rows with the alias `l`.
macro_rules! listed {
    () => {
        "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) AS l "
    };
}

const MERGED_INTO: &str =
    concat!("SELECT CAST(t.id AS SIGNED) FROM ", listed!(), "JOIN tbltickets t ON t.merged_ticket_id = l.id");
const FILES: &str = concat!(
    "SELECT CONVERT(t.attachment USING utf8mb4) COLLATE utf8mb4_unicode_ci AS files FROM ",
    listed!(),
    "JOIN tbltickets t ON t.id = l.id WHERE t.attachment <> '' \
     UNION ALL SELECT r.attachment FROM ",
    listed!(),
    "JOIN tblticketreplies r ON r.tid = l.id WHERE r.attachment <> '' \
     UNION ALL SELECT n.attachments FROM ",
    listed!(),
    "JOIN tblticketnotes n ON n.ticketid = l.id WHERE n.attachments <> ''"
);
const DELETE_FIELDS: &str = concat!(
    "DELETE v FROM ",
    listed!(),
    "JOIN tblcustomfieldsvalues v ON v.relid = l.id \
     JOIN tblcustomfields f ON f.id = v.fieldid AND f.type = 'support'"
);
const DELETE_REPLIES: &str = concat!("DELETE r FROM ", listed!(), "JOIN tblticketreplies r ON r.tid = l.id");
const DELETE_NOTES: &str = concat!("DELETE n FROM ", listed!(), "JOIN tblticketnotes n ON n.ticketid = l.id");
const DELETE_LOG: &str = concat!("DELETE g FROM ", listed!(), "JOIN tblticketlog g ON g.tid = l.id");
const DELETE_TAGS: &str = concat!("DELETE g FROM ", listed!(), "JOIN tbltickettags g ON g.ticketid = l.id");
const DELETE_WATCHERS: &str = concat!("DELETE w FROM ", listed!(), "JOIN tblticket_watchers w ON w.ticket_id = l.id");
const DELETE_TICKETS: &str = concat!("DELETE t FROM ", listed!(), "JOIN tbltickets t ON t.id = l.id");
const MOVE_REPLIES: &str = concat!("UPDATE ", listed!(), "JOIN tblticketreplies r ON r.tid = l.id SET r.tid = ?");
const MOVE_OPENING: &str = concat!(
    "INSERT INTO tblticketreplies (tid, userid, contactid, requestor_id, name, email, `date`, message, admin, attachment, \
                                   attachments_removed, rating, editor) \
     SELECT ?, t.userid, t.contactid, t.requestor_id, t.name, t.email, t.date, t.message, t.admin, t.attachment, \
            t.attachments_removed, 0, t.editor FROM ",
    listed!(),
    "JOIN tbltickets t ON t.id = l.id ORDER BY t.date, t.id"
);
const MOVE_NOTES: &str = concat!("UPDATE ", listed!(), "JOIN tblticketnotes n ON n.ticketid = l.id SET n.ticketid = ?");
const MOVE_TAGS: &str = concat!("UPDATE ", listed!(), "JOIN tbltickettags g ON g.ticketid = l.id SET g.ticketid = ?");
const SAME_TAGS: &str = "DELETE g FROM tbltickettags g JOIN tbltickettags e ON e.ticketid = g.ticketid AND e.tag = g.tag AND e.id < g.id \
     WHERE g.ticketid = ?";
const MOVE_WATCHERS: &str =
    concat!("UPDATE ", listed!(), "JOIN tblticket_watchers w ON w.ticket_id = l.id SET w.ticket_id = ?");
const SAME_WATCHERS: &str = "DELETE w FROM tblticket_watchers w JOIN tblticket_watchers e \
       ON e.ticket_id = w.ticket_id AND e.admin_id = w.admin_id AND e.id < w.id WHERE w.ticket_id = ?";
const MERGE: &str = concat!(
    "UPDATE ",
    listed!(),
    "JOIN tbltickets t ON t.id = l.id \
     SET t.merged_ticket_id = ?, t.status = 'Closed', t.message = '', t.attachment = '', t.updated_at = ?"
);
const POINT_TO: &str =
    concat!("UPDATE ", listed!(), "JOIN tbltickets t ON t.id = l.id SET t.merged_ticket_id = ?, t.updated_at = ?");
const INTO: &str = "UPDATE tbltickets SET title = COALESCE(?, title), updated_at = ?, \
            lastreply = GREATEST(lastreply, COALESCE((SELECT MAX(r.date) FROM tblticketreplies r WHERE r.tid = ?), lastreply)) \
     WHERE id = ?";

fn list(tickets: &[TicketId]) -> String {
    id_list(tickets.iter().map(|ticket| ticket.0))
}

/// Returns the tickets that were merged into one of these.
pub async fn merged_into(db: &mut MySqlConnection, tickets: &[TicketId]) -> sqlx::Result<Vec<TicketId>> {
    let ids: Vec<i64> = sqlx::query_scalar(MERGED_INTO).bind(list(tickets)).fetch_all(db).await?;
    Ok(ids.into_iter().map(TicketId).collect())
}

/// Returns the names of all files of tickets, of their replies and of their notes; each is the text of a column.
pub async fn files(db: &mut MySqlConnection, tickets: &[TicketId]) -> sqlx::Result<Vec<String>> {
    let tickets = list(tickets);
    sqlx::query_scalar(FILES).bind(tickets.clone()).bind(tickets.clone()).bind(tickets).fetch_all(db).await
}

/// Deletes tickets with everything in the database that belongs to them.
pub async fn delete(tx: &mut Writer<'_>, tickets: &[TicketId]) -> sqlx::Result<()> {
    let statements =
        [DELETE_FIELDS, DELETE_REPLIES, DELETE_NOTES, DELETE_LOG, DELETE_TAGS, DELETE_WATCHERS, DELETE_TICKETS];
    for statement in statements {
        tx.execute(sqlx::query(statement).bind(list(tickets))).await?;
    }
    Ok(())
}

/// Moves the messages, files, notes, tags and watchers of tickets to another ticket, and leaves these tickets closed and
/// pointing to it. `earlier` are those that had been merged into them before.
pub async fn merge(
    tx: &mut Writer<'_>,
    tickets: &[TicketId],
    earlier: &[TicketId],
    into: TicketId,
    subject: Option<&str>,
) -> sqlx::Result<()> {
    let utc = tx.now.utc();
    for statement in [MOVE_REPLIES, MOVE_NOTES, MOVE_TAGS, MOVE_WATCHERS] {
        tx.execute(sqlx::query(statement).bind(list(tickets)).bind(into)).await?;
    }
    tx.execute(sqlx::query(MOVE_OPENING).bind(into).bind(list(tickets))).await?;
    for statement in [SAME_TAGS, SAME_WATCHERS] {
        tx.execute(sqlx::query(statement).bind(into)).await?;
    }
    tx.execute(sqlx::query(MERGE).bind(list(tickets)).bind(into).bind(utc)).await?;
    tx.execute(sqlx::query(POINT_TO).bind(list(earlier)).bind(into).bind(utc)).await?;
    let change = sqlx::query(INTO).bind(subject.map(str::to_owned)).bind(utc).bind(into).bind(into);
    tx.execute(change).await.map(|_| ())
}
