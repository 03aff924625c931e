//! Banned network addresses, as WHMCS writes them: an address, or an IPv4 address whose last one or two numbers are `*`.

use std::fmt;
use std::net::IpAddr;

/// An address, or a block of IPv4 addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BannedAddress {
    One(IpAddr),
    /// The first two or three numbers of the addresses.
    Block(Vec<u8>),
}

impl BannedAddress {
    /// Parses `198.51.100.7`, `198.51.100.*`, `198.51.*.*` or an IPv6 address.
    pub fn parse(text: &str) -> Option<BannedAddress> {
        let text = text.trim();
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(BannedAddress::One(address.to_canonical()));
        }
        let parts: Vec<&str> = text.split('.').collect();
        let numbers: Vec<u8> = parts.iter().map_while(|part| number(part)).collect();
        let is_block = parts.len() == 4
            && (numbers.len() == 2 || numbers.len() == 3)
            && parts.iter().skip(numbers.len()).all(|part| *part == "*");
        is_block.then_some(BannedAddress::Block(numbers))
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        match (self, address.to_canonical()) {
            (BannedAddress::One(banned), address) => *banned == address,
            (BannedAddress::Block(numbers), IpAddr::V4(address)) => address.octets().starts_with(numbers),
            (BannedAddress::Block(_), IpAddr::V6(_)) => false,
        }
    }
}

impl fmt::Display for BannedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BannedAddress::One(address) => address.fmt(f),
            BannedAddress::Block(numbers) => {
                let numbers = numbers.iter().map(u8::to_string).chain(["*".to_owned(), "*".to_owned()]);
                f.write_str(&numbers.take(4).collect::<Vec<_>>().join("."))
            }
        }
    }
}

fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_a_block_is_banned() {
        for (banned, written, within, without) in [
            ("198.51.100.7", "198.51.100.7", "198.51.100.7 ::ffff:198.51.100.7", "198.51.100.8 ::1"),
            (" 198.51.100.* ", "198.51.100.*", "198.51.100.0 198.51.100.255 ::ffff:198.51.100.9", "198.51.101.0 ::1"),
            ("198.51.*.*", "198.51.*.*", "198.51.0.0 198.51.255.255", "198.52.0.0 98.51.0.0"),
            ("2001:DB8:0::1", "2001:db8::1", "2001:db8::1", "2001:db8::2 198.51.100.7"),
            ("::ffff:198.51.100.7", "198.51.100.7", "198.51.100.7", "198.51.100.8"),
        ] {
            let parsed = BannedAddress::parse(banned).unwrap();
            assert_eq!(parsed.to_string(), written, "{banned}");
            assert!(within.split(' ').all(|address| parsed.contains(address.parse().unwrap())), "{banned}");
            assert!(!without.split(' ').any(|address| parsed.contains(address.parse().unwrap())), "{banned}");
        }
        for text in [
            "",
            "*",
            "*.*.*.*",
            "198.*.*.*",
            "198.51.*.7",
            "198.51.100",
            "198.51.100.7/24",
            "198.51.300.*",
            "198.+5.1.*",
            "x",
        ] {
            assert_eq!(BannedAddress::parse(text), None, "{text}");
        }
    }
}
