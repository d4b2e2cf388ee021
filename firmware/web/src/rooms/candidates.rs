//! Addresses that only a browser's own machine knows, made ones that others can reach. Pure: text in, text out.
//!
//! A browser that may not use a microphone hides its address behind a random name, `….local`, which others would ask for by
//! multicast (draft-ietf-mmusic-mdns-ice-candidates). Multicast is what a full radio, many access points and a box that keeps phones
//! apart do not carry. But the box sees from where the browser calls: that is what stands for the name.

use std::net::IpAddr;

/// Parts of a candidate before its address (RFC 8839 section 5.1): foundation, component, transport, priority.
const PARTS_BEFORE_ADDRESS: usize = 4;

/// Returns whether others may reach a browser by the address from which it calls: one of the loopback, or one that means
/// something on one link only, leads elsewhere or nowhere.
fn is_reachable(address: IpAddr) -> bool {
    let is_local = match address {
        IpAddr::V4(_) => false,
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !(address.is_loopback() || address.is_unspecified() || address.is_multicast() || is_local)
}

/// Returns `candidate` (`candidate:1 1 udp 2113937151 ….local 54321 typ host …`) with `seen` in place of a name ending in
/// `.local`; `None`: it has none, or nobody could reach `seen`, and is passed on as it is.
pub(super) fn rewritten(candidate: &str, seen: IpAddr) -> Option<String> {
    let seen = seen.to_canonical();
    let mut parts: Vec<&str> = candidate.split(' ').collect();
    let named = parts.get_mut(PARTS_BEFORE_ADDRESS)?;
    if !is_local_name(named) || !is_reachable(seen) {
        return None;
    }
    let seen = seen.to_string();
    *named = &seen;
    Some(parts.join(" "))
}

/// Returns an offer or answer with every candidate in it [`rewritten`].
pub(super) fn rewritten_in(sdp: &str, seen: IpAddr) -> String {
    let line = |line: &str| {
        let candidate = line.strip_prefix("a=").filter(|rest| rest.starts_with("candidate:"));
        let rewritten = candidate.and_then(|candidate| rewritten(candidate, seen));
        rewritten.map_or_else(|| line.to_owned(), |candidate| format!("a={candidate}"))
    };
    sdp.split_inclusive('\n').map(line).collect()
}

fn is_local_name(name: &str) -> bool {
    let ending = name.len().checked_sub(".local".len()).and_then(|at| name.get(at..));
    ending.is_some_and(|ending| ending.eq_ignore_ascii_case(".local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMED: &str =
        "candidate:3166 1 udp 2113937151 0f2b-c3.local 54321 typ host generation 0 ufrag x network-cost 999";

    fn seen(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_name_that_only_multicast_resolves_becomes_the_address_that_the_box_sees() {
        let wanted = NAMED.replace("0f2b-c3.local", "10.77.0.5");
        assert_eq!(rewritten(NAMED, seen("10.77.0.5")).as_ref(), Some(&wanted));
        assert_eq!(rewritten(NAMED, seen("::ffff:10.77.0.5")), Some(wanted), "an address of IPv4 over IPv6");
        assert_eq!(rewritten(NAMED, seen("fd00::5")), Some(NAMED.replace("0f2b-c3.local", "fd00::5")));
        let upper = NAMED.replace(".local", ".LOCAL");
        assert!(rewritten(&upper, seen("10.77.0.5")).is_some());
    }

    #[test]
    fn what_cannot_be_rewritten_is_passed_on() {
        for address in ["127.0.0.1", "::1", "0.0.0.0", "::", "fe80::1", "224.0.0.1", "::ffff:127.0.0.1"] {
            assert_eq!(rewritten(NAMED, seen(address)), None, "{address} leads nowhere");
        }
        for candidate in [
            "",
            " ",
            "candidate:1 1 udp 2113937151",
            "candidate:1 1 udp 2113937151 10.0.0.9 54321 typ host",
            "candidate:1 1 udp 2113937151 box.local.example 54321 typ host",
            "candidate:1 1 udp 2113937151 local 54321 typ host",
            "candidate:1 1 udp 2113937151 ä.loca 54321 typ host",
            "0f2b-c3.local",
        ] {
            assert_eq!(rewritten(candidate, seen("10.77.0.5")), None, "{candidate:?}");
        }
    }

    #[test]
    fn candidates_within_an_offer_are_rewritten_and_nothing_else() {
        let offer = format!("v=0\r\no=- 1 2 IN IP4 x.local\r\na={NAMED}\r\na=mid:0\r\na={NAMED}");
        let wanted = offer.replace("0f2b-c3.local", "10.77.0.5");
        assert_eq!(rewritten_in(&offer, seen("10.77.0.5")), wanted);
        assert!(wanted.contains("x.local"));
        for text in ["", "\n\n", "a=candidate:", "a=candidate: a b c .local\n"] {
            rewritten_in(text, seen("10.77.0.5"));
        }
    }
}
