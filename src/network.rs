//! Network addresses: allow lists, and the client's address behind proxies.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use ipnet::IpNet;
use reqwest::redirect::Policy;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::ConfigVerifierExt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A single address, or a network in CIDR notation; IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither an address such as 198.51.100.7 nor a network such as 10.0.0.0/8 or 2001:db8::/32")]
pub struct InvalidNetwork(String);

impl Network {
    /// This machine's own addresses.
    pub const LOOPBACK: [Network; 2] = [
        Network(IpNet::V4(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::new(127, 0, 0, 0), 8))),
        Network(IpNet::V6(ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::LOCALHOST, 128))),
    ];

    /// All addresses.
    pub const EVERYWHERE: [Network; 2] = [
        Network(IpNet::V4(ipnet::Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0))),
        Network(IpNet::V6(ipnet::Ipv6Net::new_assert(std::net::Ipv6Addr::UNSPECIFIED, 0))),
    ];

    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Network, InvalidNetwork> {
        let network = match text.parse::<IpAddr>() {
            Ok(address) => Ok(IpNet::from(address.to_canonical())),
            Err(_) => text.parse::<IpNet>().map(|network| network.trunc()),
        };
        network.map(Network).map_err(|_| InvalidNetwork(text.to_owned()))
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.prefix_len() == self.0.max_prefix_len() {
            true => self.0.addr().fmt(f),
            false => self.0.fmt(f),
        }
    }
}

impl Serialize for Network {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Network {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Network, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

pub fn any_contains(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// Whether an address is a loopback or private one, as proxies usually have.
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

/// Whether an address can belong to a server on the internet: not if it is this machine's, in a private network, or
/// reserved, nor if it stands for an IPv4 address (IANA's registries of special-purpose addresses, RFC 6890).
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            let is_special = matches!(
                (first, second, third),
                (0 | 10 | 127 | 224.., _, _)
                    | (100, 64..=127, _)
                    | (169, 254, _)
                    | (172, 16..=31, _)
                    | (192, 0, 0 | 2)
                    | (192, 88, 99)
                    | (192, 168, _)
                    | (198, 18 | 19, _)
                    | (198, 51, 100)
                    | (203, 0, 113)
            );
            !is_special
        }
        IpAddr::V6(address) => {
            let segments = address.segments();
            let is_special =
                matches!(segments, [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..]);
            segments[0] >> 13 == 1 && !is_special
        }
    }
}

/// The part of an address that identifies a subscriber: a /64 for IPv6.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

/// The address used if the client's is unknown; no allow list contains it.
const UNKNOWN_ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Returns the client's address. It is the peer's, unless the peer is a trusted proxy: then its header is read from the
/// right, where the nearest proxy has written, up to the first address that is not a trusted proxy's. Anybody could
/// have written what is further left. If that address is malformed, the result is the unspecified address, which no
/// allow list contains.
pub fn client_address(peer: IpAddr, header: &[&str], trusted: &[Network]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    let hops = header.iter().rev().flat_map(|line| line.rsplit(','));
    for hop in hops {
        if !any_contains(trusted, nearest) {
            break;
        }
        match hop_address(hop) {
            Some(address) => nearest = address,
            None => return UNKNOWN_ADDRESS,
        }
    }
    nearest
}

/// Parses `198.51.100.7`, `198.51.100.7:4711`, `2001:db8::1`, `[2001:db8::1]:4711`, and the same as `for=` of the
/// header `Forwarded`.
fn hop_address(hop: &str) -> Option<IpAddr> {
    // A comma within a quoted text has split it: neither part is then what a proxy has written.
    if hop.contains('\\') || hop.matches('"').count() % 2 == 1 {
        return None;
    }
    let pairs = hop.split(';').map(str::trim);
    let mut pairs = pairs.map(|pair| pair.split_once('=').map_or(("for", pair), |(name, value)| (name.trim(), value)));
    let text = pairs.find(|(name, _)| name.eq_ignore_ascii_case("for"))?.1.trim().trim_matches('"');
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

/// The TLS settings of HTTP clients. The CA certificates of this machine are read once, which takes milliseconds. On a machine
/// without any, such as a small container, plain HTTP still works.
static TLS: LazyLock<ClientConfig> = LazyLock::new(|| {
    // Another provider may be installed already, which works as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    ClientConfig::with_platform_verifier().unwrap_or_else(|_| {
        ClientConfig::builder().with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    })
});

/// Creates an HTTP client for URLs from the settings; it follows no redirects.
pub fn http_client() -> reqwest::Result<reqwest::Client> {
    http_client_builder().build()
}

/// A builder for HTTP clients that follow no redirects and use no proxy.
pub fn http_client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().tls_backend_preconfigured(TLS.clone())
}

/// In which a proxy says how the request came to it.
pub const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// Whether a client's connection is encrypted: to this server, or to a trusted proxy that says so.
pub fn is_encrypted(has_tls: bool, is_proxy: bool, headers: &HeaderMap) -> bool {
    match is_proxy {
        true => is_https(headers) || (has_tls && !headers.contains_key(FORWARDED_PROTO)),
        false => has_tls,
    }
}

