//! A running server with everything around it replaced by something that answers, and a client that speaks raw bytes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ::party::{Channel, Color, Done, Fades, Party, PublicView, Refused, Repertoire, Settings, Source, What};
use appliance::facts::Facts;
use appliance::handle::Inbox;
use base::{ChannelId, Encoding, ItemId, MediaTime, Packet, PacketSink, RequestId, StreamId, Time, TrackId};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

pub(super) use super::fan_out::SESSION;
use super::fan_out::fan_out;
use super::keeper::Keeper;
pub(super) use super::reply::Reply;
use super::things::Streamed;
use crate::control::{Command, Unmet};
use crate::http::{App, Audiences, Config, Listeners, serve};
use crate::mp3::{self, Carrier, Sink, hub};
use crate::panel::{JoinCode, Panel};
use crate::senders::{Senders, Title};
use crate::status::{ChannelStatus, Snapshot, SourceState, SourceStatus, TrackStatus};
use crate::track::TrackView;
use crate::visual::Visuals;
use rtc::api::ListenerStats;

/// Longest wait for anything in these tests.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// A bit rate whose packets of 24 ms are 384 bytes.
pub(super) const BITRATE_BPS: u32 = 128_000;

/// The volume that this party sets, and whose storage refuses to keep it.
pub(super) const NOT_KEPT_DB: f32 = -13.0;

pub(super) struct World {
    pub(super) addr: SocketAddr,
    pub(super) tls: super::door::Door,
    pub(super) feed: Sink,
    pub(super) snapshot: watch::Sender<Arc<Snapshot>>,
    /// What the party was asked to do.
    pub(super) wishes: Arc<Mutex<Vec<What>>>,
    /// What the fan-out was asked, as debug text.
    pub(super) asked: Arc<Mutex<Vec<String>>>,
    /// Who listens over WebRTC, as the fan-out tells it.
    pub(super) listeners: Arc<Mutex<Vec<ListenerStats>>>,
    /// Who sends; there is one token, which nobody has.
    pub(super) senders: Senders,
    /// What came in streams.
    pub(super) streamed: Streamed,
    /// Who hears which channel, as the rules are told.
    pub(super) audience: watch::Receiver<Audiences>,
    /// Where what pages draw of the sound is published.
    pub(super) visuals: Visuals,
    /// Pairing, and the button.
    pub(super) keeper: Keeper,
    /// Where updates come in.
    pub(super) inbox: Inbox,
    /// What is so of the box as a thing.
    pub(super) facts: watch::Sender<Arc<Facts>>,
    /// Ends the server.
    pub(super) stop: Option<oneshot::Sender<()>>,
    pub(super) server: JoinHandle<()>,
    /// How often the metrics were made.
    pub(super) scraped: Arc<AtomicUsize>,
    zero: Instant,
    packets: u64,
    pub(super) hubs: watch::Sender<crate::http::Hubs>,
    carrier: Arc<Carrier>,
}

/// A party that plays files and has none yet.
pub(crate) fn party() -> Party {
    Party::new(Source::Files, Fades { pause_ms: 200, source_ms: 1_000, stop_ms: 3_000 }, Settings::default(), 1)
}

/// A track as a library knows it that has all of it.
pub(crate) fn track(id: TrackId) -> TrackView {
    let art = Some(format!("/api/library/art/{id}?v=1"));
    TrackView {
        id,
        title: format!("Title {id}"),
        artist: "Artist".into(),
        album: "Album".into(),
        duration_ms: Some(1_000),
        art,
        brought: false,
        genres: vec!["Pop".into()],
    }
}

/// What the one channel does.
pub(crate) fn status() -> ChannelStatus {
    seen(|_| {})
}

/// The same, where everybody sees its party so.
pub(crate) fn seen(change: impl FnOnce(&mut PublicView<TrackView>)) -> ChannelStatus {
    let mut status = status_of(&party());
    let party = Arc::make_mut(&mut status.party);
    party.everybody.session.started_ms = 1;
    change(&mut party.everybody);
    status
}

