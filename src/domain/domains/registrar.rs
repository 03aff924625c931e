//! Registrars: the commands that change what is registered, and what becomes of a domain when one has succeeded.

use chrono::{Days, NaiveDate};

use super::status::DomainStatus;
use crate::domain::order::cycle::Term;

/// A command that cannot be taken back, as in the interface of WHMCS's registrar modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Register,
    Transfer,
    Renew,
    Release,
}

impl Command {
    pub const ALL: [Command; 4] = [Command::Register, Command::Transfer, Command::Renew, Command::Release];

    /// The name of the registrar's function.
    pub fn function(self) -> &'static str {
        match self {
            Command::Register => "RegisterDomain",
            Command::Transfer => "TransferDomain",
            Command::Renew => "RenewDomain",
            Command::Release => "ReleaseDomain",
        }
    }

    /// Parses the name of a function.
    pub fn parse(function: &str) -> Option<Command> {
        Command::ALL.into_iter().find(|command| command.function() == function)
    }

    /// The command's title for staff.
    pub fn title(self) -> &'static str {
        match self {
            Command::Register => "Register",
            Command::Transfer => "Transfer",
            Command::Renew => "Renew",
            Command::Release => "Release",
        }
    }
}

/// The parts of a domain that commands depend on and change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainTerm {
    pub status: String,
    pub expires: Option<NaiveDate>,
    pub next_due: Option<NaiveDate>,
}

/// A command that the registrar has carried out.
#[derive(Debug, Clone, Copy)]
pub struct CarriedOut {
    pub command: Command,
    /// The number of years for which the domain was registered or renewed.
    pub years: u32,
    /// Whether the registrar has accepted a registration that is not finished.
    pub is_pending: bool,
    /// The day on which the domain expires from now on, if the registrar reported it.
    pub expires: Option<NaiveDate>,
    /// Whether a payment caused the command, or the next due date moves for another reason.
    pub moves_due_date: bool,
}

/// The changes of a domain; `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainChanges {
    pub status: Option<String>,
    pub registered: Option<NaiveDate>,
    pub expires: Option<NaiveDate>,
    pub next_due: Option<NaiveDate>,
}

impl CarriedOut {
    /// Determines what becomes of a domain. A renewal always counts from the day on which the domain would have expired,
    /// however late it is; a domain without that day keeps none until the registrar reports it.
    pub fn changes(self, domain: &DomainTerm, today: NaiveDate) -> DomainChanges {
        let after = |start: NaiveDate| Term::Years(self.years).next(start);
        let next_due = domain.next_due.filter(|_| self.moves_due_date).and_then(after);
        let is_expired = |status: &str| DomainStatus::parse(status).is_some_and(DomainStatus::is_expired);
        match self.command {
            Command::Register => DomainChanges {
                status: Some(if self.is_pending { "Pending Registration" } else { "Active" }.to_owned()),
                registered: Some(today),
                expires: self.expires.or_else(|| after(today)),
                next_due,
            },
            Command::Transfer => {
                DomainChanges { status: Some("Pending Transfer".to_owned()), next_due, ..DomainChanges::default() }
            }
            Command::Renew => DomainChanges {
                status: is_expired(&domain.status).then(|| "Active".to_owned()),
                registered: None,
                expires: self.expires.or_else(|| domain.expires.and_then(after)),
                next_due,
            },
            Command::Release => DomainChanges::default(),
        }
    }
}

/// What a registrar reports about a domain when it is looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DomainInformation {
    /// Whether it is not registered any more.
    pub is_gone: bool,
    /// Whether its registration is not finished.
    pub is_pending: bool,
    pub expires: Option<NaiveDate>,
}

/// Whether what a registrar reports about a domain shows that it has carried out a command. Only a renewal needs more than that
/// the domain is there: that it expires later than `before` by at least the years of the renewal, less a day for time zones.
pub fn shows(command: Command, years: u32, before: Option<NaiveDate>, now: &DomainInformation) -> bool {
    if now.is_gone {
        return false;
    }
    match command {
        Command::Register | Command::Transfer => true,
        Command::Renew => {
            let expected = before.and_then(|day| Term::Years(years).next(day)?.pred_opt());
            expected.zip(now.expires).is_some_and(|(expected, expires)| expires >= expected)
        }
        Command::Release => false,
    }
}

/// The state of a domain at its registrar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryState {
    Active,
    Cancelled,
    TransferredAway,
}

