//! The box's name in other people's networks: those of its names that end in `.local` are announced by multicast DNS
//! (RFC 6762), on every network that comes and goes.
//!
//! Answers for no name of the box's own network: `access_point` does that. The only file that names the crate. What it parses comes from strangers, in a thread of its own: if that one ends, the
//! name is gone and nothing else.

use mdns_sd::{ServiceDaemon, ServiceInfo};

/// What marks a name of multicast DNS.
const LOCAL: &str = ".local";

/// The page, as browsers of services look for it (RFC 6763).
const SERVICE: &str = "_http._tcp.local.";

/// The announcement of names, for as long as it is kept.
pub struct Announcer(ServiceDaemon);

impl Announcer {
    /// Announces those of `names` that end in `.local` as the page on `port` of the box called `title`. `None` if there are
    /// none, or the system lets nobody announce.
    pub fn new(names: &[String], title: &str, port: u16) -> Option<Self> {
        let services: Vec<ServiceInfo> = names.iter().filter_map(|name| service(name, title, port)).collect();
        if services.is_empty() {
            return None;
        }
        let daemon = ServiceDaemon::new().inspect_err(|error| log::warn!("no name is announced: {error}")).ok()?;
        for service in services {
            if let Err(error) = daemon.register(service) {
                log::warn!("a name is not announced: {error}");
            }
        }
        Some(Self(daemon))
    }
}

impl Drop for Announcer {
    fn drop(&mut self) {
        // It says good-bye by itself; nobody waits for it.
        _ = self.0.shutdown();
    }
}

fn service(name: &str, title: &str, port: u16) -> Option<ServiceInfo> {
    let host = name.strip_suffix(LOCAL).filter(|host| !host.is_empty())?;
    let made = ServiceInfo::new(SERVICE, title, &format!("{host}{LOCAL}."), (), port, None);
    made.inspect_err(|error| log::warn!("{name} is not announced: {error}")).ok().map(ServiceInfo::enable_addr_auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_multicast_dns_are_announced_and_no_others() {
        let made = service("partybox.local", "Partybox", 80).expect("a service");
        assert_eq!((made.get_hostname(), made.get_port()), ("partybox.local.", 80));
        for name in ["party.internal", ".local", "", "local"] {
            assert!(service(name, "Partybox", 80).is_none(), "{name}");
        }
        assert!(Announcer::new(&["party.internal".to_owned()], "Partybox", 80).is_none());
    }
}
