//! Sending a command to a registrar, and finding out what an unanswered one did.

use serde_json::{Map, Value, json};

use super::commands::{NOT_READ, Prepared, RegistrarCommands};
use super::instruction::{Exchange, Instruction};
use super::questions::INFORMATION;
use super::{Answer, Report};
use crate::config::RenewalDueDate;
use crate::database::lease::Lease;
use crate::domain::domains::registrar::{self, CarriedOut, Command, DomainInformation};
use crate::domain::time::parse_date;
use crate::outbox::kind::{Kind, Outcome, WithoutAnswer};
use crate::redaction::{Hidden, redacted};
use crate::store::domains::registrar_commands::Payload;
use crate::store::system::outbox::{self, Entry};

/// Maximum length of a request and of a response in the module log.
const LOGGED_BYTES: usize = 16 * 1024;

/// What a look-up shows of a command.
enum LookedUp {
    CarriedOut(DomainInformation),
    NotCarriedOut,
    /// Neither of these.
    Unclear,
}

impl RegistrarCommands {
    /// Sends a command, unless an attempt got no answer from a registrar that does not recognize repetitions: then it is only
    /// looked up what that attempt did. An operator's retry is sent if the look-up shows that it was not carried out.
    pub(super) async fn send(
        &self,
        entry: &Entry,
        instruction: Instruction,
        prepared: &Prepared,
        exchange: &mut Exchange,
    ) -> Outcome {
        let Instruction { command, mut payload, .. } = instruction;
        let recognizes = self.registrars.is_idempotent(&entry.target);
        if entry.is_unanswered && !recognizes {
            let is_retry_of_operator = entry.attempts == 1;
            match self.look_up(entry, prepared, command, &payload).await {
                LookedUp::CarriedOut(found) => return self.found(prepared, command, &payload, &found, exchange),
                LookedUp::NotCarriedOut if is_retry_of_operator => {}
                LookedUp::NotCarriedOut | LookedUp::Unclear => {
                    return Outcome::Unanswered("An earlier attempt got no answer".to_owned());
                }
            }
        }
        if command == Command::Renew
            && !recognizes
            && let Err(outcome) = self.note_expiry(entry, prepared, &mut payload).await
        {
            return outcome;
        }
        let mut params = prepared.domain.params(&entry.target);
        let (extra, secret) = self.command_params(entry, prepared, command, &payload);
        params.extend(extra);
        let hidden = Hidden::new(Some(&*secret).filter(|secret| !secret.is_empty()));
        exchange.request = logged_request(&params, &hidden);
        let id = Some(payload.id.clone()).filter(|id| !id.is_empty()).unwrap_or_else(|| format!("outbox-{}", entry.id));
        let function = command.function();
        let (answer, response) = self.registrars.ask(&entry.target, &id, entry.attempts, function, &params).await;
        exchange.response = logged_response(&response, &hidden);
        let hide = |reason: String| if secret.is_empty() { reason } else { reason.replace(&secret, "***") };
        let refused = |reason: String| match recognizes {
            true => Outcome::Refused { reason, may_retry: false },
            false => Outcome::failed_for_good(reason),
        };
        match answer {
            Answer::Yes(report) if report.object().is_some() => {
                exchange.done = Some(CarriedOut {
                    command,
                    years: prepared.years,
                    is_pending: report.is_set("pending"),
                    expires: report.expires(),
                    moves_due_date: moves_due_date(self.compat.renewal_due_date, command, &payload),
                });
                Outcome::Done
            }
            Answer::No(reason) => refused(hide(reason)),
            Answer::NotSupported => refused("Registrar Function Not Supported".to_owned()),
            Answer::NotAsked(reason) => Outcome::failed_for_now(hide(reason)),
            Answer::Yes(_) => {
                let reason =
                    format!("The registrar {} gave an unreadable answer: what it did is unknown", entry.target);
                self.without_usable_answer(entry, prepared, command, &payload, exchange, reason).await
            }
            Answer::Unclear(reason) => {
                self.without_usable_answer(entry, prepared, command, &payload, exchange, hide(reason)).await
            }
        }
    }

