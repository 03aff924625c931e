//! Tickets of seeded clients, with the replies of staff.

use chrono::TimeDelta;

use super::client::Client;
use super::rows::row;
use super::words::{TOPICS, Topic};
use super::{SeedContext, ZERO};

/// Offset of seeded ticket numbers: beyond WHMCS's own six digits.
const NUMBERS: i64 = 1_000_000;
/// Coprime to the count of numbers, so that no two tickets get the same one.
const STEP: i64 = 7_654_321;

/// Generates tickets of a client, now and then.
pub fn generate_tickets(client: &Client<'_>, services: &[i64], context: &mut SeedContext<'_>) {
    for percent in [55, 30, 15] {
        let (at, topic) = (context.percent_later(percent, client.joined), context.random.pick(&TOPICS));
        if let (Some(at), Some(topic)) = (at, topic) {
            Conversation { client, topic, at }.write(services, context);
        }
    }
}

struct Conversation<'a, 's> {
    client: &'a Client<'s>,
    topic: &'static Topic,
    at: chrono::NaiveDateTime,
}

impl Conversation<'_, '_> {
    fn write(&self, services: &[i64], context: &mut SeedContext<'_>) {
        let Conversation { client, topic, at } = self;
        let id = context.ids.ticket;
        context.ids.ticket += 1;
        let staff = context.random.pick(&context.shop.staff).map(|(_, name)| name.as_str()).unwrap_or_default();
        let mut last = *at;
        let (mut is_staff_reply, mut replies) = (false, 0);
        for (index, text) in topic.messages.iter().enumerate().skip(1) {
            let written = last + TimeDelta::minutes(context.random.between(15, 1400));
            if written > context.now {
                break;
            }
            (last, is_staff_reply, replies) = (written, index % 2 == 1, replies + 1);
            let (admin, user, requestor) = if is_staff_reply { (staff, 0, 0) } else { ("", client.id, client.user) };
            let rating = if is_staff_reply && context.random.percent(20) { 5 } else { 0 };
            row!(
                context.rows,
                tblticketreplies {
                    tid: id,
                    userid: user,
                    requestor_id: requestor,
                    date: written,
                    message: text,
                    admin: admin,
                    rating: rating,
                    editor: "plain",
                }
            );
        }
        let is_old = last + TimeDelta::days(5) < context.now;
        let closed = last + TimeDelta::days(5);
        let status = match (replies, is_staff_reply) {
            _ if is_old => "Closed",
            (0, _) => "Open",
            (_, true) => "Answered",
            (_, false) => "Customer-Reply",
        };
        row!(context.rows, tblticketlog { date: at, tid: id, action: "New Support Ticket Opened" });
        if is_old {
            row!(context.rows, tblticketlog { date: closed, tid: id, action: "Status changed to Closed (by System)" });
        }
        let service = match topic.department {
            1 => context.random.pick(services).map(|id| format!("S{id}")).unwrap_or_default(),
            _ => String::new(),
        };
        let departments = &context.shop.departments;
        let department = departments.get(topic.department).or(departments.first()).copied().unwrap_or_default();
        let code = format!("{:08x}", context.random.draw() >> 32);
        row!(
            context.rows,
            tbltickets {
                id: id,
                tid: NUMBERS + id * STEP % (9 * NUMBERS),
                did: department,
                userid: client.id,
                contactid: ZERO,
                requestor_id: client.user,
                c: code,
                ipaddress: client.ip,
                date: at,
                title: topic.subject,
                message: topic.messages.first().copied().unwrap_or_default(),
                status: status,
                urgency: topic.urgency,
                lastreply: last,
                service: service,
                editor: "plain",
                updated_at: if is_old { closed } else { last },
            }
        );
    }
}
