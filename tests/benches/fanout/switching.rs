//! All listeners switch to another stream at the same instant: how many packets that costs them, and how much CPU.
//!
//! RTP's header is not encrypted, so the phones need not decrypt to see a number or a moment that is missing.

use base::{Encoding, PacketDuration, PacketSink};
use tests::venue::stream;
use tokio::task::JoinSet;

use super::{Party, packet, thread_cpu_ns};

/// Bursts between two switches.
const BURSTS: u64 = 10;

/// Switches of everybody.
const SWITCHES: u64 = 20;

/// What one phone heard last.
type Last = Option<(u16, u32)>;

/// What was seen of all packets.
#[derive(Default)]
struct Seen {
    last: Vec<Last>,
    packets: u64,
    lost: u64,
}

impl Seen {
    /// Takes a datagram of phone `n`, and counts what is missing before it: RTP packets by number and by time.
    fn take(&mut self, n: usize, bytes: &[u8]) {
        let is_rtp = bytes.len() > 12 && bytes[0] == 0x80 && !(192..224).contains(&bytes[1]);
        if !is_rtp {
            return;
        }
        let sequence = u16::from_be_bytes([bytes[2], bytes[3]]);
        let timestamp = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]);
        if let Some((before, then)) = self.last[n] {
            let numbers = u64::from(sequence.wrapping_sub(before)) - 1;
            let packets = u64::from(timestamp.wrapping_sub(then)) / PacketDuration::Ms20.ticks();
            self.lost += numbers.max(packets - 1);
        }
        self.last[n] = Some((sequence, timestamp));
        self.packets += 1;
    }
}

/// Prints what it costs `listeners` to switch to and fro.
pub(super) fn measure(listeners: usize) {
    let mut party = Party::new(listeners);
    let ids = [stream("main").id, stream("other").id];
    let mut other = party.handle.add_stream(stream("other")).expect("a second stream");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let sessions: Vec<_> = runtime.block_on(party.handle.listeners()).iter().map(|one| one.session).collect();
    // What is left of the joins.
    party.phones.rest();
    let mut seen = Seen { last: vec![None; listeners], ..Seen::default() };
    // CPU of bursts without and with a switch.
    let mut cpu = [(0, 0_u64); 2];
    for burst in 0..SWITCHES * BURSTS {
        let switches = burst % BURSTS == BURSTS / 2;
        let before = thread_cpu_ns("fan-out");
        if switches {
            let to = ids[usize::from((burst / BURSTS).is_multiple_of(2))];
            let mut all = JoinSet::new();
            for session in sessions.clone() {
                let handle = party.handle.clone();
                all.spawn_on(async move { handle.switch(session, to).await }, runtime.handle());
            }
            let done = runtime.block_on(all.join_all());
            assert!(done.iter().all(Result::is_ok), "everybody switches");
        }
        for sink in [&mut party.sink, &mut other] {
            sink.publish(Encoding::Opus(PacketDuration::Ms20), packet(party.number));
        }
        party.number += 1;
        party.phones.hear(|n, bytes| seen.take(n, bytes));
        let (ns, bursts) = &mut cpu[usize::from(switches)];
        *ns += thread_cpu_ns("fan-out") - before;
        *bursts += 1;
    }
    let expected = SWITCHES * BURSTS * listeners as u64;
    let lost = seen.lost.max(expected.saturating_sub(seen.packets));
    let [without, with] = cpu.map(|(ns, bursts)| ns as f64 / 1_000.0 / bursts as f64);
    println!(
        "{listeners:>5} listeners switch at once, {SWITCHES} times: {lost} of {expected} packets lost; {:5.2} us of CPU per switch, a burst with it takes {:5.2} of one without",
        (with - without) / listeners as f64,
        with / without
    );
    party.close();
}
