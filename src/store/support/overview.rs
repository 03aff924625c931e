//! What a member of staff sees of the tickets as a whole: departments, statuses and numbers of tickets.

use sqlx::MySqlConnection;

use crate::database::values::from_row;
use crate::domain::id::{AdminId, DepartmentId};
use crate::domain::ticket::{Departments, Status, Statuses};

/// The departments, statuses and numbers of tickets.
#[derive(Debug)]
pub struct TicketOverview {
    /// The departments whose tickets the member of staff answers.
    pub assigned: Departments,
    /// All departments, hidden ones included, in the operator's order.
    pub departments: Vec<DepartmentName>,
    pub statuses: Statuses,
    /// Of all departments. Tickets that were merged into others are not counted.
    pub counts: Vec<TicketCount>,
}

#[derive(Debug)]
pub struct DepartmentName {
    pub id: DepartmentId,
    pub name: String,
}

/// The number of a department's tickets with one status.
#[derive(Debug)]
pub struct TicketCount {
    pub department: DepartmentId,
    pub status: String,
    pub tickets: i64,
    /// The number of those that are flagged to the member of staff.
    pub flagged: i64,
}

/// A row of the statements. What its values mean depends on its part.
struct Row {
    part: String,
    id: i64,
    text: String,
    first: i64,
    second: i64,
    position: i64,
}

from_row!(Row { part, id, text, first, second, position });

/// The departments of a member of staff. Tables of old installations may differ in collation, so the first part of each
/// statement states one.
macro_rules! staff {
    () => {
        "SELECT 'staff' AS part, CAST(id AS SIGNED) AS id, \
                CONVERT(supportdepts USING utf8mb4) COLLATE utf8mb4_unicode_ci AS text, 0 AS first, 0 AS second, \
                0 AS position \
         FROM tbladmins WHERE id = ?"
    };
}

macro_rules! statuses {
    () => {
        "SELECT 'status' AS part, CAST(id AS SIGNED) AS id, \
                CONVERT(title USING utf8mb4) COLLATE utf8mb4_unicode_ci AS text, showactive <> 0 AS first, \
                showawaiting <> 0 AS second, CAST(sortorder AS SIGNED) AS position \
         FROM tblticketstatuses"
    };
}

macro_rules! departments {
    () => {
        "SELECT 'department', CAST(id AS SIGNED), name, 0, 0, CAST(`order` AS SIGNED) FROM tblticketdepartments"
    };
}

macro_rules! counts {
    () => {
        "SELECT 'count', CAST(did AS SIGNED), status, COUNT(*), CAST(SUM(flag = ?) AS SIGNED), 0 \
         FROM tbltickets WHERE merged_ticket_id = 0 GROUP BY did, status"
    };
}

/// Reads the overview for a member of staff.
pub async fn read(db: &mut MySqlConnection, staff: AdminId) -> sqlx::Result<TicketOverview> {
    let statement =
        concat!(staff!(), " UNION ALL ", statuses!(), " UNION ALL ", departments!(), " UNION ALL ", counts!());
    Ok(TicketOverview::new(sqlx::query_as(statement).bind(staff).bind(staff).fetch_all(db).await?))
}

/// Returns the departments whose tickets a member of staff answers.
pub async fn departments(db: &mut MySqlConnection, staff: AdminId) -> sqlx::Result<Departments> {
    Ok(TicketOverview::new(sqlx::query_as(staff!()).bind(staff).fetch_all(db).await?).assigned)
}

/// Returns the departments whose tickets a member of staff answers, and the statuses that tickets can have.
pub async fn departments_and_statuses(
    db: &mut MySqlConnection,
    staff: AdminId,
) -> sqlx::Result<(Departments, Statuses)> {
    let statement = concat!(staff!(), " UNION ALL ", statuses!());
    let TicketOverview { assigned, statuses, .. } =
        TicketOverview::new(sqlx::query_as(statement).bind(staff).fetch_all(db).await?);
    Ok((assigned, statuses))
}

/// Returns the statuses that tickets can have, and the numbers of tickets.
pub async fn statuses_and_counts(
    db: &mut MySqlConnection,
    staff: AdminId,
) -> sqlx::Result<(Statuses, Vec<TicketCount>)> {
    let statement = concat!(statuses!(), " UNION ALL ", counts!());
    let TicketOverview { statuses, counts, .. } =
        TicketOverview::new(sqlx::query_as(statement).bind(staff).fetch_all(db).await?);
    Ok((statuses, counts))
}

impl TicketOverview {
    fn new(mut rows: Vec<Row>) -> TicketOverview {
        rows.sort_unstable_by_key(|row| (row.position, row.id));
        let mut assigned = Departments::All;
        let (mut departments, mut statuses, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for Row { part, id, text, first, second, .. } in rows {
            match part.as_str() {
                "staff" => assigned = Departments::parse(&text),
                "status" => statuses.push(Status { title: text, is_active: first != 0, is_awaiting: second != 0 }),
                "department" => departments.push(DepartmentName { id: DepartmentId(id), name: text }),
                _ => {
                    counts.push(TicketCount {
                        department: DepartmentId(id),
                        status: text,
                        tickets: first,
                        flagged: second,
                    });
                }
            }
        }
        TicketOverview { assigned, departments, statuses: Statuses::new(statuses), counts }
    }
}
