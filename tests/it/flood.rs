//! Floods of requests, and those who come and listen meanwhile: nothing that a page asks costs anybody a packet, and nobody's flood
//! is another's refusal.
//!
//! What a page took beside each flood is printed, with its ratio to the calm box, and not judged: the flood is made on the same
//! processor. For the same reason how late sound was beside a thousand addresses is printed only. `PARTYBOX_FLOOD_S` is how long each
//! flood lasts; without it, of those from a thousand addresses two are made.

use std::net::Ipv4Addr;
use std::thread;
use std::time::{Duration, Instant};

use tests::caller::Caller;
use tests::flood::{Flood, Listener, Manner};
use tests::joining::Joiner;
use tests::program::Running;
use tests::{apart, hear, wait, wav};

/// Sockets of a flood.
const SOCKETS: usize = 1_000;

/// How long each flood lasts, at least.
const LASTS: Duration = Duration::from_secs(2);

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What players of MP3 hold at least, so that a stream which is later falls silent (browsers hold 0.4 s to 8 s).
const HELD: Duration = Duration::from_millis(400);

/// What is asked for: a page, what is made anew for each, what is computed, what the database knows.
const PATHS: [&str; 4] = ["/host", "/api/party/status", "/api/qr/page.png", "/api/library/tracks?limit=200"];

/// How long a request for the host's page may take beside a flood, p95: a goal, which is printed.
const GOAL_MS: f64 = 200.0;

/// How long each flood lasts: what the environment says, or at least [`LASTS`].
fn lasts() -> Duration {
    asked_s().map_or(LASTS, Duration::from_secs)
}

/// Seconds that the environment asks for.
fn asked_s() -> Option<u64> {
    std::env::var("PARTYBOX_FLOOD_S").ok()?.parse().ok()
}

/// How long pages took in ms, and how many were not served.
#[derive(Debug, Default)]
struct Visits {
    took: Vec<f64>,
    failed: usize,
}

impl Visits {
    fn p(&self, share: f64) -> f64 {
        let mut took = self.took.clone();
        took.sort_by(f64::total_cmp);
        if took.is_empty() { f64::NAN } else { hear::percentile(&took, share) }
    }

    /// Beside those of the calm box.
    fn say(&self, calm: &Self) -> String {
        let (p50, p95) = (self.p(0.5), self.p(0.95));
        let (by50, by95) = (p50 / calm.p(0.5), p95 / calm.p(0.95));
        let goal = if p95 <= GOAL_MS { "met" } else { "missed" };
        let (served, all) = (self.took.len(), self.all());
        format!("/host p50 {p50:.1} ms ({by50:.1}x), p95 {p95:.1} ms ({by95:.1}x, goal {goal}), {served} of {all}")
    }

    fn all(&self) -> usize {
        self.took.len() + self.failed
    }
}

/// Lets phones ask for the host's page one after the other while it lasts, each from an address of its own, the first one from
/// `address(first)`; returns how long it took.
fn host_page(running: &Running, lasts: Duration, address: fn(usize) -> Ipv4Addr, first: usize) -> Visits {
    let begun = Instant::now();
    let mut visits = Visits::default();
    while begun.elapsed() < lasts {
        let asked = Instant::now();
        let phone = Caller::new(address(first + visits.all()), running.address);
        match phone.open("/host") {
            Ok(_) => visits.took.push(asked.elapsed().as_secs_f64() * 1e3),
            Err(error) => {
                println!("a phone got no page: {error}");
                visits.failed += 1;
            }
        }
    }
    visits
}

/// The address of the `n`th that comes from this machine itself.
fn own(n: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 9, (n / 250 % 250) as u8, (n % 250) as u8 + 1)
}

/// Lets phones join one after the other while it lasts, each from an address of its own; returns who came, and who heard sound.
fn joins(joiner: &Joiner, lasts: Duration, first: usize) -> (usize, usize) {
    let (begun, mut came, mut joined) = (Instant::now(), 0, 0);
    while begun.elapsed() < lasts {
        match joiner.join(apart::crowd(first + came)) {
            Ok(_) => joined += 1,
            Err(error) => println!("a phone did not join: {error}"),
        }
        came += 1;
    }
    (came, joined)
}

