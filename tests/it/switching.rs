//! A silent disco on virtual time: guests who switch at random between streams that come and go.
//!
//! The test prints its seed; `PARTYBOX_SEED` replays one.

use base::{PacketDuration, StreamId, Time};
use tests::dice::Dice;
use tests::link::Conditions;
use tests::phone::Wishes;
use tests::world::{FRAME_TICKS, Guest, World, marks, numbers, stream};

const PLAIN: Wishes = Wishes { repair: false, extensions: false };

/// The streams that stay; their place is their mark.
const STAYING: [&str; 3] = ["main", "green", "blue"];

const DURATIONS: [PacketDuration; 3] = [PacketDuration::Ms20, PacketDuration::Ms40, PacketDuration::Ms60];

/// Guests whom nobody switches: one per staying stream and duration, so that all packets of these streams are made.
const RESIDENTS: usize = 9;

/// Guests in all.
const GUESTS: usize = 500;

/// What a guest was last switched to, and everything before.
struct Story {
    /// From when on it is on the programme of which mark; the last one counts.
    on: Vec<(Time, u64)>,
    stream: StreamId,
    duration: PacketDuration,
    /// Whether it hears streams that come and go, which may begin with a hole.
    roams: bool,
    gone: bool,
}

/// The party and what ought to be so.
struct Disco {
    world: World,
    dice: Dice,
    stories: Vec<Story>,
    /// The streams that come and go, with their marks.
    passing: Vec<(StreamId, u64)>,
    next_mark: u64,
}

impl Disco {
    fn new(mut dice: Dice) -> Self {
        let mut world = World::new(dice.clone());
        for (mark, id) in (0..).zip(STAYING).skip(1) {
            world.add(stream(id), mark, dice.below(9_000));
        }
        let mut stories = Vec::new();
        for guest in 0..GUESTS {
            let (mark, duration) = ((guest % 3) as u64, DURATIONS[guest / 3 % 3]);
            let id = stream(STAYING[guest % 3]);
            world.come_to(id, Conditions::GOOD, PLAIN, Some(duration)).expect("the box takes the offer");
            let roams = guest >= RESIDENTS && dice.chance(0.5);
            stories.push(Story { on: vec![(world.now, mark)], stream: id, duration, roams, gone: false });
            world.run_ms(1);
        }
        world.run_ms(1_000);
        assert_eq!(world.held(), (GUESTS, 0), "not all have joined");
        Self { world, dice, stories, passing: Vec::new(), next_mark: STAYING.len() as u64 }
    }

    /// Adds or removes a stream, whichever is possible.
    fn add_or_remove(&mut self) {
        let add = self.passing.is_empty() || (self.passing.len() < 3 && self.dice.chance(0.5));
        if add {
            let names = ["guests", "dj", "mic"].map(stream);
            let id = names.into_iter().find(|id| self.passing.iter().all(|(other, _)| other != id));
            let (id, mark) = (id.expect("fewer than three are there"), self.next_mark);
            self.world.add(id, mark, self.dice.below(9_000));
            self.passing.push((id, mark));
            self.next_mark += 1;
            return;
        }
        let (id, _) = self.passing.swap_remove(self.dice.below(self.passing.len() as u64) as usize);
        // Without a successor, its listeners are gone; a few are enough to see that.
        let heard_by = self.stories.iter().filter(|story| !story.gone && story.stream == id).count();
        let successor = self.dice.below(3);
        let ends = heard_by < 5;
        self.world.remove(id, (!ends).then(|| stream(STAYING[successor as usize])));
        for story in self.stories.iter_mut().filter(|story| !story.gone && story.stream == id) {
            story.gone = ends;
            if !ends {
                story.moved(self.world.now, stream(STAYING[successor as usize]), successor);
            }
        }
    }

    /// Switches every tenth guest or so.
    fn switch_some(&mut self) {
        for guest in RESIDENTS..GUESTS {
            let story = &mut self.stories[guest];
            if story.gone || !self.dice.chance(0.1) {
                continue;
            }
            let passing = if story.roams { self.passing.len() } else { 0 };
            let choice = self.dice.below((STAYING.len() + passing) as u64) as usize;
            let (id, mark) = match STAYING.get(choice) {
                Some(id) => (stream(id), choice as u64),
                None => self.passing[choice - STAYING.len()],
            };
            self.world.switch(guest, id);
            story.moved(self.world.now, id, mark);
        }
    }

    /// Fails unless exactly what somebody hears is wanted of every stream.
    fn wants_what_is_heard(&self) {
        let staying = STAYING.map(stream);
        for id in staying.into_iter().chain(self.passing.iter().map(|(id, _)| *id)) {
            for duration in PacketDuration::ALL {
                let hears = |story: &Story| !story.gone && story.stream == id && story.duration == duration;
                assert_eq!(self.world.engine.wants(id, duration), self.stories.iter().any(hears), "{id} {duration:?}");
            }
        }
    }
}

impl Story {
    fn moved(&mut self, at: Time, stream: StreamId, mark: u64) {
        self.on.push((at, mark));
        self.stream = stream;
    }

    /// Returns whether a packet of `mark` may have been sent to it at `at`: at the instant of a switch, either stream's.
    fn may_hear(&self, at: Time, mark: u64) -> bool {
        let since = self.on.iter().rposition(|(from, _)| *from < at).unwrap_or(0);
        let until = self.on[since..].iter().take_while(|(from, _)| *from <= at);
        self.on[since].1 == mark || until.into_iter().any(|(_, other)| *other == mark)
    }
}

