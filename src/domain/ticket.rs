//! Support tickets: priorities, statuses, authors and attachments.

use super::entities::are_same_ignoring_case;
use super::id::{DepartmentId, DomainId, ServiceId};

/// The priority of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    Low,
    Medium,
    High,
}

impl Priority {
    /// The name in the database and in replies.
    pub fn name(self) -> &'static str {
        match self {
            Priority::Low => "Low",
            Priority::Medium => "Medium",
            Priority::High => "High",
        }
    }

    /// Parses a priority in any case.
    pub fn parse(text: &str) -> Option<Priority> {
        let all = [Priority::Low, Priority::Medium, Priority::High];
        all.into_iter().find(|priority| priority.name().eq_ignore_ascii_case(text))
    }
}

/// A status that tickets can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    pub title: String,
    /// Whether tickets with this status count as active.
    pub is_active: bool,
    /// Whether such tickets await a reply of staff.
    pub is_awaiting: bool,
}

/// The operator's ticket statuses, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses(Vec<Status>);

impl Statuses {
    /// The statuses of new tickets and of replies.
    pub const OPEN: &'static str = "Open";
    pub const ANSWERED: &'static str = "Answered";
    pub const CUSTOMER_REPLY: &'static str = "Customer-Reply";

    /// Takes the stored statuses, or WHMCS's default ones if none are stored.
    pub fn new(stored: Vec<Status>) -> Statuses {
        let built_in = [
            (Statuses::OPEN, true, true),
            (Statuses::ANSWERED, true, false),
            (Statuses::CUSTOMER_REPLY, true, true),
            ("On Hold", false, false),
            ("In Progress", true, false),
            ("Closed", false, false),
        ];
        let built_in =
            built_in.map(|(title, is_active, is_awaiting)| Status { title: title.to_owned(), is_active, is_awaiting });
        Statuses(if stored.is_empty() { built_in.to_vec() } else { stored })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Status> {
        self.0.iter()
    }

    /// Finds a status by its title, in any case, with HTML entities or without.
    pub fn find(&self, title: &str) -> Option<&Status> {
        self.iter().find(|status| are_same_ignoring_case(&status.title, title))
    }

    /// All titles, for error messages.
    pub fn titles(&self) -> String {
        self.iter().map(|status| status.title.as_str()).collect::<Vec<_>>().join(",")
    }

    pub fn is_active(&self, title: &str) -> bool {
        self.find(title).is_some_and(|status| status.is_active)
    }

    pub fn is_awaiting(&self, title: &str) -> bool {
        self.find(title).is_some_and(|status| status.is_awaiting)
    }
}

/// The service or domain that a ticket is related to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Related {
    Nothing,
    Service(ServiceId),
    Domain(DomainId),
}

impl Related {
    /// The text in the column `service`: `S12` or `D3`.
    pub fn code(self) -> String {
        match self {
            Related::Nothing => String::new(),
            Related::Service(id) => format!("S{id}"),
            Related::Domain(id) => format!("D{id}"),
        }
    }
}

/// The departments whose tickets a member of staff sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departments {
    All,
    Only(Vec<DepartmentId>),
}

impl Departments {
    /// Parses a comma-separated list of ids. An empty list means all departments: there is no restriction.
    pub fn parse(list: &str) -> Departments {
        let ids: Vec<DepartmentId> = list.split(',').map(str::trim).filter_map(DepartmentId::parse).collect();
        if ids.is_empty() { Departments::All } else { Departments::Only(ids) }
    }

    pub fn contains(&self, department: DepartmentId) -> bool {
        match self {
            Departments::All => true,
            Departments::Only(ids) => ids.contains(&department),
        }
    }
}

/// The possible authors of a message, with their names in the tables; empty for those who do not exist.
#[derive(Debug, Clone, Default)]
pub struct Authors {
    pub client_name: String,
    pub client_email: String,
    /// The user who was logged in.
    pub user_name: String,
    pub user_email: String,
    pub user_is_owner: bool,
    pub contact_name: String,
    pub contact_email: String,
    /// A guest, who is not a client.
    pub guest_name: String,
    pub guest_email: String,
}

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requestor {
    pub name: String,
    pub email: String,
    pub kind: &'static str,
}

