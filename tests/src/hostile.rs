//! What a stranger may send, and the doors it is sent to: shared by the fuzz targets and by the short seeded run in
//! `it/`.
//!
//! Every door takes any bytes. It must not panic, must not answer a stranger with more than it was sent, and must not
//! harm the listener who is already there. Nothing here knows what is sent; that is the fuzzer's part.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base::{PacketInlet, SentPacket, StreamId, Time};
use rtc::api::{Offer, SendOffer, SessionId};
use rtc::config::Clocks;
use rtc::dtls::Identity;
use rtc::sim;
use rtc::transmit::Outbox;

use crate::dice::Dice;
use crate::link::Conditions;
use crate::phone::Wishes;
use crate::world::{BOX, World};

/// Bytes of an offer that HTTP lets through are limited; longer inputs are of no interest.
const SDP_BYTES_MAX: usize = 65_536;

/// A box with one honest listener, attacked.
pub struct Siege {
    world: World,
    /// Another phone's certificate; its join never gets further than a proven address.
    identity: Identity,
    joining: Option<SessionId>,
    outbox: Outbox,
    attacks: u64,
}

impl Default for Siege {
    fn default() -> Self {
        Self::new()
    }
}

/// Where the packets of senders go that never join.
struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

impl Siege {
    /// The listener has joined and hears.
    ///
    /// # Panics
    /// When it cannot: then there is nothing to attack.
    pub fn new() -> Self {
        let mut world = World::new(Dice::seeded(1));
        world.come(Conditions::GOOD, Wishes::default(), None).expect("the box takes an honest offer");
        world.run_ms(500);
        world.plays = false;
        assert_eq!(world.held(), (1, 0), "the honest listener has not joined");
        let identity = Identity::generate().expect("a certificate can be made");
        Self { world, identity, joining: None, outbox: Outbox::default(), attacks: 0 }
    }

    /// An offer of any text. If it is taken, the session is ended again.
    ///
    /// # Panics
    /// When the box is harmed, which is what this looks for.
    pub fn offer(&mut self, sdp: &str) {
        if sdp.len() > SDP_BYTES_MAX {
            return;
        }
        let now = self.next_instant();
        let stream = StreamId::new("main").expect("a valid id");
        let from = stranger();
        let offer = Offer {
            stream,
            sdp: sdp.to_owned(),
            local_addr: BOX.ip(),
            remote_addr: from.ip(),
            guest: None,
            duration: None,
        };
        if let Ok(answer) = self.world.engine.offer(now, &offer) {
            assert!(answer.sdp.starts_with("v=0\r\n"), "an answer that is not SDP");
            // What follows an answer, with the same bytes: a fragment for trickle or restart, then the end.
            let _ = self.world.engine.patch(answer.session, sdp, None);
            let ended = self.world.engine.delete(now, answer.session, &mut self.outbox);
            assert!(ended.is_ok(), "a session that cannot be ended");
        }
        let sends = SendOffer {
            stream,
            sdp: sdp.replace("recvonly", "sendonly"),
            local_addr: BOX.ip(),
            remote_addr: from.ip(),
            guest: None,
            refuses_video: false,
            inlet: Box::new(Nowhere),
        };
        if let Ok(answer) = self.world.engine.send(now, sends) {
            assert!(answer.sdp.contains("a=recvonly\r\n"), "an answer that lets nobody send");
            let ended = self.world.engine.delete(now, answer.session, &mut self.outbox);
            assert!(ended.is_ok(), "a session that cannot be ended");
        }
        self.outbox.take();
        self.unharmed();
    }

    /// A trickle fragment of any text for the honest listener's session, from whoever has learnt its address.
    pub fn patch(&mut self, fragment: &str) {
        let session = self.world.guests[0].session;
        let _ = self.world.engine.patch(session, fragment, None);
        self.unharmed();
    }