/// Whether the nearest proxy got the request over TLS.
fn is_https(headers: &HeaderMap) -> bool {
    let last = headers.get_all(FORWARDED_PROTO).iter().next_back().and_then(|line| line.to_str().ok());
    last.and_then(|line| line.rsplit(',').next()).is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(list: &str) -> Vec<Network> {
        list.split_whitespace().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn networks_contain_their_addresses_alone() {
        for (network, within, without) in [
            ("198.51.100.7", "198.51.100.7 ::ffff:198.51.100.7", "198.51.100.8 ::1"),
            ("10.1.2.3/8", "10.0.0.0 10.255.255.255", "11.0.0.0 9.255.255.255"),
            ("0.0.0.0/0", "1.2.3.4 ::ffff:1.2.3.4", "::1"),
            ("2001:db8::/32", "2001:db8::1 2001:db8:ffff::", "2001:db9::"),
            ("::1", "::1", "::2 127.0.0.1"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(within.split(' ').all(|address| network.contains(address.parse().unwrap())), "{network}");
            assert!(!without.split(' ').any(|address| network.contains(address.parse().unwrap())), "{network}");
        }
        for text in ["", "*", "10.0.0.*", "10.0.0.0/33", "10.0.0", "010.0.0.1", "::/129", "localhost", "10.0.0.1:80"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_that_are_special_are_not_public() {
        for (addresses, expected) in [
            ("1.1.1.1 9.255.255.255 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1", true),
            ("198.20.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1 2001:200::1 ::ffff:1.1.1.1", true),
            ("0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1", false),
            ("192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 255.255.255.255", false),
            (":: ::1 ::ffff:127.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 fc00::1 fd00::1 fe80::1 fec0::1 ff02::1", false),
            ("2001::1 2001:db8::1 2002:7f00:1::1 3fff::1 4000::1 100::1", false),
        ] {
            for address in addresses.split(' ') {
                assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
            }
        }
    }

    /// `198.51.100.7` is the client, `10.…` are the trusted proxies, `6.6.6.6` is a forged address.
    #[test]
    fn nobody_can_make_up_their_address() {
        let trusted = networks("10.0.0.0/8 2001:db8:10::/48");
        for (peer, header, expected) in [
            // A peer that is not a trusted proxy is the client, whatever its header contains.
            ("198.51.100.7", &[][..], "198.51.100.7"),
            ("198.51.100.7", &["6.6.6.6"], "198.51.100.7"),
            ("198.51.100.7", &["10.0.0.1"], "198.51.100.7"),
            ("198.51.100.7", &["127.0.0.1", "::1"], "198.51.100.7"),
            ("198.51.100.7", &["6.6.6.6, 10.0.0.2"], "198.51.100.7"),
            ("127.0.0.1", &["6.6.6.6"], "127.0.0.1"),
            ("::ffff:198.51.100.7", &["6.6.6.6"], "198.51.100.7"),
            ("2001:db8::7", &["6.6.6.6"], "2001:db8::7"),
            // One trusted proxy, which has written the last address.
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6", "198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6,127.0.0.1,198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["10.0.0.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["  6.6.6.6 ,  198.51.100.7  "], "198.51.100.7"),
            ("10.0.0.1", &["198.51.100.7:4711"], "198.51.100.7"),
            ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
            ("10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &["::ffff:198.51.100.7"], "198.51.100.7"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7"),
            ("2001:db8:10::1", &["6.6.6.6, 2001:db8::7"], "2001:db8::7"),
            // Several trusted proxies in a row.
            ("10.0.0.1", &["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.0.0.3, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.7", "10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", &["6.6.6.6, 10.0.0.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            // The proxies themselves may call, too.
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // The client's address is missing or malformed, so no allow list contains it.
            ("10.0.0.1", &[""], "0.0.0.0"),
            ("10.0.0.1", &["unknown"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, unknown"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, , 10.0.0.2"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.7.1"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, 198.51.100.007"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, 0x7f000001"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6, 127.1"], "0.0.0.0"),
            ("10.0.0.1", &["6.6.6.6 198.51.100.7"], "0.0.0.0"),
            ("10.0.0.1", &["198.51.100.7,"], "0.0.0.0"),
            // The header Forwarded.
            ("10.0.0.1", &["for=198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["For=\"[2001:db8::7]:4711\";proto=https;by=10.0.0.1"], "2001:db8::7"),
            ("10.0.0.1", &["for=6.6.6.6, proto=https;for=198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", &["for=6.6.6.6, for=_hidden"], "0.0.0.0"),
            ("10.0.0.1", &["for=6.6.6.6, proto=https"], "0.0.0.0"),
            ("10.0.0.1", &["for=203.0.113.5;host=\"a,for=6.6.6.6\""], "0.0.0.0"),
            ("10.0.0.1", &["host=\"a,for=6.6.6.6\";for=203.0.113.5"], "0.0.0.0"),
            ("10.0.0.1", &["\u{fffd}, 198.51.100.7"], "198.51.100.7"),
        ] {
            let address = client_address(peer.parse().unwrap(), header, &trusted);
            assert_eq!(address.to_string(), expected, "{peer} {header:?}");
        }
    }
}
