//! `CreateInvoice`.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::lines::{FIELDS, LineParams};
use crate::actions::words::NOT_A_DATE;
use crate::actions::words::billing::NOT_A_RATE;
use crate::actions::words::clients::CLIENT_NOT_FOUND;
use crate::actions::{Access, Action, Touches};
use crate::call::Call;
use crate::database::TEXT_BYTES;
use crate::domain::id::ClientId;
use crate::domain::invoice::{Line, Status};
use crate::domain::tax::Rate;
use crate::error::DocumentedError::{self, Exact};
use crate::error::{Result, refuse, refuse_as};
use crate::operations::billing::{self, InvoiceDraft, IssueOptions, RateOverrides};
use crate::operations::clients;
use crate::param::Param;
use crate::param::schema;

/// Creates an invoice.
///
/// Taxes follow the operator's rules for the client's country and state, and a tax-exempt client pays none, unless the
/// request contains rates. The due date is `CreateInvoiceDaysBefore` days after the invoice's date. Credit is
/// applied only with `autoapplycredit`, and never to a draft. What a line of a type gives when the invoice is paid is the
/// same as for lines of orders: an amount of type `AddFunds`, which must be above zero, becomes credit.
#[derive(Debug, Default, JsonSchema, Deserialize)]
#[serde(default)]
pub struct CreateInvoice {
    /// The client who is billed.
    userid: Param<ClientId>,
    /// By default, `Unpaid`.
    status: Param<Status>,
    /// Creates it as a draft, whatever `status` says.
    draft: Param<bool>,
    /// Sends the client the e-mail about the new invoice; not allowed for a draft.
    sendinvoice: Param<bool>,
    /// The name of a gateway; by default, the client's gateway, or else the operator's first one.
    paymentmethod: Param<String>,
    /// In percent, instead of the operator's rule for the first level.
    taxrate: Param<Rate>,
    /// In percent, instead of the operator's rule for the second level.
    taxrate2: Param<Rate>,
    /// `YYYY-MM-DD`; by default, today.
    #[schemars(with = "schema::Date")]
    date: Param<NaiveDate>,
    /// `YYYY-MM-DD`.
    #[schemars(with = "schema::Date")]
    duedate: Param<NaiveDate>,
    notes: Param<String>,
    /// Applies the client's credit, as far as the balance allows.
    autoapplycredit: Param<bool>,
    /// `itemdescriptionN`, `itemamountN` and `itemtaxedN`, or `itemdescription[N]` and so on. A value without a number
    /// holds for all lines. WHMCS lacks `itemtypeN` and `itemrelidN`: what the line is for, and the id of that service,
    /// addon or domain of the client.
    #[serde(flatten)]
    #[schemars(schema_with = "schema::numbered_lines")]
    lines: NumberedLines,
}

#[derive(Debug, JsonSchema, Serialize)]
pub struct CreateInvoiceReply {
    invoiceid: i64,
    status: &'static str,
}

const DRAFT_NOT_SENT: &str =
    "Cannot create and send a draft invoice in a single API request. Please create and send separately.";

impl Action for CreateInvoice {
    const NAME: &'static str = "CreateInvoice";
    const ACCESS: Access = Access::Write;
    const TOUCHES: Touches = Touches::Outbox;
    const REQUIRED: &[&str] = &["userid"];
    const EXAMPLE: &'static str =
        r#"{"userid": 1, "itemdescription1": "Consulting", "itemamount1": "80.00", "itemtaxed1": true}"#;
    const ERRORS: &'static [DocumentedError] = &[Exact(CLIENT_NOT_FOUND), Exact(DRAFT_NOT_SENT)];
    type Reply = CreateInvoiceReply;

