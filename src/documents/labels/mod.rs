//! The words of documents, in one file for each language.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::domain::invoice::Status;

/// The words of a document in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The code of the language, such as `en`.
    pub code: String,
    pub invoice: String,
    pub proforma: String,
    pub draft: String,
    pub number: String,
    pub date: String,
    pub due_date: String,
    pub paid_on: String,
    pub payment_method: String,
    pub billed_to: String,
    pub tax_id: String,
    pub description: String,
    pub amount: String,
    pub subtotal: String,
    /// A tax whose name is not known.
    pub tax: String,
    pub credit: String,
    pub total: String,
    pub paid: String,
    pub refunded: String,
    pub balance: String,
    /// What the asterisk of taxed lines means.
    pub taxed: String,
    pub payments: String,
    pub transaction: String,
    pub notes: String,
    /// With `{page}` and `{pages}`.
    page: String,
    status: StatusLabels,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusLabels {
    draft: String,
    unpaid: String,
    paid: String,
    cancelled: String,
    refunded: String,
    collections: String,
    payment_pending: String,
}

const FILES: [(&str, &str); 5] = [
    ("english", include_str!("english.toml")),
    ("french", include_str!("french.toml")),
    ("german", include_str!("german.toml")),
    ("portuguese", include_str!("portuguese.toml")),
    ("spanish", include_str!("spanish.toml")),
];

/// The labels by language. A test parses the files as well, so none is left out here.
static ALL: LazyLock<Vec<(&str, Labels)>> = LazyLock::new(|| {
    FILES.iter().filter_map(|(language, file)| Some((*language, toml::from_str(file).ok()?))).collect()
});

impl Labels {
    /// Returns the labels in the first of these languages that there is, or else in English. Languages are written as
    /// WHMCS writes them, such as `portuguese-br`, of which the part before the hyphen counts.
    pub fn of(languages: &[&str]) -> Option<&'static Labels> {
        let of_language = |wanted: &str| {
            let wanted = wanted.trim().to_lowercase();
            let wanted = wanted.split(['-', '_']).next().unwrap_or_default().to_owned();
            ALL.iter().find(|(language, _)| *language == wanted).map(|(_, labels)| labels)
        };
        languages.iter().copied().chain(["english"]).find_map(of_language)
    }

    pub fn status(&self, status: Status) -> &str {
        match status {
            Status::Draft => &self.status.draft,
            Status::Unpaid => &self.status.unpaid,
            Status::Paid => &self.status.paid,
            Status::Cancelled => &self.status.cancelled,
            Status::Refunded => &self.status.refunded,
            Status::Collections => &self.status.collections,
            Status::PaymentPending => &self.status.payment_pending,
        }
    }

    pub fn page(&self, page: usize, pages: usize) -> String {
        self.page.replace("{pages}", &pages.to_string()).replace("{page}", &page.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DOCUMENT_LANGUAGES;

    #[test]
    fn each_language_has_all_labels() {
        assert_eq!(FILES.map(|(language, _)| language), DOCUMENT_LANGUAGES);
        for (language, file) in FILES {
            let labels: Labels = toml::from_str(file).unwrap_or_else(|error| panic!("{language}: {error}"));
            assert!(labels.page(1, 3).contains('1') && labels.page(1, 3).contains('3'), "{language}");
        }
    }

    #[test]
    fn a_language_is_found_as_whmcs_writes_it() {
        for (languages, code) in [
            (vec!["german"], "de"),
            (vec!["portuguese-br"], "pt"),
            (vec!["Portuguese-PT"], "pt"),
            (vec!["klingon", "french"], "fr"),
            (vec!["", "spanish"], "es"),
            (vec!["klingon"], "en"),
        ] {
            assert_eq!(Labels::of(&languages).unwrap().code, code, "{languages:?}");
        }
    }
}
