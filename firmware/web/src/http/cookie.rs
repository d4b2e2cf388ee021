//! The two cookies, a host's and a guest's: how they are set and what is believed of those that come back.
//!
//! Whatever else a phone sends under `Cookie` (other programs on the same address set theirs as well) is skipped.

use ::party::pairing::Key;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::pairing::Secret;

/// A host's. Cookies do not know ports, so two boxes on one address share it: pairing with one ends it with the other.
const HOST: &str = "partybox_host";

/// A guest's.
const GUEST: &str = "partybox_guest";

/// How long a browser keeps a host's, seconds: 400 days, the most that browsers allow (RFC 6265bis section 5.5).
const KEPT_FOR_S: u32 = 400 * 24 * 60 * 60;

/// Values of that name looked at in one request: browsers send one per path, and ours has one path. Further ones are
/// not hashed.
const VALUES_MAX: usize = 4;

/// What both have. No script can read them, and no other site's page can make the phone send them. Not `Secure`: the
/// box speaks plain HTTP.
const FLAGS: &str = "Path=/; HttpOnly; SameSite=Strict";

/// The header that hands a secret to a phone that wants to be host.
pub(super) fn set_host(secret: &Secret) -> HeaderValue {
    header(format!("{HOST}={}; Max-Age={KEPT_FOR_S}; {FLAGS}", secret.to_hex()))
}

/// The header that hands a secret to a guest. Without an age: the browser forgets it when it is closed, and the box
/// when the party ends.
pub(super) fn set_guest(secret: &Secret) -> HeaderValue {
    header(format!("{GUEST}={}; {FLAGS}", secret.to_hex()))
}

fn header(text: String) -> HeaderValue {
    HeaderValue::from_str(&text).expect("letters and digits make a header")
}

/// The keys of all hosts' secrets that a request brings.
pub(super) fn host_keys(headers: &HeaderMap) -> Vec<Key> {
    keys(headers, HOST)
}

/// The keys of all guests' secrets that a request brings.
pub(super) fn guest_keys(headers: &HeaderMap) -> Vec<Key> {
    keys(headers, GUEST)
}

fn keys(headers: &HeaderMap, name: &str) -> Vec<Key> {
    // Bytes, because another program's cookie may hold anything.
    let pairs = headers.get_all(header::COOKIE).iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let values = pairs.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"="));
    values.filter_map(Secret::from_hex).take(VALUES_MAX).map(|secret| secret.key()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_of(lines: &[&[u8]]) -> Vec<Key> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
        }
        host_keys(&headers)
    }

    #[test]
    fn what_is_set_comes_back() {
        let secret = Secret::new([0xa5; 16]);
        let set = set_host(&secret);
        let set = set.to_str().unwrap();
        let (pair, flags) = set.split_once("; ").unwrap();
        assert_eq!(flags, "Max-Age=34560000; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(keys_of(&[pair.as_bytes()]), [secret.key()]);
    }

    #[test]
    fn a_guests_lasts_no_longer_than_the_browser_and_is_no_hosts() {
        let secret = Secret::new([0x5a; 16]);
        let set = set_guest(&secret);
        let (pair, flags) = set.to_str().unwrap().split_once("; ").unwrap();
        assert_eq!(flags, "Path=/; HttpOnly; SameSite=Strict");
        let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(pair).unwrap())]);
        assert_eq!((guest_keys(&headers), host_keys(&headers)), (vec![secret.key()], vec![]));
    }

    #[test]
    fn it_is_found_among_others_and_among_several() {
        let (a, b) = (Secret::new([1; 16]), Secret::new([2; 16]));
        let pair = |secret: &Secret| format!("{HOST}={}", secret.to_hex());
        let line = format!("x=\u{fc}; ;{}; y; =;{HOST}=; {}", pair(&a), pair(&b));
        assert_eq!(keys_of(&[line.as_bytes()]), [a.key(), b.key()]);
        assert_eq!(keys_of(&[b"\xff\xfe=1", pair(&b).as_bytes()]), [b.key()]);
    }

    #[test]
    fn what_only_looks_like_it_is_skipped() {
        let hex = Secret::new([0xab; 16]).to_hex();
        for wrong in [
            format!("x{HOST}={hex}"),
            format!("{HOST}x={hex}"),
            format!("{HOST}={hex}0"),
            format!("{HOST}={}", hex.to_uppercase()),
            format!("{HOST}=\"{hex}\""),
            format!("{HOST} ={hex}"),
            format!("{HOST}={}", &hex[1..]),
            format!("{}={hex}", HOST.to_uppercase()),
            format!("{HOST}{hex}"),
        ] {
            assert_eq!(keys_of(&[wrong.as_bytes()]), [], "{wrong}");
        }
    }

    #[test]
    fn a_flood_of_values_costs_a_few_hashes() {
        let flood = format!("{HOST}={};", Secret::new([7; 16]).to_hex()).repeat(300);
        assert_eq!(keys_of(&[flood.as_bytes()]).len(), VALUES_MAX);
    }
}