/// What the one channel does, where this is its party.
pub(crate) fn status_of(party: &Party) -> ChannelStatus {
    ChannelStatus {
        channel: Channel { id: main(), name: String::new(), color: Color::Red, repertoire: Repertoire::All },
        party: Arc::new(party.page_view().map_tracks(track)),
        sources: vec![SourceStatus {
            kind: Source::Files,
            state: SourceState::Ok,
            detail: String::new(),
            title: Title::default(),
        }],
        fallback: false,
        track: Some(TrackStatus {
            id: TrackId(1),
            title: "Title".into(),
            artist: "Artist".into(),
            duration_ms: Some(1_000),
            position_ms: 0,
        }),
        media_time: 0,
        repertoire_lost: false,
    }
}

/// The id of the one channel.
pub(crate) fn main() -> ChannelId {
    ChannelId::new("main").expect("a legal name")
}

/// What the box does.
pub(crate) fn snapshot() -> Snapshot {
    snapshot_of([status()])
}

/// The same, where the one channel does this.
pub(crate) fn snapshot_of(channels: impl IntoIterator<Item = ChannelStatus>) -> Snapshot {
    Snapshot {
        name: "Partybox".into(),
        version: "0.1.0".into(),
        channels: channels.into_iter().map(Arc::new).collect(),
        channels_estimate: 3,
        panel: Arc::new(Panel {
            https_port: Some(8_443),
            urls: vec!["http://10.77.0.1/".into()],
            join: Some(JoinCode("WIFI:T:nopass;S:Box;;".into())),
            ..Panel::default()
        }),
    }
}

/// Settings in which the test's own address is a host's.
pub(super) fn hosts() -> Config {
    Config { host_from: vec!["127.0.0.0/8".parse().unwrap()], ..Config::default() }
}

impl World {
    pub(super) async fn new(config: Config) -> Self {
        Self::started(config, Duration::ZERO).await
    }

    /// A box that has run for a while already, by its clock.
    pub(super) async fn started(config: Config, ago: Duration) -> Self {
        // What these tests read of the box's numbers, they read from here; strangers have other addresses.
        let config = Config { metrics_from: vec!["127.0.0.1/32".parse().unwrap()], ..config };
        let zero = Instant::now().checked_sub(ago).expect("the machine has run for as long");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (snapshot, snapshots) = watch::channel(Arc::new(snapshot()));
        let mp3_config = mp3::Config { bitrates_bps: vec![BITRATE_BPS, 64_000], burst_ms: 0 };
        let carrier = Arc::new(Carrier::start().unwrap().0);
        let (mp3, feed) = hub(StreamId::new("main").unwrap(), &mp3_config, &snapshots, &carrier);
        let hubs = watch::Sender::new(crate::http::Hubs::from([mp3]));
        let (commands, wishes) = granting();
        let (rtc, asked, listeners) = fan_out();
        let (pairing, keeper) = Keeper::new();
        let (appliance, facts) = super::things::keeper();
        let inbox = appliance.inbox.clone().expect("made by the keeper");
        let senders = Senders::default();
        senders.issue("Desk", None).expect("there is room").expect("random bytes");
        let (of_app, streamed) = (senders.clone(), Streamed::default());
        let audience = watch::Sender::default();
        let visuals = Visuals::default();
        let scraped = Arc::<AtomicUsize>::default();
        let of_gauges = Arc::clone(&scraped);
        let heard = audience.subscribe();
        let app = App {
            config,
            rtc,
            mp3: hubs.subscribe(),
            senders,
            decode: super::things::decode(mp3_config, snapshots.clone(), Arc::downgrade(&carrier)),
            visuals: visuals.clone(),
            intakes: watch::channel(Arc::new([(main(), super::things::intake(&streamed))].into())).1,
            snapshot: snapshots,
            audience,
            commands,
            pairing,
            library: None,
            settings: super::things::settings(),
            appliance,
            zero,
            gauges: Arc::new(move |page| {
                of_gauges.fetch_add(1, Ordering::Relaxed);
                page.number("of_the_lead", crate::metrics::Kind::Gauge, "Test.", 7.0);
            }),
        };
        let (stop, stopped) = oneshot::channel();
        let (secure, tls) = super::door::open().await;
        let doors = Listeners { plain: listener, secure: Some(secure) };
        let server = tokio::spawn(serve(doors, app, async {
            let _ = stopped.await;
        }));
        Self {
            addr,
            tls,
            feed,
            snapshot,
            wishes,
            asked,
            listeners,
            senders: of_app,
            streamed,
            audience: heard,
            visuals,
            keeper,
            facts,
            inbox,
            stop: Some(stop),
            server,
            scraped,
            zero,
            packets: 0,
            hubs,
            carrier,
        }
    }