    async fn run(self, call: Call<'_>) -> Result<CreateInvoiceReply> {
        let client = clients::lock(call.db, self.userid.required(CLIENT_NOT_FOUND)?).await?;
        let draft = InvoiceDraft {
            status: status(self.status, self.draft.is_set(), self.sendinvoice.is_set())?,
            payment_method: billing::gateway_of_client(call.db, self.paymentmethod.lenient(), &client).await?,
            rates: RateOverrides {
                first: self.taxrate.optional(NOT_A_RATE)?,
                second: self.taxrate2.optional(NOT_A_RATE)?,
            },
            date: self.date.optional(NOT_A_DATE)?,
            due_date: self.duedate.optional(NOT_A_DATE)?,
            lines: self.lines.read()?,
            notes: self.notes.text("notes", TEXT_BYTES)?,
        };
        let options =
            IssueOptions { applies_credit: self.autoapplycredit.is_set(), sends_mail: self.sendinvoice.is_set() };
        let issued = billing::issue(call.context(), &client, draft, options).await?;
        Ok(CreateInvoiceReply { invoiceid: issued.id.0, status: issued.status.name() })
    }
}

fn status(status: Param<Status>, draft: bool, send: bool) -> Result<Status> {
    let status = match status {
        _ if draft => Status::Draft,
        Param::Malformed(text) => return refuse_as("invalid_status", format!("Invalid status {text}")),
        status => status.lenient().unwrap_or(Status::Unpaid),
    };
    if status == Status::Draft && send {
        return refuse(DRAFT_NOT_SENT);
    }
    Ok(status)
}

/// The lines of a request.
#[derive(Debug, Default)]
struct NumberedLines {
    by_number: BTreeMap<u32, LineParams>,
    /// Values without a number, which hold for each line that has none of its own.
    of_all: LineParams,
    /// A parameter whose key is no number.
    without_number: Option<String>,
}

impl NumberedLines {
    /// Converts the lines; one with neither a description nor an amount is ignored. A description alone is a line of
    /// 0.00. If another line has an amount alone, the numbers were confused, and the request is rejected. If description
    /// and amount hold for all lines, the other fields number them, unless they are empty.
    fn read(self) -> Result<Vec<Line>> {
        let NumberedLines { mut by_number, of_all, without_number } = self;
        if let Some(name) = without_number {
            return refuse_as("incomplete_item", format!("Each item needs a number: {name} has none"));
        }
        let is_line = |line: &LineParams| line.has_description() || line.has_amount();
        if by_number.values().any(is_line) || !is_line(&of_all) {
            by_number.retain(|_, line| is_line(line));
        } else {
            by_number.retain(|_, line| line.is_filled());
            if by_number.is_empty() {
                by_number.insert(0, LineParams::default());
            }
        }
        for line in by_number.values_mut() {
            line.complete(&of_all);
        }
        let described = by_number.iter().find(|(_, line)| !line.has_amount());
        let priced = by_number.iter().find(|(_, line)| !line.has_description());
        if let (Some((described, _)), Some((priced, _))) = (described, priced) {
            let message = format!(
                "Each item needs the same number in all parameters: \
                 itemamount{described} and itemdescription{priced} are missing"
            );
            return refuse_as("incomplete_item", message);
        }
        by_number.into_values().map(LineParams::read).collect()
    }
}

impl<'de> Deserialize<'de> for NumberedLines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NumberedLinesVisitor)
    }
}

struct NumberedLinesVisitor;

impl<'de> Visitor<'de> for NumberedLinesVisitor {
    type Value = NumberedLines;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lines of an invoice")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<NumberedLines, A::Error> {
        let mut lines = NumberedLines::default();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            let digits_at = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len());
            let (field, number) = name.split_at(digits_at);
            if !FIELDS.contains(&field) {
                continue;
            }
            let set = |lines: &mut NumberedLines, number, value| {
                lines.by_number.entry(number).or_default().set(field, value);
            };
            match (number.parse(), value) {
                (Ok(number), value) => set(&mut lines, number, value),
                (Err(_), Json::Object(values)) if number.is_empty() => {
                    for (key, value) in values {
                        match key.parse() {
                            Ok(number) => set(&mut lines, number, value),
                            Err(_) => {
                                lines.without_number.get_or_insert_with(|| format!("{field}[{key}]"));
                            }
                        }
                    }
                }
                (Err(_), Json::Array(values)) if number.is_empty() => {
                    (0..).zip(values).for_each(|(number, value)| set(&mut lines, number, value));
                }
                (Err(_), value) if number.is_empty() => lines.of_all.set(field, value),
                _ => {}
            }
        }
        Ok(lines)
    }
}
