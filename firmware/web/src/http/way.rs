//! The way a request came: straight from a phone, or forwarded by a proxy, which speaks for somebody else.
//!
//! An address is no proof of who somebody is. A request that says it was forwarded is nobody's by its address;
//! what it says of the phone, and of the address that the phone used, is believed only of the proxies that are configured.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};

use super::Config;

/// Headers by which proxies and tunnels say that they forward.
const MARKS: [&str; 14] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "x-cluster-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "do-connecting-ip",
    "x-appengine-user-ip",
    "x-proxyuser-ip",
    "x-scheme",
    "x-ingress-path",
    "cdn-loop",
];

/// How the names of others begin, of which each maker has some.
const MARKS_BEGIN: [&str; 6] = ["x-forwarded", "x-original-", "x-envoy-", "x-azure-", "cf-", "tailscale-"];

/// Proxies of one request that are looked at, the last first.
const HOPS_MAX: usize = 16;

/// The way a request came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Who asks, as far as that is known.
    pub(super) client: IpAddr,
    /// Whether it says that it was forwarded.
    pub(super) is_forwarded: bool,
    /// Whether its address may say whose it is. What comes from the box's own machine under another name than that machine has for
    /// itself came by a proxy or a tunnel that does not say so.
    pub(super) speaks_for_itself: bool,
    /// Whether the phone spoke TLS: to the box, or to a proxy that is believed.
    pub(super) is_secure: bool,
    /// Whether it came to the box by TLS.
    pub(super) is_tls: bool,
    /// The name and port by which the phone addressed a proxy that is believed, if that says so.
    pub(super) host: Option<String>,
}

impl Way {
    /// The way of a request with these `headers` that came over a connection of `peer`, by TLS if `is_tls`.
    pub(super) fn of(config: &Config, peer: IpAddr, is_tls: bool, headers: &HeaderMap) -> Self {
        let is_mark = |name: &str| MARKS.contains(&name) || MARKS_BEGIN.iter().any(|begin| name.starts_with(begin));
        let is_forwarded = headers.keys().any(|name| is_mark(name.as_str()));
        let speaks_for_itself = !is_forwarded && (!peer.is_loopback() || names_own_machine(headers));
        let direct = Self { client: peer, is_forwarded, speaks_for_itself, is_secure: is_tls, is_tls, host: None };
        if !is_forwarded || !config.is_proxy(peer) {
            return direct;
        }
        let said = Said::of(headers, |host| config.has_name(&name_of(host)));
        // Whatever stands in front of the last proxy that is not ours may be made up.
        let hops = said.chain.iter().rev().take(HOPS_MAX).map_while(|hop| address(hop));
        let mut client = peer;
        for hop in hops {
            client = hop;
            if !config.is_proxy(hop) {
                break;
            }
        }
        let is_secure = said.proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
        Self { client, is_secure, host: said.host, ..direct }
    }

    /// How the address that the phone used begins.
    pub(super) fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }
}

/// Whether a request names the machine on which it was made.
fn names_own_machine(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(name_of).unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || literal.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// What proxies say, in the common headers or, if there are none, in the standard one (RFC 7239).
#[derive(Default)]
struct Said {
    /// Addresses, the phone's first.
    chain: Vec<String>,
    proto: Option<String>,
    host: Option<String>,
}

impl Said {
    /// `is_known` says whether a host is one of the box's names.
    fn of(headers: &HeaderMap, is_known: impl Fn(&str) -> bool) -> Self {
        let all = |name: &str| -> Vec<String> {
            let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            lines.flat_map(|line| line.split(',')).map(|part| part.trim().to_owned()).collect()
        };
        let (standard, mut said, mut hosts) = (all("forwarded"), Self::default(), Vec::new());
        for element in &standard {
            for (name, value) in element.split(';').filter_map(|pair| pair.split_once('=')) {
                let value = value.trim().trim_matches('"').to_owned();
                match name.trim().to_ascii_lowercase().as_str() {
                    "for" => said.chain.push(value),
                    "proto" => said.proto = Some(value),
                    "host" => hosts.push(value),
                    _ => {}
                }
            }
        }
        let chain = all("x-forwarded-for");
        if !chain.is_empty() {
            said.chain = chain;
        } else if said.chain.is_empty() {
            said.chain = all("x-real-ip");
        }
        let (forwarded, mut protos, mut ports) =
            (all("x-forwarded-host"), all("x-forwarded-proto"), all("x-forwarded-port"));
        if !forwarded.is_empty() {
            hosts = forwarded;
        }
        // The last one is that of the proxy that the box knows. Behind two of them it may be the inner one's name for the outer one,
        // and the phone's, with what belongs to it, stands before.
        let at = hosts.iter().rposition(|host| is_known(host)).or(hosts.len().checked_sub(1));
        let behind = at.map_or(0, |at| hosts.len() - 1 - at);
        for values in [&mut protos, &mut ports] {
            if values.len() == hosts.len() {
                values.truncate(values.len() - behind);
            }
        }
        said.proto = protos.pop().or(said.proto);
        said.host = at.map(|at| hosts.swap_remove(at));
        if said.host.is_none() {
            said.host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
        }
        let port = ports.pop().filter(|port| port.parse::<u16>().is_ok());
        let usual = if said.proto.as_deref() == Some("https") { "443" } else { "80" };
        if let (Some(host), Some(port)) = (&mut said.host, port)
            && port != usual
            && port_of(host).is_none()
        {
            host.push(':');
            host.push_str(&port);
        }
        said
    }
}

/// The address in one place of the chain: alone, or with a port.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.trim_start_matches('[').trim_end_matches(']');
    let found = bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()));
    found.map(|address: IpAddr| address.to_canonical())
}

