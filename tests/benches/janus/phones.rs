//! The receivers: light WebRTC clients on real sockets, the same for either server; they count what they can decrypt.
//!
//! ICE is the simulated phone's own towards the fan-out. Janus is a full agent that makes the offer and the checks, so
//! there the phone only answers them.

use std::io::{BufRead, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use is::stun::StunMessage;
use is::{DefaultSha1HmacProvider, Sha1HmacProvider};
use rtc::config::Clocks;
use rtc::dtls::Identity;
use rtc::sim::{Phone, Setup};
use serde_json::{Value, json};
use ureq::Agent;

use super::{LISTENERS, WARM_UP};

/// The argument with which this program is the receivers.
pub(super) const ARGUMENT: &str = "--phones";

/// Between two looks at the sockets: short beside 20 ms, long enough to leave the processor to the server.
const NAP: Duration = Duration::from_millis(2);

/// How often a phone tells the fan-out that it is there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(5);

/// Longest wait for all to hear.
const JOIN_MAX: Duration = Duration::from_secs(60);

/// The password in the simulated phone's offers.
const PASSWORD: &str = "0123456789012345678901";

struct Receiver {
    socket: UdpSocket,
    phone: Phone,
    received: u64,
    /// The server checks, and the phone only answers.
    is_checked: bool,
}

impl Receiver {
    fn turn(&mut self, clocks: Clocks) {
        let mut bytes = [0; 2_048];
        let now = clocks.time(Instant::now());
        while let Ok((count, from)) = self.socket.recv_from(&mut bytes) {
            if self.is_checked && bytes[0] < 4 {
                self.answer_check(&bytes[..count], from);
            } else {
                self.phone.receive(now, &mut bytes[..count]);
            }
        }
        if self.phone.poll_timeout().is_some_and(|at| at <= now) {
            self.phone.handle_timeout(now);
        }
        self.received += self.phone.heard.len() as u64;
        self.phone.heard.clear();
        for (to, bytes) in self.phone.outbox.take() {
            if !self.is_checked || bytes[0] >= 4 {
                // A full buffer on loopback is as good as a lost packet.
                let _ = self.socket.send_to(&bytes, to);
            }
        }
    }

    fn answer_check(&self, bytes: &[u8], from: SocketAddr) {
        let Ok(request) = StunMessage::parse(bytes) else { return };
        let mut buffer = [0; 256];
        let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
        let reply = StunMessage::binding_reply(request.trans_id(), from);
        let count = reply.to_bytes(Some(PASSWORD.as_bytes()), &mut buffer, hmac);
        if let (true, Ok(count)) = (request.is_binding_request(), count) {
            let _ = self.socket.send_to(&buffer[..count], from);
        }
    }
}

/// How a server is joined.
enum Way {
    Whep { url: String },
    Janus { url: String, waiting: Vec<Value> },
}

struct Crowd {
    agent: Agent,
    identity: Identity,
    clocks: Clocks,
    way: Way,
    all: Vec<Receiver>,
}

/// Joins the server at `address` in steps, one for every line of input: the first few; the rest; then says how many
/// packets have been received.
pub(super) fn main(how: &str, address: &str) {
    let agent = Agent::new_with_defaults();
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1_700_000_000) };
    let way = match how {
        "whep" => Way::Whep { url: format!("http://{address}/whep/main") },
        _ => Way::session(&agent, address),
    };
    let identity = Identity::generate().expect("a certificate");
    let mut crowd = Crowd { agent, identity, clocks, way, all: Vec::new() };
    let (lines, steps) = mpsc::channel();
    std::thread::spawn(move || std::io::stdin().lock().lines().map_while(Result::ok).try_for_each(|l| lines.send(l)));
    let mut targets = [WARM_UP, LISTENERS].into_iter();
    let mut alive = Instant::now();
    loop {
        match steps.try_recv() {
            Ok(_) => {
                if let Some(target) = targets.next() {
                    crowd.grow(target);
                }
                println!("{}", crowd.received());
                std::io::stdout().flush().expect("somebody listens");
            }
            Err(mpsc::TryRecvError::Empty) => {}
            Err(mpsc::TryRecvError::Disconnected) => return,
        }
        if alive.elapsed() > SIGN_OF_LIFE {
            crowd.all.iter_mut().for_each(|receiver| receiver.phone.check());
            alive = Instant::now();
        }
        crowd.turn();
        std::thread::sleep(NAP);
    }
}

impl Crowd {
    fn turn(&mut self) {
        self.all.iter_mut().for_each(|receiver| receiver.turn(self.clocks));
    }

    fn received(&self) -> u64 {
        self.all.iter().map(|receiver| receiver.received).sum()
    }

