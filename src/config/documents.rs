//! `[invoices]`, `[links]` and `[pdf]`: how invoices are numbered, where links in mails lead, and invoices as PDF.

use std::path::PathBuf;

use anyhow::bail;
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

/// Invoices as PDF.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pdf {
    /// The language of clients who have none for which there are labels, as WHMCS writes it.
    pub language: String,
    pub paper: Paper,
    /// Fonts for characters that the one of the program lacks.
    pub font: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Paper {
    #[default]
    A4,
    Letter,
}

impl Default for Pdf {
    fn default() -> Pdf {
        Pdf { language: "english".to_owned(), paper: Paper::default(), font: Vec::new() }
    }
}

/// The languages in which there are labels of documents; a test compares them.
pub const DOCUMENT_LANGUAGES: [&str; 5] = ["english", "french", "german", "portuguese", "spanish"];

impl Pdf {
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if !DOCUMENT_LANGUAGES.contains(&&*self.language) {
            bail!("pdf.language: must be one of {}", DOCUMENT_LANGUAGES.join(", "));
        }
        Ok(())
    }
}

/// What the URLs of `[links]` have in place of an id, and of a ticket's number and access code.
const ID: &str = "{id}";
const NUMBER: &str = "{number}";
const CODE: &str = "{code}";

/// The pages of the operator to which links lead, with placeholders. Empty for WHMCS's own page below its `SystemURL`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Links {
    /// An invoice, with `{id}`.
    pub invoice: String,
    /// A quote, with `{id}`.
    pub quote: String,
    /// A ticket, with `{number}`, and `{code}` for its access code.
    pub ticket: String,
}

impl Links {
    /// The address of an invoice's page; empty if there is none. `system_url` ends with a slash or is empty.
    pub fn invoice(&self, system_url: &str, id: i64) -> String {
        link(&self.invoice, system_url, "viewinvoice.php?id={id}", &[(ID, &id.to_string())])
    }

    /// The address of a quote's page; empty if there is none.
    pub fn quote(&self, system_url: &str, id: i64) -> String {
        link(&self.quote, system_url, "viewquote.php?id={id}", &[(ID, &id.to_string())])
    }

    /// The address of a ticket's page; empty if there is none.
    pub fn ticket(&self, system_url: &str, number: &str, code: &str) -> String {
        link(&self.ticket, system_url, "viewticket.php?tid={number}&c={code}", &[(NUMBER, number), (CODE, code)])
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        for (path, url, placeholder) in [
            ("links.invoice", &self.invoice, ID),
            ("links.quote", &self.quote, ID),
            ("links.ticket", &self.ticket, NUMBER),
        ] {
            let is_url = url.starts_with("http://") || url.starts_with("https://");
            let is_complete = is_url && url.contains(placeholder);
            if !url.is_empty() && !is_complete {
                bail!(
                    "{path}: must be a URL with {placeholder}, such as https://my.example.com/{placeholder}, or empty"
                );
            }
        }
        Ok(())
    }
}

/// Fills in the operator's URL, or else that of a page of WHMCS, which there is only below a `SystemURL`.
pub(super) fn link(url: &str, system_url: &str, page: &str, values: &[(&str, &str)]) -> String {
    let url = match (url, system_url) {
        ("", "") => return String::new(),
        ("", system_url) => format!("{system_url}{page}"),
        (url, _) => url.to_owned(),
    };
    values.iter().fold(url, |url, (placeholder, value)| url.replace(placeholder, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_the_operators_pages_or_to_those_of_whmcs_or_nowhere() {
        let own = Links {
            invoice: "https://my.example.com/invoices/{id}".to_owned(),
            quote: "https://my.example.com/quotes/{id}?from=mail".to_owned(),
            ticket: "https://my.example.com/tickets/{number}/{code}".to_owned(),
        };
        own.check().unwrap();
        let all =
            |links: &Links, url: &str| [links.invoice(url, 7), links.quote(url, 8), links.ticket(url, "ABC-1", "xyz")];
        let of_own = [
            "https://my.example.com/invoices/7",
            "https://my.example.com/quotes/8?from=mail",
            "https://my.example.com/tickets/ABC-1/xyz",
        ];
        assert_eq!(all(&own, "https://a.test/"), of_own);
        assert_eq!(all(&own, ""), of_own);
        let of_whmcs = [
            "https://a.test/viewinvoice.php?id=7",
            "https://a.test/viewquote.php?id=8",
            "https://a.test/viewticket.php?tid=ABC-1&c=xyz",
        ];
        assert_eq!(all(&Links::default(), "https://a.test/"), of_whmcs);
        assert_eq!(all(&Links::default(), ""), [""; 3]);
        for invoice in ["my.example.com/{id}", "https://my.example.com/"] {
            let error = Links { invoice: invoice.to_owned(), ..Links::default() }.check().unwrap_err();
            assert!(error.to_string().starts_with("links.invoice: must be a URL with {id}"), "{error}");
        }
    }
}
