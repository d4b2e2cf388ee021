//! Which version is spoken, with which cipher, and to whom.

use std::time::{Duration, Instant};

use dimpl::Output;

use super::*;
use crate::transmit::Outbox;

fn clocks() -> Clocks {
    Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO }
}

/// Shakes hands as the server of `client`; the version that the client came to, and the box's keys.
fn shake_hands(identity: &Identity, mut client: Dtls, clocks: Clocks) -> (Option<ProtocolVersion>, Option<Profile>) {
    let mut now = Time::from_micros(1_000);
    let mut server = Association::new(identity, clocks, false, identity.fingerprint(), now);
    let (to, mut out, mut profile) = ("10.0.0.2:2".parse().unwrap(), Outbox::default(), None);
    client.handle_timeout(clocks.instant(now)).unwrap();
    for _ in 0..10 {
        let mut scratch = [0; 2_048];
        loop {
            match client.poll_output(&mut scratch) {
                Output::Packet(packet) => {
                    let keys = server.receive(now, packet, to, &mut out).unwrap();
                    profile = profile.or(keys.map(|keys| keys.profile));
                }
                Output::Timeout(_) => break,
                _ => {}
            }
        }
        let quiet = out.datagrams.is_empty() && profile.is_none();
        for (_, bytes) in out.take() {
            client.handle_packet(&bytes).unwrap();
        }
        if let Some(due) = server.timeout().filter(|_| quiet) {
            now = due;
            let keys = server.drive(now, to, &mut out).unwrap();
            profile = profile.or(keys.map(|keys| keys.profile));
            out.take().iter().for_each(|(_, bytes)| client.handle_packet(bytes).unwrap());
        }
    }
    (client.protocol_version(), profile)
}

#[test]
fn who_speaks_both_versions_gets_the_older_and_the_cipher_that_we_prefer() {
    let (identity, clocks) = (Identity::generate().unwrap(), clocks());
    let certificate = DtlsCertificate::clone(&identity.certificate);
    let mut client = Dtls::new_auto(Arc::clone(&identity.config), certificate, clocks.zero);
    client.set_active(true);
    let done = shake_hands(&identity, client, clocks);
    assert_eq!(done, (Some(ProtocolVersion::DTLS1_2), Some(Profile::AeadAes256Gcm)));
}

#[test]
fn who_speaks_the_newer_version_only_is_served_too() {
    let (identity, clocks) = (Identity::generate().unwrap(), clocks());
    let certificate = DtlsCertificate::clone(&identity.certificate);
    let mut client = Dtls::new_13(Arc::clone(&identity.config), certificate, clocks.zero);
    client.set_active(true);
    let done = shake_hands(&identity, client, clocks);
    assert_eq!(done, (Some(ProtocolVersion::DTLS1_3), Some(Profile::AeadAes256Gcm)));
}
