//! `[invoices]`, `[links]` and `[pdf]`: how invoices are numbered, where links in mails lead, and invoices as PDF.

use serde::{Deserialize, Serialize};

/// Sequential numbers of invoices. Whether there are any, in which format, and the next number are settings of WHMCS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Invoices {
    /// Whether this server gives them.
    pub numbering: Numbering,
    /// When the sequence begins again at 1.
    pub number_reset: NumberReset,
    /// Whether an invoice is dated to the day on which it gets its number.
    pub date_on_payment: bool,
}

/// Whether this server gives invoices sequential numbers, if WHMCS's `SequentialInvoiceNumbering` is on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbering {
    /// Unless the database is that of a WHMCS, which may give numbers, too.
    #[default]
    Auto,
    On,
    Off,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NumberReset {
    #[default]
    Never,
    Monthly,
    Annually,
}