impl Requestor {
    /// Returns the most specific of the possible authors: user, contact, client or guest.
    pub fn most_specific(authors: &Authors) -> Requestor {
        let Authors { client_name, client_email, user_name, user_email, contact_name, contact_email, .. } = authors;
        let is_there = |name: &String, email: &String| !name.is_empty() || !email.is_empty();
        let (name, email, kind) = if is_there(user_name, user_email) {
            (user_name, user_email, if authors.user_is_owner { "Owner" } else { "Authorized User" })
        } else if is_there(contact_name, contact_email) {
            (contact_name, contact_email, "Subaccount")
        } else if is_there(client_name, client_email) {
            (client_name, client_email, "Owner")
        } else {
            (&authors.guest_name, &authors.guest_email, "Guest")
        };
        Requestor { name: name.clone(), email: email.clone(), kind }
    }

    /// A member of staff as author.
    pub fn staff(name: &str) -> Requestor {
        Requestor { name: name.to_owned(), email: String::new(), kind: "Operator" }
    }
}

/// The names of the stored files in a column, in their order.
pub fn stored_files(column: &str) -> impl Iterator<Item = &str> {
    column.split('|').filter(|name| !name.is_empty())
}

/// The original name of a stored file, without the leading random number.
pub fn original_name(stored: &str) -> &str {
    stored.split_once('_').map_or(stored, |(_, own)| own)
}

/// The original names of the attachments in a column, without the leading random number of each.
pub fn attachment_names(column: &str) -> impl Iterator<Item = &str> {
    stored_files(column).map(original_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_statuses_replace_the_built_in_ones() {
        let built_in = Statuses::new(Vec::new());
        assert_eq!(built_in.titles(), "Open,Answered,Customer-Reply,On Hold,In Progress,Closed");
        let flags = |title| (built_in.is_active(title), built_in.is_awaiting(title));
        assert_eq!(flags("open"), (true, true));
        assert_eq!(flags("Answered"), (true, false));
        assert_eq!(flags("Closed"), (false, false));
        assert_eq!(flags("Lost"), (false, false));
        let own = Status { title: "Escalated".to_owned(), is_active: true, is_awaiting: true };
        let stored = Statuses::new(vec![own.clone()]);
        assert_eq!(stored.find("ESCALATED"), Some(&own));
        assert_eq!(stored.find("Open"), None);
    }

    #[test]
    fn an_empty_list_of_departments_restricts_nobody() {
        assert_eq!(Departments::parse(""), Departments::All);
        assert_eq!(Departments::parse(",1, 3,x,"), Departments::Only(vec![DepartmentId(1), DepartmentId(3)]));
        assert!(Departments::parse("1,3").contains(DepartmentId(3)));
        assert!(!Departments::parse("1,3").contains(DepartmentId(2)));
    }

    #[test]
    fn the_requestor_is_the_most_specific_author() {
        let name = |name: &str| name.to_owned();
        let guest = Authors { guest_name: name("Guest"), ..Authors::default() };
        let client = Authors { client_name: name("Client"), ..guest };
        let contact = Authors { contact_name: name("Contact"), ..client.clone() };
        let user = Authors { user_name: name("User"), ..contact.clone() };
        let owner = Authors { user_is_owner: true, ..user.clone() };
        let guest = Authors { client_name: String::new(), ..client.clone() };
        for (authors, who) in [
            (guest, "Guest, Guest"),
            (client, "Client, Owner"),
            (contact, "Contact, Subaccount"),
            (user, "User, Authorized User"),
            (owner, "User, Owner"),
        ] {
            let requestor = Requestor::most_specific(&authors);
            assert_eq!(format!("{}, {}", requestor.name, requestor.kind), who);
        }
    }

    #[test]
    fn files_have_the_names_that_their_owners_gave_them() {
        let names = |column| attachment_names(column).collect::<Vec<_>>();
        assert_eq!(names("123456_a_b.png|000001_c.txt"), ["a_b.png", "c.txt"]);
        assert_eq!(names("plain.txt"), ["plain.txt"]);
        assert!(names("").is_empty());
    }
}