    /// Lets phones join until there are `target` and each has heard something.
    fn grow(&mut self, target: usize) {
        let given_up = Instant::now() + JOIN_MAX;
        while self.all.len() < target || self.all.iter().any(|receiver| receiver.received == 0) {
            let hearing = self.all.iter().filter(|receiver| receiver.received > 0).count();
            assert!(Instant::now() < given_up, "{hearing} of {} hear", self.all.len());
            if self.all.len() < target {
                let receiver = match &mut self.way {
                    Way::Whep { url } => whep(&self.agent, url, &self.identity, self.clocks, self.all.len()),
                    Way::Janus { url, waiting } => {
                        janus(&self.agent, url, waiting, &self.identity, self.clocks, self.all.len())
                    }
                };
                self.all.push(receiver);
            }
            self.turn();
        }
    }
}

fn bound(address: IpAddr) -> UdpSocket {
    let socket = UdpSocket::bind((address, 0)).expect("a socket per listener (see `ulimit -n`)");
    socket.set_nonblocking(true).expect("sockets can");
    socket
}

/// Joins by WHEP.
fn whep(agent: &Agent, url: &str, identity: &Identity, clocks: Clocks, number: usize) -> Receiver {
    let mut phone = Phone::new(identity.clone(), clocks, &format!("p{number}"), Setup::Actpass);
    let asked = agent.post(url).content_type("application/sdp").send(phone.offer());
    let answer = asked.and_then(|mut answer| answer.body_mut().read_to_string()).expect("an answer");
    let to = candidate(&answer);
    assert!(phone.answer(clocks.time(Instant::now()), &answer, to), "an answer that lacks something: {answer}");
    Receiver { socket: bound(IpAddr::V4(Ipv4Addr::LOCALHOST)), phone, received: 0, is_checked: false }
}

impl Way {
    /// Opens the one session in which every receiver gets a handle.
    fn session(agent: &Agent, address: &str) -> Self {
        let url = format!("http://{address}/janus");
        let session = post(agent, &url, &json!({ "janus": "create", "transaction": "s" }));
        Self::Janus { url: format!("{url}/{}", session["data"]["id"]), waiting: Vec::new() }
    }
}

/// Joins the streaming plug-in: it offers, the phone answers.
fn janus(
    agent: &Agent,
    url: &str,
    waiting: &mut Vec<Value>,
    identity: &Identity,
    clocks: Clocks,
    number: usize,
) -> Receiver {
    let attach = json!({ "janus": "attach", "plugin": "janus.plugin.streaming", "transaction": "a" });
    let handle = post(agent, url, &attach)["data"]["id"].clone();
    let of_handle = format!("{url}/{handle}");
    let message = |body: Value| json!({ "janus": "message", "transaction": "m", "body": body });
    post(agent, &of_handle, &message(json!({ "request": "watch", "id": 1 })));
    let offer = loop {
        let is_ours = |event: &Value| event["sender"] == handle && event["jsep"]["type"] == "offer";
        if let Some(at) = waiting.iter().position(is_ours) {
            break waiting.swap_remove(at)["jsep"]["sdp"].as_str().expect("an offer is text").to_owned();
        }
        waiting.clear();
        let asked = agent.get(format!("{url}?maxev=50")).call();
        let events = asked.and_then(|mut events| events.body_mut().read_json::<Value>()).expect("events");
        waiting.extend(events.as_array().cloned().unwrap_or_default());
    };
    let to = candidate(&offer);
    let socket = bound(to.ip());
    let mut phone = Phone::new(identity.clone(), clocks, &format!("phone{number}"), Setup::Passive);
    assert!(phone.answer(clocks.time(Instant::now()), &offer, to), "an offer that lacks something: {offer}");
    let here = socket.local_addr().expect("a bound socket");
    let mut sdp = phone.offer();
    sdp += &format!("a=candidate:1 1 udp 2130706431 {} {} typ host\r\na=end-of-candidates\r\n", here.ip(), here.port());
    let mut start = message(json!({ "request": "start" }));
    start["jsep"] = json!({ "type": "answer", "sdp": sdp });
    post(agent, &of_handle, &start);
    Receiver { socket, phone, received: 0, is_checked: true }
}

fn post(agent: &Agent, url: &str, body: &Value) -> Value {
    let asked = agent.post(url).send_json(body);
    asked.and_then(|mut answer| answer.body_mut().read_json()).expect("an answer")
}

/// The first IPv4 host candidate.
fn candidate(sdp: &str) -> SocketAddr {
    let lines = sdp.lines().filter_map(|line| line.strip_prefix("a=candidate:"));
    let found = lines.filter(|line| line.contains(" typ host")).find_map(|line| {
        let mut fields = line.split(' ').skip(4);
        let address: Ipv4Addr = fields.next()?.parse().ok()?;
        Some(SocketAddr::from((address, fields.next()?.parse::<u16>().ok()?)))
    });
    found.expect("a host candidate; Janus finds one only if the machine has an address besides loopback")
}