#[test]
fn who_listens_to_mp3_hears_no_gap_beside_a_thousand_pipelining_sockets() {
    let music = tempfile::tempdir().expect("a folder");
    for n in 0..40 {
        let tone = hear::sine(300.0 + 10.0 * f64::from(n), 0.25, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
        wav::write(&music.path().join(format!("a{n}.wav")), &tone).expect("a file");
    }
    let Some(running) = Running::start(&["--music".as_ref(), music.path().as_os_str()]) else { return };
    running.until("/api/party/status", PATIENCE, |status| {
        !status["track"].is_null() && status["scan"]["running"] == false
    });
    let (listener, witness) = (Listener::of(running.address), Listener::witness());
    let calm = host_page(&running, lasts(), own, 0);
    for path in PATHS {
        let manner = Manner::Pipelines(path.to_owned());
        let flood = Flood::begin(running.address, &manner, SOCKETS, |_| None);
        assert!(wait::comes_true(PATIENCE, || flood.answered() > 0), "{path}: the flood is answered");
        let visits = host_page(&running, lasts(), own, 0);
        let answered = flood.answered();
        drop(flood);
        let (late, machine) = (listener.worst(), witness.worst());
        println!(
            "{path}: late by {late:?}, the machine {machine:?}; {}; {} kB answered",
            visits.say(&calm),
            answered / 1_000
        );
        assert!(late < HELD + machine, "{path}: sound was late by {late:?}, the machine by {machine:?}");
    }
    listener.end();
    witness.end();
}

/// Sockets of a flood from as many addresses.
const ADDRESSES: usize = 1_200;

/// The floods from a thousand addresses that are always made: places that are taken, and turns.
const ALWAYS: [&str; 2] = ["silent connections", "the state"];

/// How many of those who come may be refused: one of a hundred, and one.
fn refused_max(came: usize) -> usize {
    came / 100 + 1
}

/// Where phones come from that join, and those that ask for the page.
const JOINING: usize = 10_000;
const VISITORS: usize = 20_000;

fn of_crowd(n: usize) -> Option<Ipv4Addr> {
    Some(apart::crowd(n))
}

#[test]
fn floods_from_a_thousand_addresses_keep_nobody_from_joining() {
    const NAME: &str = "flood::floods_from_a_thousand_addresses_keep_nobody_from_joining";
    if !apart::is_within(NAME) {
        return;
    }
    apart::gather();
    let music = tempfile::tempdir().expect("a folder");
    for n in 0..4 {
        let tone = hear::sine(300.0 + 10.0 * f64::from(n), 0.25, wav::RATE_HZ, 60 * wav::RATE_HZ as usize);
        wav::write(&music.path().join(format!("a{n}.wav")), &tone).expect("a file");
    }
    let options = ["--music".as_ref(), music.path().as_os_str()];
    let Some(running) = Running::start_at_with(apart::BOX, &options) else { return };
    running.until("/api/party/status", PATIENCE, |status| {
        !status["track"].is_null() && status["scan"]["running"] == false
    });
    let joiner = Joiner::new(running.address);
    let (listener, witness) = (Listener::of(running.address), Listener::witness());
    let calm = host_page(&running, lasts(), apart::crowd, VISITORS);
    println!("calm: {}", calm.say(&calm));
    let (mut first, mut visitor) = (JOINING, VISITORS + calm.all());
    let pipelines = |path: &str| Manner::Pipelines(path.to_owned());
    for (name, manner) in [
        ("silent connections", Manner::IsSilent),
        ("bodies that crawl", Manner::Crawls("/whep/main")),
        ("uploads that crawl", Manner::Crawls("/api/library/uploads?name=a.wav")),
        ("WebSockets", Manner::Opens("/api/party/ws")),
        ("WebSockets of streams", Manner::Opens("/ws")),
        ("offers", Manner::Offers("/whep/main", joiner.offer(), 2_000)),
        ("offers to send", Manner::Offers("/whip/main", joiner.offer(), 2_000)),
        ("the page", pipelines("/host")),
        ("the state", pipelines("/api/party/status")),
        ("search", pipelines("/api/library/search?q=a&limit=100")),
        ("pictures", pipelines("/api/library/art/1")),
    ] {
        if asked_s().is_none() && !ALWAYS.contains(&name) {
            continue;
        }
        let flood = Flood::begin(running.address, &manner, ADDRESSES, of_crowd);
        assert!(wait::comes_true(PATIENCE, || flood.answered() > 0), "{name}: the flood is there");
        let (visits, (came, joined)) = thread::scope(|scope| {
            let joining = scope.spawn(|| joins(&joiner, lasts(), first));
            let visits = host_page(&running, lasts(), apart::crowd, visitor);
            (visits, joining.join().expect("they have come"))
        });
        (first, visitor) = (first + came, visitor + visits.all());
        let answered = flood.answered();
        drop(flood);
        let (late, machine) = (listener.worst(), witness.worst());
        println!(
            "{name}: {}; {joined} of {came} joined; MP3 late by {late:?}, the machine by {machine:?}; {answered} bytes",
            visits.say(&calm),
        );
        if machine >= HELD {
            println!("{name}: not judged: the machine kept everybody waiting");
            continue;
        }
        // Who finds a place is the box's business; how soon, on a machine that makes the flood as well, is not.
        let (served, asked) = (visits.took.len(), visits.all());
        assert!(came - joined <= refused_max(came), "{name}: {joined} of {came} joined");
        assert!(asked - served <= refused_max(asked), "{name}: {served} of {asked} pages");
    }
    listener.end();
    witness.end();
}
