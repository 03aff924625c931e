//! Domains that are free with a product.

use super::cycle::Cycle;
use crate::domain::domain_name::DomainName;

/// For how long a domain is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreeDomain {
    /// For its first period. It renews at its price.
    Once,
    /// As long as the product is paid.
    Always,
}

/// A product's offer of a free domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeDomainOffer {
    pub kind: FreeDomain,
    /// The billing cycles of the product with which the domain is free.
    pub cycles: Vec<Cycle>,
    /// The extensions of free domains, in lower case and with their leading dot.
    pub extensions: Vec<String>,
}

impl FreeDomainOffer {
    /// Parses the lists of an offer, which are separated by commas; malformed entries are skipped.
    pub fn new(kind: FreeDomain, cycles: &str, extensions: &str) -> FreeDomainOffer {
        let extensions = extensions.split(',').map(|name| name.trim().trim_start_matches('.').to_lowercase());
        FreeDomainOffer {
            kind,
            cycles: cycles.split(',').filter_map(Cycle::parse).collect(),
            extensions: extensions.filter(|name| !name.is_empty()).map(|name| format!(".{name}")).collect(),
        }
    }

    /// Whether a domain is free with the product in this billing cycle. It is for one year only, however long the product's
    /// cycle is.
    pub fn covers(&self, cycle: Cycle, name: &DomainName, years: u32) -> bool {
        years == 1 && self.cycles.contains(&cycle) && self.extensions.iter().any(|own| own == name.extension())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycle_extension_and_years_must_match() {
        let offer = FreeDomainOffer::new(FreeDomain::Once, "annually, Semi-Annually,x,", ".com, NET,,.co.uk");
        for (cycle, name, years, expected) in [
            (Cycle::Annually, "a.com", 1, true),
            (Cycle::SemiAnnually, "a.net", 1, true),
            (Cycle::Annually, "a.co.uk", 1, true),
            (Cycle::Annually, "a.com", 2, false),
            (Cycle::Annually, "a.uk", 1, false),
            (Cycle::Monthly, "a.com", 1, false),
        ] {
            assert_eq!(offer.covers(cycle, &DomainName::parse(name).unwrap(), years), expected, "{cycle:?} {name}");
        }
        let nothing = FreeDomainOffer::new(FreeDomain::Always, "", "");
        assert!(!nothing.covers(Cycle::Annually, &DomainName::parse("a.com").unwrap(), 1));
    }
}