    /// The box's clock.
    pub(super) fn now(&self) -> Time {
        Time::from_micros(self.zero.elapsed().as_micros() as u64)
    }

    /// Publishes `count` packets of one 24 ms frame; each begins with a frame header and its number.
    pub(super) fn publish(&mut self, count: u64) {
        for _ in 0..count {
            let n = self.packets;
            let mut frame = vec![(n % 200) as u8; 384];
            frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x64]);
            let packet = Packet { media_time: MediaTime::from_ticks(n * 1152), payload: Bytes::from(frame) };
            self.feed.publish(Encoding::Mp3 { bitrate_bps: BITRATE_BPS }, packet);
            self.packets += 1;
        }
    }

    /// Publishes packets at a pace the fan-out keeps up with until `client` is done or the limit is over.
    pub(super) async fn publish_until<T>(&mut self, client: impl Future<Output = T>) -> T {
        tokio::pin!(client);
        let mut pace = tokio::time::interval(Duration::from_millis(1));
        timeout(LIMIT, async {
            loop {
                tokio::select! {
                    done = &mut client => return done,
                    _ = pace.tick() => self.publish(1),
                }
            }
        })
        .await
        .expect("the client is done in time")
    }

    /// Removes the channel whose MP3 is heard, in favour of another one, which is what is published from now on.
    pub(super) fn hand_over(&mut self, stream: &str) {
        let config = mp3::Config { bitrates_bps: vec![BITRATE_BPS], burst_ms: 0 };
        let snapshots = self.snapshot.subscribe();
        let (heir, feed) = hub(StreamId::new(stream).unwrap(), &config, &snapshots, &self.carrier);
        self.hubs.borrow().iter().for_each(|hub| hub.hand_over(&heir));
        self.hubs.send_replace(crate::http::Hubs::from([heir]));
        self.feed = feed;
    }

    /// Sends `bytes` on a new connection and reads until the server closes it.
    pub(super) async fn raw(&self, bytes: &[u8]) -> Reply {
        let mut socket = TcpStream::connect(self.addr).await.unwrap();
        // The server may refuse and close before it has read everything.
        let _ = socket.write_all(bytes).await;
        let mut all = Vec::new();
        // A reset after the answer is as good an end as any: what came before it counts.
        let _ = timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("the server closes in time");
        Reply::parse(&all)
    }

    /// A request with the right `Host`, the given extra head lines and body; the connection is closed after it.
    pub(super) async fn ask(&self, method: &str, path: &str, lines: &[&str], body: &[u8]) -> Reply {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        if !lines.iter().any(|line| line.to_ascii_lowercase().starts_with("host:")) {
            head += &format!("Host: {}\r\n", self.addr);
        }
        for line in lines {
            head += &format!("{line}\r\n");
        }
        if !body.is_empty() {
            head += &format!("Content-Length: {}\r\n", body.len());
        }
        head += "Connection: close\r\n\r\n";
        self.raw(&[head.as_bytes(), body].concat()).await
    }

    /// A request without head lines or body of its own, from this address of the machine.
    pub(super) async fn ask_from(&self, from: [u8; 4], method: &str, path: &str) -> Reply {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let mut socket = socket.connect(self.addr).await.unwrap();
        let request = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.addr);
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut all = Vec::new();
        timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("the server closes in time").unwrap();
        Reply::parse(&all)
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, &[], &[]).await
    }
}

/// A party that does everything but skip.
fn granting() -> (mpsc::Sender<Command>, Arc<Mutex<Vec<What>>>) {
    let (commands, mut waiting) = mpsc::channel::<Command>(crate::control::COMMANDS_WAITING_MAX);
    let wishes = Arc::new(Mutex::new(Vec::new()));
    let done = Arc::clone(&wishes);
    tokio::spawn(async move {
        while let Some(Command { wish, reply }) = waiting.recv().await {
            let outcome = match wish.what {
                What::Next => Err(Unmet::Refused(Refused::NothingNext)),
                What::Volume(NOT_KEPT_DB) => Err(Unmet::NotKept(Done::Plainly)),
                What::Add(..) => Ok(Done::Queued(ItemId(1))),
                What::Request(_) => Ok(Done::Pending(RequestId(1))),
                _ => Ok(Done::Plainly),
            };
            done.lock().unwrap().push(wish.what);
            let _ = reply.send(outcome);
        }
    });
    (commands, wishes)
}
