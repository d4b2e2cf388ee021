//! A whole party on virtual time: the real pumps and the real fan-out, simulated phones, seeded air.
//!
//! Nothing here waits or reads a clock: [`World::run_until`] jumps from one event to the next. The encoders are
//! counting ones whose packets name their frames, so that a gap or a double is seen by number; there are no codecs here.

// The path is said because the fuzz targets take this file in as well, from another folder.
#[path = "world/programme.rs"]
mod programme;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use base::{PacketDuration, StreamId, Time, Timeline};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rtc::api::{Offer, SessionId};
use rtc::config::{Clocks, Config, Limits, StreamConfig};
use rtc::dtls::Identity;
use rtc::engine::Engine;
use rtc::transmit::Outbox;

use crate::dice::Dice;
use crate::link::{Conditions, Link};
use crate::phone::{Error, Phone, Wishes};
use programme::Programme;
pub use programme::{marks, numbers};

/// Where the box is.
pub const BOX: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 255, 0, 1)), 8_080);

/// 48 kHz ticks of one numbered frame: 20 ms.
pub const FRAME_TICKS: u64 = 960;

/// Returns the stream of this name.
///
/// # Panics
/// When it is no legal one.
pub fn stream(id: &str) -> StreamId {
    StreamId::new(id).expect("a valid id")
}

fn stream_config(id: StreamId) -> StreamConfig {
    StreamConfig { id, duration: PacketDuration::Ms20, bitrate_bps: 128_000, in_band_fec: false }
}

/// One phone of the party.
pub struct Guest {
    /// Its WebRTC peer.
    pub phone: Phone,
    /// Its session at the box.
    pub session: SessionId,
    /// How its radio is doing.
    pub air: Conditions,
    /// Why its WebRTC stack gave up, if it did; out of range for long enough, every one does.
    pub failure: Option<Error>,
    armed: Time,
}

impl Guest {
    /// The numbers of the 20 ms frames heard since `since`, in order of arrival.
    pub fn frames(&self, since: Time) -> Vec<u64> {
        let packets = self.phone.heard.iter().filter(|heard| heard.at >= since);
        packets.flat_map(|heard| numbers(&heard.payload)).collect()
    }
}

/// A datagram on its way.
#[derive(Clone)]
enum Flight {
    ToBox { from: SocketAddr, bytes: Vec<u8> },
    ToGuest { guest: usize, bytes: Vec<u8> },
}

/// A party.
pub struct World {
    /// The virtual now.
    pub now: Time,
    /// The box's fan-out.
    pub engine: Engine,
    /// Everybody who ever came.
    pub guests: Vec<Guest>,
    /// Everything the phones send, if wanted.
    pub recording: Option<Vec<Vec<u8>>>,
    /// Whether the pump runs; a party that only waits for time-outs is quicker without.
    pub plays: bool,
    origin: Time,
    programmes: Vec<Programme>,
    air: Link<Flight>,
    outbox: Outbox,
    deadlines: BinaryHeap<Reverse<(Time, usize)>>,
}

