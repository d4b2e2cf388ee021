//! The files that hostapd, dnsmasq and nftables are run with, as text. Pure.
//!
//! Writes nothing. Their reasons stand beside the lines they explain; what a key means is in `hostapd.conf`, `dnsmasq(8)` and `nft(8)`.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::choice::Choice;
use crate::config::Wifi;
use crate::credentials::Credentials;
use crate::network::{BOX, PORTAL, PREFIX_BITS};
use crate::stations::CONTROL;

/// First and last address that phones are given: all of 10.77.0.0/22 but the box's and a few for whoever wants a fixed
/// one. Phones show a new hardware address at every party, so there are many more addresses than places.
const LEASES: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 77, 0, 16), Ipv4Addr::new(10, 77, 3, 254)];

/// Mask of the same network.
const MASK: Ipv4Addr = Ipv4Addr::new(255, 255, 252, 0);

/// Addresses in use at once; above it phones get none until others leave: as many as [`LEASES`] holds.
const LEASES_MAX: usize = 1_007;

/// How long a phone may believe what DNS said, s: short, because outside the party the same names mean something else.
const NAME_SECONDS: u32 = 5;

/// Returns what hostapd is run with. `bridge` is what the radio shares its network with the cable through.
pub fn hostapd(choice: &Choice, credentials: &Credentials, wifi: &Wifi, bridge: Option<&str>) -> String {
    let country = &wifi.country;
    let Choice { interface, channel, stations_max, .. } = choice;
    let mut text = format!(
        "interface={interface}\ndriver=nl80211\nctrl_interface={CONTROL}\n\
         ssid2={}\nutf8_ssid=1\nchannel={channel}\nieee80211n=1\nwmm_enabled=1\n",
        credentials.ssid.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}")),
    );
    if let Some(bridge) = bridge {
        _ = writeln!(text, "bridge={bridge}");
    }
    if !country.is_empty() {
        _ = writeln!(text, "country_code={country}\nieee80211d=1");
    }
    // Rates in 100 kbit/s. Without the slowest, whoever stands far away costs the others less of the air; at 2.4 GHz
    // those of 802.11b go for the same reason.
    text += if choice.is_5_ghz() {
        "hw_mode=a\nsupported_rates=120 180 240 360 480 540\nbasic_rates=120 240\n"
    } else {
        "hw_mode=g\nsupported_rates=60 90 120 180 240 360 480 540\nbasic_rates=60 120 240\n"
    };
    if choice.vht {
        // 20 MHz wide: many small packets gain nothing from more, and a narrow channel is disturbed less.
        text += "ieee80211ac=1\nvht_oper_chwidth=0\n";
    }
    text += "wpa=2\nrsn_pairwise=CCMP\nwpa_group_rekey=86400\n";
    _ = writeln!(text, "wpa_passphrase={}", credentials.passphrase);
    text += if choice.wpa3 {
        "wpa_key_mgmt=WPA-PSK SAE\nieee80211w=1\nsae_require_mfp=1\nsae_pwe=2\n"
    } else {
        "wpa_key_mgmt=WPA-PSK\n"
    };
    // Refused by us, politely, before the radio drops somebody who is in.
    _ = writeln!(text, "max_num_sta={stations_max}");
    // Phones do not reach each other through the box, unless its owner wants that. Multicast is slow and unsure, so each gets its own copy. Who is
    // out of reach for a moment is not sent away. The group's key is renewed once a day because some phones stumble.
    _ = writeln!(text, "ap_isolate={}", u8::from(wifi.isolate));
    text += "multicast_to_unicast=1\ndisassoc_low_ack=0\nap_max_inactivity=300\n\
             beacon_int=100\ndtim_period=2\nuapsd_advertisement_enabled=0\n";
    text
}

