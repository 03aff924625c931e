//! Ids of ticket messages. The message that opens a ticket is not a reply in the tables, and has the ticket's id: so ids are
//! twice those of replies, and twice the ticket's plus one for the first message.

pub fn of_reply(reply: i64) -> i64 {
    reply.saturating_mul(2)
}

pub fn of_opening(ticket: i64) -> i64 {
    ticket.saturating_mul(2).saturating_add(1)
}