impl World {
    /// An empty party whose chance comes from `dice`.
    pub fn new(mut dice: Dice) -> Self {
        let now = Time::from_micros(1_000_000);
        // The phones' stack takes its chance from this thread's generator.
        fastrand::seed(dice.number());
        let limits = Limits {
            listeners: 2_000,
            handshakes: 2_000,
            offers_per_second: 2_000,
            // Whoever besieges the box offers as often as it likes.
            offers_burst: u32::MAX,
            ..Limits::default()
        };
        let config = Config {
            timeline: Timeline::starting_at(now),
            addresses: vec![BOX.ip()],
            port: BOX.port(),
            limits,
            clocks: Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_800_000_000) },
        };
        let identity = Identity::generate().expect("a certificate can be made");
        let mut engine = Engine::new(config, identity, StdRng::seed_from_u64(dice.number()), now);
        let main = stream("main");
        engine.add_stream(stream_config(main)).expect("it is the first");
        Self {
            now,
            engine,
            guests: Vec::new(),
            recording: None,
            plays: true,
            origin: now,
            programmes: vec![Programme::new(main, 0, now, 0)],
            air: Link::new(dice),
            outbox: Outbox::default(),
            deadlines: BinaryHeap::new(),
        }
    }

    /// Returns how often the encoders were called so far, one per stream that is there.
    pub fn encoder_calls(&self) -> u64 {
        self.programmes.iter().map(Programme::encoder_calls).sum()
    }

    /// Adds a stream, whose frames bear `mark` and whose pump steps `late_us` after each block is due.
    ///
    /// # Panics
    /// When the box refuses it.
    pub fn add(&mut self, id: StreamId, mark: u64, late_us: u64) {
        self.engine.add_stream(stream_config(id)).expect("the box takes the stream");
        self.programmes.push(Programme::new(id, mark, self.origin, late_us));
    }

    /// Removes a stream; whoever hears it goes on with `successor`, or is told good-bye.
    ///
    /// # Panics
    /// When the box knows neither of them.
    pub fn remove(&mut self, id: StreamId, successor: Option<StreamId>) {
        self.engine.remove_stream(self.now, id, successor, &mut self.outbox).expect("the stream is there");
        self.programmes.retain(|programme| programme.id != id);
        self.after_box();
    }

    /// Lets a guest hear another stream.
    ///
    /// # Panics
    /// When the guest is gone or the stream is not there.
    pub fn switch(&mut self, guest: usize, id: StreamId) {
        let session = self.guests[guest].session;
        self.engine.switch(self.now, session, id, &mut self.outbox).expect("a listener and a stream");
        self.after_box();
    }

    /// Listeners the box holds now, and sessions still joining.
    pub fn held(&self) -> (usize, usize) {
        let stats = self.engine.stats();
        (stats.listeners_in_all(), stats.handshaking as usize)
    }

    /// A phone comes to the stream `main`, as by [`Self::come_to`].
    pub fn come(&mut self, air: Conditions, wishes: Wishes, duration: Option<PacketDuration>) -> Result<usize, Error> {
        self.come_to(stream("main"), air, wishes, duration)
    }

    /// A phone comes, offers and is answered at once; its handshake goes over the air. Returns its number.
    pub fn come_to(
        &mut self,
        stream: StreamId,
        air: Conditions,
        wishes: Wishes,
        duration: Option<PacketDuration>,
    ) -> Result<usize, Error> {
        let guest = self.guests.len();
        let [_, _, high, low] = (guest as u32 + 1).to_be_bytes();
        let address = SocketAddr::from(([10, 0, high, low], 5_000));
        let (mut phone, sdp) = Phone::offering(self.now, address, wishes)?;
        let offer = Offer { stream, sdp, local_addr: BOX.ip(), remote_addr: address.ip(), guest: None, duration };
        let answer = self.engine.offer(self.now, &offer).map_err(|error| Error::Answer(format!("{error:?}")))?;
        phone.accept(self.now, &answer.sdp)?;
        let armed = phone.deadline();
        self.guests.push(Guest { phone, session: answer.session, air, failure: None, armed });
        self.deadlines.push(Reverse((armed, guest)));
        self.after_phone(guest);
        Ok(guest)
    }

    /// The phone's page is closed: it says good-bye by DTLS.
    pub fn leave(&mut self, guest: usize) {
        let now = self.now;
        self.with_phone(guest, |phone| phone.leave(now));
    }

    /// Lets `ms` milliseconds pass.
    pub fn run_ms(&mut self, ms: u64) {
        self.run_until(self.now.plus_millis(ms));
    }

    /// Lets everything happen that happens before `end`.
    pub fn run_until(&mut self, end: Time) {
        loop {
            let pump_due = self.pump_due();
            let phone_due = self.deadlines.peek().map(|Reverse((at, _))| *at);
            let all = [self.air.next_arrival(), self.engine.poll_timeout(), pump_due, phone_due];
            let next = all.into_iter().flatten().min().filter(|next| *next < end);
            let Some(next) = next else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if pump_due.is_some_and(|due| due <= self.now) {
                self.play();
            }
            if self.engine.poll_timeout().is_some_and(|due| due <= self.now) {
                self.engine.handle_timeout(self.now, &mut self.outbox);
                self.after_box();
            }
            while let Some(flight) = self.air.arrived(self.now) {
                self.land(flight);
            }
            self.tick_phones();
        }
    }

    fn pump_due(&self) -> Option<Time> {
        self.programmes.iter().filter(|_| self.plays).map(Programme::due).min()
    }

    fn play(&mut self) {
        for programme in &mut self.programmes {
            let id = programme.id;
            let wanted = PacketDuration::ALL.map(|duration| self.engine.wants(id, duration));
            for (duration, packet) in programme.step(self.now, wanted) {
                self.engine.handle_packet(self.now, id, duration, packet, &mut self.outbox);
            }
        }
        self.after_box();
    }

    fn land(&mut self, flight: Flight) {
        match flight {
            Flight::ToBox { from, mut bytes } => {
                self.engine.handle_datagram(self.now, from, &mut bytes, &mut self.outbox);
                self.after_box();
            }
            Flight::ToGuest { guest, bytes } => {
                let now = self.now;
                self.with_phone(guest, |phone| phone.receive(now, BOX, &bytes));
            }
        }
    }

    /// Lets a phone that still takes part do something, and notes if that was the end of it.
    fn with_phone(&mut self, guest: usize, work: impl FnOnce(&mut Phone) -> Result<(), Error>) {
        if self.guests[guest].failure.is_some() || !self.guests[guest].phone.is_alive() {
            return;
        }
        if let Err(error) = work(&mut self.guests[guest].phone) {
            self.guests[guest].failure = Some(error);
        }
        self.after_phone(guest);
    }

    fn tick_phones(&mut self) {
        while let Some(&Reverse((at, guest))) = self.deadlines.peek() {
            if at > self.now {
                break;
            }
            self.deadlines.pop();
            if self.guests[guest].armed != at {
                continue;
            }
            self.guests[guest].armed = Time::from_micros(u64::MAX);
            let now = self.now;
            let due = self.guests[guest].phone.deadline() <= now;
            self.with_phone(guest, |phone| if due { phone.tick(now) } else { Ok(()) });
        }
    }

    /// Sends what the box wrote.
    fn after_box(&mut self) {
        for (to, bytes) in self.outbox.take() {
            let IpAddr::V4(ip) = to.ip() else { continue };
            let [_, _, high, low] = ip.octets();
            let guest = (usize::from(high) << 8 | usize::from(low)).wrapping_sub(1);
            if let Some(air) = self.guests.get(guest).map(|guest| guest.air) {
                self.air.send(self.now, air, Flight::ToGuest { guest, bytes });
            }
        }
    }

    /// Sends what a phone wrote and notes when it wants to be told the time.
    fn after_phone(&mut self, index: usize) {
        let guest = &mut self.guests[index];
        while let Some((to, bytes)) = guest.phone.outgoing() {
            if to == BOX {
                if let Some(recording) = &mut self.recording {
                    recording.push(bytes.clone());
                }
                self.air.send(self.now, guest.air, Flight::ToBox { from: guest.phone.address(), bytes });
            }
        }
        let deadline = guest.phone.deadline();
        if deadline < guest.armed {
            guest.armed = deadline;
            self.deadlines.push(Reverse((deadline, index)));
        }
    }
}