/// The port in the name of a host, if there is one.
pub(super) fn port_of(host: &str) -> Option<u16> {
    let (_, port) = host.rsplit_once(':')?;
    port.parse().ok()
}

/// The name of a host as it is compared: without port, in small letters and without a dot at its end.
pub(super) fn name_of(host: &str) -> String {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    name.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn way(peer: &str, headers: &[(&'static str, &'static str)]) -> Way {
        let proxies = ["127.0.0.1/32", "10.0.0.0/8"].map(|network| network.parse().unwrap()).to_vec();
        let config = Config { proxies, ..Config::default() };
        let headers =
            headers.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Way::of(&config, peer.parse().unwrap(), false, &headers.collect())
    }

    #[test]
    fn what_a_proxy_says_is_believed_only_of_those_that_are_configured() {
        for (peer, headers, client, secure, host) in [
            ("192.168.1.9", &[("x-forwarded-for", "127.0.0.1")][..], "192.168.1.9", false, None),
            ("127.0.0.1", &[("x-forwarded-for", "192.168.1.77")], "192.168.1.77", false, None),
            ("127.0.0.1", &[("x-forwarded-for", "127.0.0.1, 192.168.1.77, 10.0.0.3")], "192.168.1.77", false, None),
            ("127.0.0.1", &[("x-forwarded-for", "unknown, 10.0.0.3")], "10.0.0.3", false, None),
            ("127.0.0.1", &[("x-real-ip", "192.168.1.77")], "192.168.1.77", false, None),
            ("127.0.0.1", &[("x-forwarded-for", "[2001:db8::7]:5000")], "2001:db8::7", false, None),
            (
                "127.0.0.1",
                &[("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "P.example")],
                "1.2.3.4",
                true,
                Some("P.example"),
            ),
            (
                "127.0.0.1",
                &[("forwarded", "for=\"[2001:db8::7]:80\";proto=https;host=p.example")],
                "2001:db8::7",
                true,
                Some("p.example"),
            ),
            (
                "127.0.0.1",
                &[("host", "p.example"), ("x-forwarded-proto", "https"), ("x-forwarded-port", "8443")],
                "127.0.0.1",
                true,
                Some("p.example:8443"),
            ),
        ] {
            let found = way(peer, headers);
            assert_eq!(found.client, client.parse::<IpAddr>().unwrap(), "{headers:?}");
            assert_eq!(
                (found.is_secure, found.host.as_deref(), found.is_forwarded),
                (secure, host, true),
                "{headers:?}"
            );
        }
        assert!(!way("127.0.0.1", &[("host", "p.example")]).is_forwarded);
    }

    #[test]
    fn a_name_is_compared_without_port_capitals_and_final_dot() {
        for (host, name, port) in [
            ("Party.Example.org.", "party.example.org", None),
            ("party.example.org.:8080", "party.example.org", Some(8080)),
            ("[::1]:80", "[::1]", Some(80)),
            ("", "", None),
        ] {
            assert_eq!((name_of(host).as_str(), port_of(host)), (name, port), "{host}");
        }
    }
}
