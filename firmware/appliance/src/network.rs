//! The addresses and names of the box's own network, which the firmware and the units of the card agree on.
//!
//! Constants only. A test holds them and the files in `image/root` together.

use std::net::Ipv4Addr;

/// The box's address in its own network. Private, and not the one of any common home router, so that a house whose cable
/// is plugged in has another.
pub const BOX: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

/// Bits of the network's part of [`BOX`]: about a thousand addresses.
pub const PREFIX_BITS: u8 = 22;

/// Where the names lead that phones ask for to find out whether there is internet: an address of the box's that is not
/// private, because some phones take a private one for a fault. It is of the block for documentation (RFC 5737), so
/// nobody's; Cisco's access points use it for the same.
pub const PORTAL: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// What radio and cable share one network through, where the cable leads to stations. The `cable` script of the card
/// makes it.
pub const BRIDGE: &str = "party";