/// What a registrar reports about a domain when the operator's records are compared with its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegistryReport {
    /// `None` if it reports none of these.
    pub state: Option<RegistryState>,
    /// Whether a transfer to the registrar is complete.
    pub is_transferred: bool,
    /// Why a transfer to the registrar has failed, if it has.
    pub failed_transfer: Option<String>,
    pub expires: Option<NaiveDate>,
}

impl RegistryReport {
    /// Determines what changes in the operator's record. `failed` is the status after a failed transfer; empty for none.
    /// The next due date follows the day of expiry by `days_before` if that is given.
    pub fn changes(&self, domain: &DomainTerm, failed: &str, days_before: Option<u32>) -> DomainChanges {
        let is_transfer = domain.status == "Pending Transfer";
        let status = match self.state {
            _ if is_transfer && self.failed_transfer.is_some() => failed,
            _ if is_transfer && self.is_transferred => "Active",
            Some(RegistryState::Active) if !is_transfer => "Active",
            Some(RegistryState::Cancelled) if !is_transfer => "Cancelled",
            Some(RegistryState::TransferredAway) if !is_transfer => "Transferred Away",
            _ => "",
        };
        let counts = !is_transfer || self.is_transferred;
        let expires = self.expires.filter(|_| counts);
        let due = expires.zip(days_before).and_then(|(day, before)| day.checked_sub_days(Days::new(before.into())));
        DomainChanges {
            status: Some(status.to_owned()).filter(|status| !status.is_empty() && *status != domain.status),
            registered: None,
            expires: expires.filter(|_| expires != domain.expires),
            next_due: due.filter(|_| due != domain.next_due),
        }
    }
}

/// Returns a domain's transfer code from the codes of an order: an array by domain, as PHP serializes it.
pub fn transfer_code<'s>(serialized: &'s str, domain: &str) -> Option<&'s str> {
    let texts: Vec<&str> = serialized_texts(serialized.split_once('{')?.1);
    texts.chunks_exact(2).find(|pair| pair[0].eq_ignore_ascii_case(domain)).map(|pair| pair[1])
}

/// The texts in a sequence such as `s:3:"abc";`, up to anything else.
fn serialized_texts(mut rest: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    while let Some((text, after)) = serialized_text(rest) {
        texts.push(text);
        rest = after;
    }
    texts
}

