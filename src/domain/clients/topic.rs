//! Topics of mails.

/// The topics for which a contact can get copies: the columns of `tblcontacts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    General,
    Product,
    Domain,
    Invoice,
    Support,
    Affiliate,
}

impl Topic {
    pub const ALL: [Topic; 6] =
        [Topic::General, Topic::Product, Topic::Domain, Topic::Invoice, Topic::Support, Topic::Affiliate];

    /// The name in `tblemailtemplates.type`.
    pub fn name(self) -> &'static str {
        match self {
            Topic::General => "general",
            Topic::Product => "product",
            Topic::Domain => "domain",
            Topic::Invoice => "invoice",
            Topic::Support => "support",
            Topic::Affiliate => "affiliate",
        }
    }

    pub fn parse(text: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.name() == text)
    }
}
