//! The networks that guests are in: nothing is heard from elsewhere, and nothing is sent there.

use std::net::IpAddr;

/// Networks, each as an address in it and how many of its first bits all of them share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Option<Vec<(IpAddr, u8)>>);

impl Networks {
    /// Returns a set of networks.
    pub fn new(networks: impl IntoIterator<Item = (IpAddr, u8)>) -> Self {
        let canonical = |(address, bits): (IpAddr, u8)| (address.to_canonical(), bits);
        Self(Some(networks.into_iter().map(canonical).collect()))
    }

    /// Returns the set of all networks there are: for simulated parties.
    pub const fn any() -> Self {
        Self(None)
    }

    /// Returns whether `address` is in one of them.
    pub fn contain(&self, address: IpAddr) -> bool {
        let Some(networks) = &self.0 else { return true };
        let address = address.to_canonical();
        networks.iter().any(|(network, bits)| match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                first_bits(network.to_bits().into(), 32, *bits) == first_bits(address.to_bits().into(), 32, *bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                first_bits(network.to_bits(), 128, *bits) == first_bits(address.to_bits(), 128, *bits)
            }
            _ => false,
        })
    }
}

/// The first `bits` of a number that has `length`.
fn first_bits(number: u128, length: u32, bits: u8) -> u128 {
    number.checked_shr(length.saturating_sub(bits.into())).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_in_a_network_whose_first_bits_it_has() {
        let network = |text: &str, bits| (text.parse::<IpAddr>().unwrap(), bits);
        let networks = Networks::new([network("10.77.0.1", 22), network("fd00::1", 64), network("127.0.0.1", 8)]);
        for (text, inside) in [
            ("10.77.3.255", true),
            ("10.77.4.0", false),
            ("127.9.9.9", true),
            ("::ffff:10.77.0.9", true),
            ("fd00::ffff:1", true),
            ("fd00:0:0:1::1", false),
            ("203.0.113.9", false),
        ] {
            assert_eq!(networks.contain(text.parse().unwrap()), inside, "{text}");
        }
        assert!(Networks::new([network("0.0.0.0", 0)]).contain("203.0.113.9".parse().unwrap()));
        assert!(!Networks::new([]).contain("10.0.0.1".parse().unwrap()) && Networks::any().contain([1; 4].into()));
    }
}