fn serialized_text(text: &str) -> Option<(&str, &str)> {
    let (length, rest) = text.strip_prefix("s:")?.split_once(":\"")?;
    let (text, after) = rest.split_at_checked(length.parse().ok()?)?;
    Some((text, after.strip_prefix("\";")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_date;

    fn term(status: &str, expires: &str, next_due: &str) -> DomainTerm {
        DomainTerm { status: status.to_owned(), expires: parse_date(expires), next_due: parse_date(next_due) }
    }

    #[test]
    fn every_command_is_read_as_it_is_written() {
        for command in Command::ALL {
            assert_eq!(Command::parse(command.function()), Some(command));
        }
        assert_eq!(Command::parse("GetNameservers"), None);
    }

    #[test]
    fn a_domain_changes_as_its_registrar_has_done() {
        let today = parse_date("2026-11-20").unwrap();
        let done =
            |command, years| CarriedOut { command, years, is_pending: false, expires: None, moves_due_date: false };
        let (new, old) = (term("Pending", "", "2026-11-20"), term("Active", "2026-12-01", "2026-12-01"));
        let grace = term("Grace", "2026-11-10", "2026-11-10");
        let reported = parse_date("2028-01-02");
        for (done, before, after) in [
            (done(Command::Register, 2), &new, "Active 2026-11-20 2028-11-20 -"),
            (
                CarriedOut { is_pending: true, ..done(Command::Register, 1) },
                &new,
                "Pending Registration 2026-11-20 2027-11-20 -",
            ),
            (CarriedOut { expires: reported, ..done(Command::Register, 1) }, &new, "Active 2026-11-20 2028-01-02 -"),
            (
                CarriedOut { moves_due_date: true, ..done(Command::Register, 1) },
                &new,
                "Active 2026-11-20 2027-11-20 2027-11-20",
            ),
            (done(Command::Transfer, 1), &new, "Pending Transfer - - -"),
            (done(Command::Renew, 1), &old, "- - 2027-12-01 -"),
            (done(Command::Renew, 1), &grace, "Active - 2027-11-10 -"),
            (CarriedOut { moves_due_date: true, ..done(Command::Renew, 3) }, &old, "- - 2029-12-01 2029-12-01"),
            (CarriedOut { expires: reported, ..done(Command::Renew, 1) }, &old, "- - 2028-01-02 -"),
            (done(Command::Renew, 1), &term("Active", "0000-00-00", ""), "- - - -"),
            (done(Command::Release, 1), &old, "- - - -"),
        ] {
            let DomainChanges { status, registered, expires, next_due } = done.changes(before, today);
            let day = |day: Option<NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
            let changed =
                format!("{} {} {} {}", status.unwrap_or("-".to_owned()), day(registered), day(expires), day(next_due));
            assert_eq!(changed, after, "{done:?}");
        }
    }

    #[test]
    fn only_a_later_expiry_shows_a_renewal() {
        let before = parse_date("2027-03-01");
        for (command, expires, shown) in [
            (Command::Register, "", true),
            (Command::Transfer, "", true),
            (Command::Renew, "2027-03-01", false),
            (Command::Renew, "2028-02-28", false),
            (Command::Renew, "2028-02-29", true),
            (Command::Renew, "2028-03-01", true),
            (Command::Renew, "", false),
            (Command::Release, "2027-03-01", false),
        ] {
            let now = DomainInformation { expires: parse_date(expires), ..DomainInformation::default() };
            assert_eq!(shows(command, 1, before, &now), shown, "{command:?} {expires}");
        }
        let later = DomainInformation { expires: parse_date("2030-03-01"), ..DomainInformation::default() };
        assert!(!shows(Command::Renew, 1, None, &later), "the day before is not known");
        for command in Command::ALL {
            assert!(!shows(command, 1, before, &DomainInformation { is_gone: true, ..later.clone() }), "{command:?}");
        }
    }

    #[test]
    fn a_transfer_code_is_found_by_its_domain() {
        let codes = r#"a:2:{s:9:"müll.de";s:5:"a;"b";s:7:"two.com";s:3:"x y";}"#;
        let codes = codes.replace("s:9", "s:8").replace("s:5:\"a;\"b\"", "s:4:\"a;\"b\"");
        for (domain, code) in [("müll.de", Some("a;\"b")), ("TWO.com", Some("x y")), ("three.com", None), ("x y", None)]
        {
            assert_eq!(transfer_code(&codes, domain), code, "{domain}");
        }
        for text in ["", "a:0:{}", "a:1:{s:99:\"two.com\";", "s:7:\"two.com\";", "a:1:{s:x:\"two.com\";s:1:\"a\";}"] {
            assert_eq!(transfer_code(text, "two.com"), None, "{text}");
        }
    }

    #[test]
    fn records_follow_what_a_registrar_reports() {
        let (active, pending) = (term("Active", "2027-01-01", "2027-01-01"), term("Pending Registration", "", ""));
        let moving = term("Pending Transfer", "", "");
        let until = |report: RegistryReport, day: &str| RegistryReport { expires: parse_date(day), ..report };
        let state = |state| RegistryReport { state: Some(state), ..RegistryReport::default() };
        let (yes, away) = (state(RegistryState::Active), state(RegistryState::TransferredAway));
        let cancelled = state(RegistryState::Cancelled);
        let came = RegistryReport { is_transferred: true, ..RegistryReport::default() };
        let failed = RegistryReport { failed_transfer: Some("Wrong code".to_owned()), ..RegistryReport::default() };
        for (domain, report, days_before, changes) in [
            (&active, until(yes.clone(), "2027-01-01"), None, "- - -"),
            (&active, until(yes.clone(), "2028-01-01"), None, "- 2028-01-01 -"),
            (&active, until(yes.clone(), "2028-01-01"), Some(10), "- 2028-01-01 2027-12-22"),
            (&active, until(yes.clone(), ""), Some(10), "- - -"),
            (&active, until(away, ""), None, "Transferred Away - -"),
            (&active, until(cancelled, ""), None, "Cancelled - -"),
            (&active, until(RegistryReport::default(), ""), None, "- - -"),
            (&pending, until(yes.clone(), "2027-11-20"), None, "Active 2027-11-20 -"),
            (&moving, until(came, "2027-11-20"), None, "Active 2027-11-20 -"),
            (&moving, until(yes, "2027-11-20"), None, "- - -"),
            (&moving, until(failed, ""), None, "Cancelled - -"),
        ] {
            let DomainChanges { status, expires, next_due, .. } = report.changes(domain, "Cancelled", days_before);
            let day = |day: Option<NaiveDate>| day.map_or("-".to_owned(), |day| day.to_string());
            let found = format!("{} {} {}", status.unwrap_or("-".to_owned()), day(expires), day(next_due));
            assert_eq!(found, changes, "{report:?}");
        }
        let failed = RegistryReport { failed_transfer: Some(String::new()), ..RegistryReport::default() };
        assert_eq!(failed.changes(&moving, "", None), DomainChanges::default());
    }
}