    async fn without_usable_answer(
        &self,
        entry: &Entry,
        prepared: &Prepared,
        command: Command,
        payload: &Payload,
        exchange: &mut Exchange,
        reason: String,
    ) -> Outcome {
        if self.without_answer(entry) != WithoutAnswer::LookUp {
            return Outcome::Unanswered(reason);
        }
        match self.look_up(entry, prepared, command, payload).await {
            LookedUp::CarriedOut(found) => self.found(prepared, command, payload, &found, exchange),
            LookedUp::NotCarriedOut | LookedUp::Unclear => Outcome::Unanswered(reason),
        }
    }

    fn found(
        &self,
        prepared: &Prepared,
        command: Command,
        payload: &Payload,
        found: &DomainInformation,
        exchange: &mut Exchange,
    ) -> Outcome {
        exchange.done = Some(CarriedOut {
            command,
            years: prepared.years,
            is_pending: found.is_pending,
            expires: found.expires,
            moves_due_date: moves_due_date(self.compat.renewal_due_date, command, payload),
        });
        Outcome::Done
    }

    /// Asks what is registered. Only what an attempt must have changed shows that it did: a name that is there although no other
    /// record of the operator has it, or a day of expiry that is later than before a renewal was sent.
    async fn look_up(&self, entry: &Entry, prepared: &Prepared, command: Command, payload: &Payload) -> LookedUp {
        let answer = self.information("lookup", entry, prepared).await;
        let is_new = matches!(command, Command::Register | Command::Transfer);
        let report = match answer {
            Some(Answer::Yes(report)) if is_about(&report, prepared) => report,
            // This is how registrars say that a domain is not in the account.
            Some(Answer::No(_)) if is_new => return LookedUp::NotCarriedOut,
            _ => return LookedUp::Unclear,
        };
        let now = information(&report);
        let before = parse_date(&payload.expiry_before);
        match command {
            Command::Register | Command::Transfer if prepared.is_active_elsewhere => LookedUp::Unclear,
            Command::Release if now.is_gone => LookedUp::Unclear,
            Command::Renew if before.is_none() || now.expires.is_none() => LookedUp::Unclear,
            _ if registrar::shows(command, prepared.years, before, &now) => LookedUp::CarriedOut(now),
            _ => LookedUp::NotCarriedOut,
        }
    }

    /// Stores the day on which a domain expires at its registrar before it is renewed, which a look-up compares with. The
    /// operator's own record may be older than the latest renewal.
    async fn note_expiry(&self, entry: &Entry, prepared: &Prepared, payload: &mut Payload) -> Result<(), Outcome> {
        let expires = match self.information("before", entry, prepared).await {
            Some(Answer::Yes(report)) if is_about(&report, prepared) => information(&report).expires,
            _ => None,
        };
        payload.expiry_before = expires.map(|day| day.to_string()).unwrap_or_default();
        let not_noted = || Outcome::failed_for_now(NOT_READ.to_owned());
        let json = payload.to_json().map_err(|_| not_noted())?;
        match Lease::with_connection(&self.hosts, async |db| outbox::set_payload(db, entry, &json).await).await {
            Ok(true) => Ok(()),
            _ => Err(not_noted()),
        }
    }

    /// Asks for all that a registrar knows of a domain; `None` without randomness for the id of the question.
    async fn information(&self, purpose: &str, entry: &Entry, prepared: &Prepared) -> Option<Answer> {
        let id = format!("{purpose}-{:016x}", getrandom::u64().ok()?);
        let params = prepared.domain.params(&entry.target);
        Some(self.registrars.ask(&entry.target, &id, entry.attempts, INFORMATION, &params).await.0)
    }