/// Returns what dnsmasq is run with. `probes` are the names that phones ask for to find out whether there is internet, where
/// the box answers that itself; `upstream` are the servers that other names are asked of, if stations may use the internet.
pub fn dnsmasq(interface: &str, names: &[String], probes: &[&str], upstream: &[String]) -> String {
    let [first, last] = LEASES;
    let mut text = format!(
        "interface={interface}\nexcept-interface=lo\nbind-dynamic\nno-resolv\nno-hosts\nno-poll\n\
         local-ttl={NAME_SECONDS}\n\
         dhcp-range={first},{last},{MASK},1h\ndhcp-lease-max={LEASES_MAX}\ndhcp-authoritative\nno-ping\n\
         dhcp-leasefile=/run/partybox-dnsmasq/leases\nquiet-dhcp\n"
    );
    // A router even without internet: without a default route browsers find no address of their own to offer.
    _ = writeln!(text, "dhcp-option=option:router,{BOX}\ndhcp-option=option:dns-server,{BOX}");
    // Records, not patterns: for a name that has one, other kinds of question are answered "nothing of that kind". A phone
    // that is told that the name does not exist because it has no IPv6 address may believe it.
    for name in names {
        _ = writeln!(text, "host-record={name},{BOX}");
    }
    if upstream.is_empty() {
        for name in probes {
            _ = writeln!(text, "host-record={name},{PORTAL}");
        }
        // Everything else does not exist. No answer, or a refusal, makes phones ask again and again.
        text += "local=/#/\n";
    } else {
        // The true answers of the true internet are better than ours.
        for server in upstream {
            _ = writeln!(text, "server={server}");
        }
        text += "domain-needed\nbogus-priv\n";
    }
    text
}

