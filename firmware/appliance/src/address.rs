//! The machine's addresses, and where phones reach the page through them: read again now and then, because a cable or a
//! Wi-Fi may come after the box has started.
//!
//! The page's are for people only (display, log): the fan-out answers each phone with the address that phone has reached.

use std::net::{IpAddr, SocketAddr};

use base::Time;
use if_addrs::IfAddr;

use crate::network::{BOX, PORTAL};
use crate::ticker::Ticker;

/// How often the addresses are read, µs.
const READ_US: u64 = 5_000_000;

/// The addresses of the page, as last read.
#[derive(Debug)]
pub struct Page {
    bound: SocketAddr,
    urls: Vec<String>,
    networks: Vec<(IpAddr, u8)>,
    readings: Ticker,
}

impl Page {
    /// Returns the addresses of the page that is served at `bound`.
    pub fn new(bound: SocketAddr) -> Self {
        Self { bound, urls: urls(bound, &interfaces()), networks: networks(), readings: Ticker::new(READ_US) }
    }

    /// Returns where it can be opened, the best address first.
    pub fn urls(&self) -> &[String] {
        &self.urls
    }

    /// Returns the networks that the machine is in, as [`networks`] last returned them.
    pub fn networks(&self) -> &[(IpAddr, u8)] {
        &self.networks
    }

    /// Reads the addresses again when that is due, and logs a change.
    pub fn poll(&mut self, now: Time) {
        if !self.readings.is_due(now) {
            return;
        }
        self.networks = networks();
        let urls = urls(self.bound, &interfaces());
        if urls != self.urls {
            log::info!("the page is at {}", urls.join(" and "));
            self.urls = urls;
        }
    }
}

fn found() -> Vec<if_addrs::Interface> {
    if_addrs::get_if_addrs().unwrap_or_else(|error| {
        log::warn!("the network's addresses are not known: {error}");
        Vec::new()
    })
}

/// Returns the networks this machine is in, link-local ones included: an address in each, and how many of its first bits all of
/// the network share.
pub fn networks() -> Vec<(IpAddr, u8)> {
    let network = |interface: &if_addrs::Interface| match &interface.addr {
        IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.prefixlen),
        IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.prefixlen),
    };
    let mut networks: Vec<(IpAddr, u8)> = found().iter().map(network).collect();
    networks.sort_unstable();
    networks.dedup();
    networks
}

/// Returns the addresses of this machine. None is no error: loopback may be all there is.
pub fn interfaces() -> Vec<IpAddr> {
    found().iter().filter(|interface| !interface.is_link_local()).map(if_addrs::Interface::ip).collect()
}

/// Returns the addresses a page served at `bound` can be opened at, best first: those of the network, then the machine's own.
fn urls(bound: SocketAddr, interfaces: &[IpAddr]) -> Vec<String> {
    let mut addresses: Vec<IpAddr> = if bound.ip().is_unspecified() {
        interfaces.iter().copied().filter(|ip| ip.is_ipv4() || bound.is_ipv6()).collect()
    } else {
        vec![bound.ip()]
    };
    // Only phones' questions for the internet go there.
    addresses.retain(|ip| *ip != IpAddr::V4(PORTAL));
    // Stations are in the box's own network if it has one, whatever else the box is in.
    addresses.sort_by_key(|ip| (ip.is_loopback(), *ip != IpAddr::V4(BOX), ip.is_ipv6()));
    addresses.into_iter().map(|ip| format!("http://{}/", host_port(ip, bound.port()))).collect()
}

fn host_port(ip: IpAddr, port: u16) -> String {
    match (ip, port) {
        (IpAddr::V4(ip), 80) => ip.to_string(),
        (IpAddr::V6(ip), 80) => format!("[{ip}]"),
        _ => SocketAddr::new(ip, port).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_address_comes_before_the_loopback_address() {
        let interfaces = ["127.0.0.1", "10.0.0.7", "fe80::1"].map(|a| a.parse().unwrap());
        let urls = urls("0.0.0.0:8080".parse().unwrap(), &interfaces);
        assert_eq!(urls, ["http://10.0.0.7:8080/", "http://127.0.0.1:8080/"]);
    }

    #[test]
    fn the_boxs_own_network_comes_first_and_the_portals_address_not_at_all() {
        let interfaces = ["192.168.1.5", "192.0.2.1", "10.77.0.1"].map(|a| a.parse().unwrap());
        assert_eq!(urls("0.0.0.0:80".parse().unwrap(), &interfaces), ["http://10.77.0.1/", "http://192.168.1.5/"]);
    }

    #[test]
    fn a_bound_address_is_the_only_one() {
        assert_eq!(urls("[::1]:80".parse().unwrap(), &[]), ["http://[::1]/"]);
    }

    #[test]
    fn an_address_that_comes_later_is_found() {
        let (bound, readings) = ("0.0.0.0:80".parse().unwrap(), Ticker::new(READ_US));
        let mut page = Page { bound, urls: Vec::new(), networks: Vec::new(), readings };
        page.poll(Time::from_micros(READ_US));
        assert_eq!(page.urls(), urls(page.bound, &interfaces()));
        assert_eq!(page.networks(), networks());
        assert!(page.networks().contains(&(IpAddr::from([127, 0, 0, 1]), 8)), "{:?}", page.networks());
    }
}