/// Fails unless the guest heard one source without a lost number, whose time is that of the sound and never goes back, and
/// nothing but what it was on. Returns how many 20 ms frames it did not hear, and how many packets it did.
fn hears_only_its_own(guest: &Guest, story: &Story) -> (u64, usize) {
    let heard = &guest.phone.heard;
    let offset = |at: usize| heard[at].rtp_time.wrapping_sub(numbers(&heard[at].payload)[0] * FRAME_TICKS) as u32;
    let (mut missed, mut expected) = (0, numbers(&heard[0].payload)[0]);
    for (at, packet) in heard.iter().enumerate() {
        let sent = Time::from_micros(packet.at.as_micros() - Conditions::GOOD.delay_us);
        let mark = marks(&packet.payload)[0];
        assert!(story.may_hear(sent, mark), "{} hears programme {mark} at {sent:?}", guest.phone.address());
        assert_eq!(packet.sequence, heard[0].sequence + at as u64, "a number is left out");
        assert_eq!(offset(at), offset(0), "RTP times do not follow the timeline");
        for number in numbers(&packet.payload) {
            missed += number.checked_sub(expected).expect("a frame that was heard already");
            expected = number + 1;
        }
    }
    (missed, heard.len())
}

#[test]
fn five_hundred_who_switch_among_streams_that_come_and_go_hear_what_they_chose_and_nothing_else() {
    let mut disco = Disco::new(Dice::for_test("switching"));
    let (mut changes, begun) = (0, disco.world.now);
    for _ in 0..60 {
        disco.add_or_remove();
        disco.switch_some();
        let rest_ms = 20 + disco.dice.below(120);
        disco.world.run_ms(rest_ms);
        changes += 1;
        assert!(disco.passing.len() <= 3);
    }
    // The longest packets' boundaries come every 120 ms.
    disco.world.run_ms(300);
    disco.wants_what_is_heard();
    let gone = disco.stories.iter().filter(|story| story.gone).count();
    assert_eq!(disco.world.held(), (GUESTS - gone, 0));
    assert_eq!(disco.world.engine.stats().faults_total, 0);
    let (mut switches, mut missed, mut packets) = (0, 0, 0);
    for (guest, story) in disco.world.guests.iter().zip(&disco.stories) {
        let (left_out, heard) = hears_only_its_own(guest, story);
        assert!(story.roams || left_out == 0, "{} missed {left_out} frames", guest.phone.address());
        assert!(left_out <= 4 * story.on.len() as u64, "{} missed {left_out} frames", guest.phone.address());
        let seconds = disco.world.now.micros_since(begun) / 1_000_000;
        assert!(story.gone || heard as u64 > seconds * 1_000 / 60, "{} hears nothing", guest.phone.address());
        switches += story.on.len() - 1;
        missed += left_out;
        packets += heard;
    }
    let streams = disco.next_mark;
    println!("{streams} streams came, {gone} guests went with one; {switches} switches in {changes} steps");
    println!("{packets} packets heard; {missed} frames missed, by those who chose a stream that had just begun");
    for (id, _) in std::mem::take(&mut disco.passing) {
        disco.world.remove(id, None);
    }
    (0..GUESTS).for_each(|guest| disco.world.leave(guest));
    disco.world.run_ms(100);
    disco.stories.iter_mut().for_each(|story| story.gone = true);
    disco.wants_what_is_heard();
    let empty = STAYING.map(|id| (stream(id), 0));
    assert_eq!((disco.world.held(), disco.world.engine.stats().listeners), ((0, 0), empty.to_vec()));
}

#[test]
fn encoders_do_not_work_more_for_guests_who_switch() {
    let calls = |guests: usize| {
        let mut world = World::new(Dice::for_test("encoders"));
        (1..).zip(&STAYING[1..]).for_each(|(mark, id)| world.add(stream(id), mark, 0));
        for guest in 0..guests {
            world.come_to(stream(STAYING[guest % 3]), Conditions::GOOD, PLAIN, None).expect("the box takes the offer");
        }
        world.run_ms(1_000);
        let before = world.encoder_calls();
        for turn in 0..20 {
            (0..guests).for_each(|guest| world.switch(guest, stream(STAYING[(guest + turn) % 3])));
            world.run_ms(50);
        }
        world.encoder_calls() - before
    };
    assert_eq!((calls(1), calls(60)), (300, 300), "one call per block and stream");
}

#[test]
fn encoder_calls_follow_the_streams_and_not_the_guests() {
    let calls = |streams: usize, guests: usize| {
        let mut world = World::new(Dice::for_test("encoder calls"));
        (1..).zip(&STAYING[1..streams]).for_each(|(mark, id)| world.add(stream(id), mark, 0));
        for guest in 0..guests {
            world
                .come_to(stream(STAYING[guest % streams]), Conditions::GOOD, PLAIN, None)
                .expect("the box takes the offer");
        }
        world.run_ms(1_000);
        let before = world.encoder_calls();
        world.run_ms(1_000);
        world.encoder_calls() - before
    };
    println!("streams  guests  encoder calls in 1 s");
    for streams in [1, 3] {
        for guests in [1, 500] {
            let calls = calls(streams, guests);
            println!("{streams:7}  {guests:6}  {calls:20}");
            assert_eq!(calls, 100 * streams as u64, "one per block of 10 ms and stream");
        }
    }
}