/// Returns what nftables is loaded with. `page` is the port of the page and of WebRTC, `secure` that of the same page by TLS;
/// `is_bridge` says whether `interface` is one.
pub fn nftables(interface: &str, page: u16, secure: Option<u16>, forward: bool, is_bridge: bool) -> String {
    // Whatever was loaded before is replaced in one step.
    let mut text = "table inet partybox\ndelete table inet partybox\ntable inet partybox {\n\
                    \tchain arrive {\n\t\ttype filter hook prerouting priority filter; policy accept;\n"
        .to_owned();
    if !forward {
        // Whatever an app wants from the internet, port 443 above all, is refused at once: phones that wait for an
        // answer show their page seconds later.
        _ = write!(
            text,
            "\t\tiifname \"{interface}\" fib daddr type {{ local, broadcast, multicast }} accept\n\
             \t\tiifname \"{interface}\" meta l4proto tcp reject with tcp reset\n\
             \t\tiifname \"{interface}\" reject with icmpx admin-prohibited\n"
        );
    }
    let tcp = secure.map_or_else(|| page.to_string(), |secure| format!("{{ {page}, {secure} }}"));
    // 1 and 58 are ICMP and ICMPv6, whose names not every system knows. Guests are served over IPv4 alone: of IPv6 addresses a
    // phone has as many as it likes, and with each of them a share of what is divided among addresses.
    _ = write!(
        text,
        "\t}}\n\tchain input {{\n\t\ttype filter hook input priority filter; policy drop;\n\
         \t\tiifname \"lo\" accept\n\t\tct state established,related accept\n\t\tct state invalid drop\n\
         \t\tmeta l4proto {{ 1, 58 }} accept\n\
         \t\tiifname \"{interface}\" meta nfproto ipv6 reject with icmpx admin-prohibited\n\
         \t\ttcp dport {tcp} accept\n\t\tudp dport {page} accept\n\
         \t\tiifname \"{interface}\" udp dport {{ 53, 67 }} accept\n\t\tiifname \"{interface}\" tcp dport 53 accept\n\
         \t\tudp dport {{ 68, 546, 5353 }} accept\n\
         \t\tmeta l4proto tcp reject with tcp reset\n\t\treject with icmpx port-unreachable\n\t}}\n\
         \tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n"
    );
    if forward {
        // Never from station to station, nor from the house to one that has not asked.
        _ = write!(
            text,
            "\t\tiifname \"{interface}\" oifname != \"{interface}\" accept\n\
             \t\toifname \"{interface}\" iifname != \"{interface}\" ct state established,related accept\n"
        );
    }
    text += "\t}\n";
    if forward {
        _ = write!(
            text,
            "\tchain leave {{\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n\
             \t\tip saddr {BOX}/{PREFIX_BITS} oifname != \"{interface}\" masquerade\n\t}}\n"
        );
    }
    text += "}\n";
    if is_bridge {
        // Stations at the cable do not reach those in the air through the box, nor the other way round.
        text += "table bridge partybox\ndelete table bridge partybox\ntable bridge partybox {\n\
                 \tchain forward {\n\t\ttype filter hook forward priority 0; policy drop;\n\t}\n}\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(channel: u32, wpa3: bool) -> Choice {
        Choice { interface: "wlan0".into(), chipset: "test".into(), channel, vht: channel > 14, wpa3, stations_max: 7 }
    }

    fn has(text: &str, line: &str) -> bool {
        text.lines().any(|candidate| candidate.trim() == line)
    }

    fn credentials() -> Credentials {
        Credentials { ssid: "Bü #1".into(), passphrase: "aaaa-bbbb".into() }
    }

    fn in_country(country: &str) -> Wifi {
        Wifi { country: country.into(), ..Wifi::default() }
    }

    #[test]
    fn the_network_is_as_safe_and_as_full_as_its_radio_can_be() {
        let both = hostapd(&choice(44, true), &credentials(), &in_country("DE"), Some("party"));
        for line in [
            "ssid2=42c3bc202331",
            "wpa_passphrase=aaaa-bbbb",
            "wpa_key_mgmt=WPA-PSK SAE",
            "sae_require_mfp=1",
            "max_num_sta=7",
            "ap_isolate=1",
            "hw_mode=a",
            "channel=44",
            "ieee80211ac=1",
            "country_code=DE",
            "bridge=party",
        ] {
            assert!(has(&both, line), "{line} in {both}");
        }
        let together = Wifi { isolate: false, ..Wifi::default() };
        assert!(has(&hostapd(&choice(6, false), &credentials(), &together, None), "ap_isolate=0"));
        let plain = hostapd(&choice(6, false), &credentials(), &in_country(""), None);
        assert!(
            has(&plain, "wpa_key_mgmt=WPA-PSK") && has(&plain, "hw_mode=g") && !plain.contains("country"),
            "{plain}"
        );
        assert!(!plain.contains("sae") && !plain.contains("ac=1") && !plain.contains("bridge"), "{plain}");
    }

    #[test]
    fn offline_only_the_boxs_own_names_and_the_probes_are_known() {
        let (names, probes) = (["party.internal".to_owned()], ["captive.apple.com"]);
        let offline = dnsmasq("wlan0", &names, &probes, &[]);
        assert!(has(&offline, "host-record=party.internal,10.77.0.1") && has(&offline, "local=/#/"), "{offline}");
        assert!(has(&offline, "host-record=captive.apple.com,192.0.2.1"), "{offline}");
        assert!(has(&offline, "dhcp-option=option:router,10.77.0.1"), "{offline}");
        assert!(!dnsmasq("wlan0", &names, &[], &[]).contains("apple"), "no portal, no probes");
        let online = dnsmasq("wlan0", &names, &probes, &["192.168.1.1".to_owned()]);
        assert!(has(&online, "server=192.168.1.1") && has(&online, "host-record=party.internal,10.77.0.1"), "{online}");
        assert!(!online.contains("apple") && !has(&online, "local=/#/"), "{online}");
    }

    #[test]
    fn nothing_is_forwarded_unless_the_host_wants_it_and_never_from_guest_to_guest() {
        let closed = nftables("wlan0", 80, None, false, false);
        assert!(!closed.contains("masquerade") && !closed.contains("oifname"), "{closed}");
        assert!(!closed.contains("table bridge"), "{closed}");
        assert!(has(&closed, "iifname \"wlan0\" meta l4proto tcp reject with tcp reset"), "{closed}");
        let v6 = closed.find("iifname \"wlan0\" meta nfproto ipv6 reject").expect("refused");
        assert!(v6 < closed.find("tcp dport 80 accept").expect("served"), "{closed}");
        let open = nftables("party", 80, Some(8_443), true, true);
        assert!(has(&open, "iifname \"party\" oifname != \"party\" accept"), "{open}");
        assert!(has(&open, "type filter hook forward priority 0; policy drop;"), "{open}");
        assert!(has(&open, "tcp dport { 80, 8443 } accept") && has(&open, "udp dport 80 accept"), "{open}");
        assert!(open.contains("10.77.0.1/22") && !open.contains("fib"), "{open}");
    }
}