    /// Lets another phone begin to join: its address is proven, and its handshake can be forged from now on. One address has
    /// its share of offers, and time stands still here: once that is used up, the one before goes on joining.
    ///
    /// # Panics
    /// When the box lets nobody join.
    pub fn somebody_joins(&mut self) {
        let now = self.next_instant();
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
        let mut phone = sim::Phone::new(self.identity.clone(), clocks, "late", sim::Setup::Actpass);
        let (stream, sdp) = (StreamId::new("main").expect("a valid id"), phone.offer());
        let offer = Offer { stream, sdp, local_addr: BOX.ip(), remote_addr: late().ip(), guest: None, duration: None };
        let answer = match self.world.engine.offer(now, &offer) {
            Ok(answer) => answer,
            Err(refused) => return assert!(self.joining.is_some(), "the box takes an honest offer: {refused:?}"),
        };
        if let Some(before) = self.joining.take() {
            // It may have been freed already.
            let _ = self.world.engine.delete(now, before, &mut self.outbox);
        }
        assert!(phone.answer(now, &answer.sdp, BOX), "an answer that lacks something");
        for (_, mut check) in phone.outbox.take() {
            self.world.engine.handle_datagram(now, late(), &mut check, &mut self.outbox);
        }
        assert_eq!(self.outbox.take().len(), 1, "its check is answered");
        self.joining = Some(answer.session);
    }

    /// A datagram of any bytes: from a stranger, and with the addresses of the listener and of whoever joins forged.
    ///
    /// # Panics
    /// When the box is harmed or gives a stranger more than it was sent.
    pub fn datagram(&mut self, bytes: &[u8]) {
        let now = self.next_instant();
        let mut buffer = bytes.to_vec();
        self.world.engine.handle_datagram(now, stranger(), &mut buffer, &mut self.outbox);
        let answered: usize = self.outbox.take().iter().map(|(_, answer)| answer.len()).sum();
        assert_eq!(answered, 0, "a stranger without valid integrity was answered");
        let mut buffer = bytes.to_vec();
        let honest = self.world.guests[0].phone.address();
        self.world.engine.handle_datagram(now, honest, &mut buffer, &mut self.outbox);
        let mut buffer = bytes.to_vec();
        self.world.engine.handle_datagram(now, late(), &mut buffer, &mut self.outbox);
        self.world.engine.handle_timeout(now, &mut self.outbox);
        self.outbox.take();
        self.unharmed();
    }

    /// Fails if the honest listener is gone or a session failed by a fault of the box.
    fn unharmed(&self) {
        assert_eq!(self.world.engine.stats().faults_total, 0, "a session failed by a fault of the box");
        assert_eq!(self.world.held().0, 1, "the honest listener was thrown out");
    }

    /// Time stands still but for a microsecond per attack, so that the listener's consent does not run out; the pace of
    /// offers is the admission's business, so offers are spread over a second each.
    fn next_instant(&mut self) -> Time {
        self.attacks += 1;
        self.world.now.plus_micros(self.attacks % 1_000_000)
    }
}

/// Where the phone is that joins.
fn late() -> SocketAddr {
    SocketAddr::from(([10, 254, 0, 8], 6_000))
}

fn stranger() -> SocketAddr {
    SocketAddr::from(([10, 254, 0, 9], 6_000))
}

/// `text` with a few random changes: bits flipped, bytes cut, doubled, replaced by telling ones.
pub fn mutated(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    const TELLING: [u8; 12] = [0, 1, 0x7F, 0x80, 0xFF, b'\r', b'\n', b' ', b':', b'=', b'9', b'-'];
    let mut out = bytes.to_vec();
    for _ in 0..=dice.below(6) {
        let at = dice.below(out.len() as u64) as usize;
        let to = (at + dice.below(40) as usize).min(out.len());
        match dice.below(6) {
            0 if at < out.len() => out[at] ^= 1 << dice.below(8),
            1 if at < out.len() => out[at] = TELLING[dice.below(12) as usize],
            2 => drop(out.drain(at..to)),
            3 => {
                let copy = out[at..to].to_vec();
                out.splice(at..at, copy);
            }
            4 => out.truncate(to),
            _ => out.insert(at, TELLING[dice.below(12) as usize]),
        }
    }
    out
}

/// Honest offers and datagrams to start from: a phone's offer, and everything it sends while joining.
pub fn honest() -> (Vec<String>, Vec<Vec<u8>>) {
    use crate::phone::Phone;
    let address = SocketAddr::from(([10, 0, 0, 1], 5_000));
    let wishes = [Wishes::default(), Wishes { repair: true, extensions: true }];
    let offers = wishes.map(|wishes| Phone::offering(Time::ZERO, address, wishes).expect("a phone can offer").1);
    let mut world = World::new(Dice::seeded(2));
    world.recording = Some(Vec::new());
    world.come(Conditions::GOOD, wishes[1], None).expect("the box takes an honest offer");
    world.run_ms(8_000);
    (offers.to_vec(), world.recording.take().unwrap_or_default())
}