    /// The parameters of a command besides those of all functions, and the transfer code among them.
    fn command_params(
        &self,
        entry: &Entry,
        prepared: &Prepared,
        command: Command,
        payload: &Payload,
    ) -> (Map<String, Value>, String) {
        let domain = &prepared.domain;
        let mut params = Map::new();
        let mut secret = String::new();
        match command {
            Command::Register | Command::Transfer => {
                params.extend(domain.nameservers(self.registrars.default_nameservers(&entry.target)));
                let language = Some(&*payload.idn_language).filter(|language| !language.is_empty());
                params.insert("idnlanguage".to_owned(), language.unwrap_or(domain.idn_language()).into());
            }
            Command::Renew => {
                let status = &*prepared.registered.status;
                params.insert("isInGracePeriod".to_owned(), (status == "Grace").into());
                params.insert("isInRedemptionGracePeriod".to_owned(), (status == "Redemption").into());
            }
            Command::Release => {
                params.insert("transfertag".to_owned(), payload.new_tag.clone().into());
            }
        }
        if command == Command::Transfer {
            secret = Some(payload.epp_code.clone()).filter(|code| !code.is_empty()).unwrap_or(domain.transfer_code());
            params.insert("eppcode".to_owned(), secret.clone().into());
        }
        params.insert("regperiod".to_owned(), prepared.years.into());
        (params, secret)
    }
}

/// Whether a command moves the next due date: a renewal that was asked for may. A payment has moved it already.
pub(super) fn moves_due_date(setting: RenewalDueDate, command: Command, payload: &Payload) -> bool {
    payload.invoice == 0 && command == Command::Renew && setting == RenewalDueDate::Moves
}

/// Whether a report is about the domain that was asked for.
fn is_about(report: &Report, prepared: &Prepared) -> bool {
    report.text("domain").is_some_and(|name| prepared.domain.is_called(&name))
}

/// What an answer of GetDomainInformation reports.
fn information(report: &Report) -> DomainInformation {
    let status = report.text("registrationStatus").unwrap_or_default().to_lowercase();
    let status: String = status.chars().filter(|c| c.is_alphanumeric()).collect();
    let is_gone = ["archived", "deleted", "expired", "inactive"].contains(&&*status) || status.contains("delete");
    DomainInformation { is_gone, is_pending: !is_gone && status.contains("pending"), expires: report.expires() }
}

/// A request for the log. What registries ask about a registrant, such as the number of a passport, is left out.
fn logged_request(params: &Map<String, Value>, hidden: &Hidden) -> String {
    let mut params = params.clone();
    if let Some(Value::Object(fields)) = params.get_mut("additionalfields") {
        fields.values_mut().for_each(|value| *value = json!("***"));
    }
    redacted(&params, hidden, LOGGED_BYTES)
}

/// A registrar's response for the log: JSON without secrets; anything else only by its length.
fn logged_response(response: &str, hidden: &Hidden) -> String {
    match serde_json::from_str::<Value>(response) {
        Ok(json) => redacted(&json, hidden, LOGGED_BYTES),
        Err(_) if response.is_empty() => String::new(),
        Err(_) => format!("({} bytes that are not JSON)", response.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_status_says_whether_a_domain_is_registered() {
        for (status, is_gone, is_pending) in [
            ("Active", false, false),
            ("", false, false),
            ("Suspended", false, false),
            ("Pending Registration", false, true),
            ("pendingCreate", false, true),
            ("Pending Delete", true, false),
            ("pendingDelete", true, false),
            ("PENDING_DELETE", true, false),
            ("Deleted", true, false),
            ("Expired", true, false),
            ("Archived", true, false),
            ("Inactive", true, false),
        ] {
            let found = information(&Report(json!({"registrationStatus": status, "expiryDate": "2027-03-01"})));
            let expected = DomainInformation { is_gone, is_pending, expires: parse_date("2027-03-01") };
            assert_eq!(found, expected, "{status}");
        }
    }
}
