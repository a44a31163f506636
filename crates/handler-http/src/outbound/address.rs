//! Which addresses a call may reach.
//!
//! A server that makes calls for others can be made to reach what only it can
//! reach: a database's port, a cloud's metadata with credentials in it. So only
//! public addresses are called, and private ones that somebody named. The check
//! is on the address that is connected to, so neither a name that points inside,
//! nor one that changes where it points between check and call, gets past it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use levers_model::{Error, Result};
use url::Host;

/// The hosts and networks that may be private.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowed {
    hosts: Vec<(Host<String>, Option<u16>)>,
    networks: Vec<IpNet>,
}

impl Allowed {
    /// Reads `host`, `host:port` and networks such as `10.0.0.0/8`.
    ///
    /// # Errors
    /// `Invalid`, with the entry.
    pub(crate) fn parse(entries: &[String]) -> Result<Self> {
        let mut allowed = Self::default();
        for entry in entries {
            let wrong = || {
                Error::invalid(format!(
                    "“{}” in allow_private is neither a host (“backend.internal”), nor a host with its port \
                     (“127.0.0.1:8000”), nor a network (“10.0.0.0/8”).",
                    entry.chars().take(80).collect::<String>()
                ))
            };
            if entry.contains('/') {
                allowed.networks.push(entry.parse::<IpNet>().map_err(|_| wrong())?.trunc());
            } else {
                allowed.hosts.push(host_and_port(entry).ok_or_else(wrong)?);
            }
        }
        Ok(allowed)
    }

    /// Whether a call to this host and port may connect to this address.
    pub(crate) fn permits(&self, host: &Host<String>, port: u16, address: IpAddr) -> bool {
        let address = address.to_canonical();
        is_public(address)
            || self.networks.iter().any(|network| network.contains(&address))
            || self.hosts.iter().any(|(known, at)| known == host && at.is_none_or(|at| at == port))
    }
}

fn host_and_port(entry: &str) -> Option<(Host<String>, Option<u16>)> {
    if let Ok(IpAddr::V6(address)) = entry.parse() {
        return Some((Host::Ipv6(address), None));
    }
    let (host, port) = match entry.rsplit_once(':') {
        Some((host, port)) if !entry.ends_with(']') => (host, Some(port.parse::<u16>().ok().filter(|port| *port > 0)?)),
        _ => (entry, None),
    };
    Host::parse(host).ok().map(|host| (host, port))
}

/// Everything of version 4 that is not somebody's public address (IANA's registry of
/// special purposes), and the address at which one cloud keeps its metadata in public space.
const SPECIAL_V4: [(Ipv4Addr, u8); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// The only part of version 6 that is given to anybody.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What in that part leads elsewhere: tunnels to version 4 and addresses of books.
const SPECIAL_V6: [(Ipv6Addr, u8); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether anybody on the internet could reach the address as well.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|(net, length)| in_v4(*net, *length, address)),
        IpAddr::V6(address) => {
            in_v6(GLOBAL_V6.0, GLOBAL_V6.1, address)
                && !SPECIAL_V6.iter().any(|(net, length)| in_v6(*net, *length, address))
        }
    }
}

fn in_v4(network: Ipv4Addr, length: u8, address: Ipv4Addr) -> bool {
    Ipv4Net::new(network, length).is_ok_and(|network| network.contains(&address))
}

fn in_v6(network: Ipv6Addr, length: u8, address: Ipv6Addr) -> bool {
    Ipv6Net::new(network, length).is_ok_and(|network| network.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(entries: &[&str]) -> Allowed {
        Allowed::parse(&entries.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn private_addresses_are_told_from_public_ones() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.169.254",
            "172.31.0.1",
            "192.0.0.192",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001:0:1::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "168.63.129.17", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn what_was_named_may_be_private() {
        let allowed = allowed(&["localhost:8000", "Backend.internal", "10.0.0.0/8", "fd00::/8", "::1", "[::2]:81"]);
        let permits = |host: &str, port, address: &str| {
            allowed.permits(&Host::parse(host).unwrap(), port, address.parse().unwrap())
        };
        assert!(permits("localhost", 8000, "127.0.0.1"));
        assert!(!permits("localhost", 8001, "127.0.0.1"));
        assert!(permits("BACKEND.internal", 1, "192.168.0.7"));
        assert!(!permits("other.internal", 1, "192.168.0.7"));
        assert!(permits("other.internal", 1, "10.200.0.7"));
        assert!(permits("x", 1, "::ffff:10.0.0.1"));
        assert!(permits("x", 1, "fd12::1"));
        assert!(permits("[::1]", 9, "::1"));
        assert!(permits("[::2]", 81, "::2") && !permits("[::2]", 82, "::2"));
        // An address under another name is not what was named.
        assert!(!permits("127.0.0.1", 8000, "127.0.0.1"));
    }

    #[test]
    fn entries_that_name_nothing_are_refused() {
        for entry in ["", "a b", "10.0.0.0/99", "http://x", "host:port", "host:0", "host:70000", "[::1", "x/8"] {
            let error = Allowed::parse(&[entry.to_owned()]).unwrap_err();
            assert!(error.message().contains("allow_private"), "{entry}");
        }
    }

    proptest! {
        #[test]
        fn any_entry_is_read_or_refused(entry in ".{0,40}") {
            let _ = Allowed::parse(&[entry]);
        }

        #[test]
        fn wrapping_a_private_address_does_not_make_it_public(address in any::<[u8; 4]>()) {
            let v4 = Ipv4Addr::from(address);
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), is_public(v4.into()));
            prop_assert!(!is_public(v4.to_ipv6_compatible().into()));
        }
    }
}
