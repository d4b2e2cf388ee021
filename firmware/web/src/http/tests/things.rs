//! The box as a thing, for a server under test: it does what it is asked.

use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use appliance::clock::{ClockFacts, NotSet};
use appliance::facts::Facts;
use appliance::handle::{Handle, Inbox, Refused, Request, channel};
use appliance::rules::Change;
use base::{Origin, PacketInlet, SentPacket, StreamInlet};
use tokio::sync::{mpsc, watch};

use crate::decoding::{Decode, Decoding};
use crate::mp3;
use crate::senders::{Arriving, Intake, News, OnNews, Title};
use crate::settings::{self, Value};
use crate::status::{Snapshot, SourceState};

/// An appliance that does what it is asked, but will not forward.
pub(super) fn keeper() -> (Handle, watch::Sender<Arc<Facts>>) {
    let (mut handle, mut service) = channel();
    handle.inbox = Some(inbox());
    tokio::spawn(async move {
        while let Some(request) = service.requests.recv().await {
            match request {
                Request::SetNetwork { change: Change { forward: Some(true), .. }, reply, .. } => {
                    let refused = Refused { code: "no-uplink", why: "There is no cable." };
                    _ = reply.send(Err(refused));
                }
                Request::SetNetwork { reply, .. }
                | Request::CopyFromStick { reply }
                | Request::Restart { reply }
                | Request::EraseStorage { reply } => _ = reply.send(Ok(())),
            }
        }
    });
    (handle, service.facts)
}

/// Settings with one key, of which any value but 13 can be kept.
pub(super) fn settings() -> mpsc::Sender<settings::Request> {
    let (requests, mut waiting) = settings::channel();
    tokio::spawn(async move {
        let mut value = Value::from(5);
        while let Some(request) = waiting.recv().await {
            match request {
                settings::Request::Read { reply } => _ = reply.send(all(&value)),
                settings::Request::Change { some, reply } => {
                    let refused = |key: &str, value: &Value| settings::Refused::Value {
                        key: key.to_owned(),
                        value: value.to_string(),
                        allowed: "0 to 10".to_owned(),
                    };
                    let wrong =
                        some.iter().find(|(_, wanted)| **wanted == 13).map(|(key, wanted)| refused(key, wanted));
                    value = if wrong.is_none() { some.values().next().cloned().unwrap_or(value) } else { value };
                    _ = reply.send(wrong.map_or_else(|| Ok(all(&value)), Err));
                }
                settings::Request::Backup { reply, .. } => _ = reply.send(serde_json::json!({ "partybox_backup": 1 })),
                settings::Request::Restore { backup, reply } => {
                    let known = backup["partybox_backup"] == 1;
                    let left_out = vec![settings::LeftOut { name: "stars".to_owned(), why: settings::Reason::Unknown }];
                    let wrong = match backup["partybox_backup"].as_u64() {
                        Some(2..) => settings::NotRestored::TooNew,
                        _ => settings::NotRestored::NoBackup,
                    };
                    _ = reply.send(if known { Ok(left_out) } else { Err(wrong) });
                }
                settings::Request::Asked { reply } => _ = reply.send(Ok(all(&value))),
                settings::Request::Clock { set: true, reply, .. } => _ = reply.send(Err(NotSet::Elsewhere)),
                settings::Request::Clock { reply, .. } => _ = reply.send(Ok(())),
                settings::Request::Restart { reply } => _ = reply.send(()),
            }
        }
    });
    requests
}

/// The one key and the rules of the network.
fn all(value: &Value) -> settings::Settings {
    let setting = |key: &'static str, value: Value, takes| settings::Setting {
        key: key.into(),
        said: settings::Said { value, origin: Origin::Page },
        default: 5.into(),
        back: Some(settings::Said { value: 5.into(), origin: Origin::Default }),
        kind: settings::Kind::Number { min: 0, max: 10 },
        suggestions: vec!["7".to_owned()],
        takes,
        pending: true,
        left_out: None,
    };
    let elsewhere = settings::Takes::Elsewhere("/api/box/network");
    let settings = vec![
        setting("opus.complexity", value.clone(), settings::Takes::Restart),
        setting("wifi.portal", Value::Null, elsewhere),
    ];
    settings::Settings { settings, pending: true, asks: false, clock: ClockFacts::default() }
}

/// An inbox of its own for each server.
fn inbox() -> Inbox {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("partybox-inbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Inbox { part: folder.join("part"), whole: folder.join("whole") }
}

/// MP3 of senders' streams that is never made: who joins waits for it.
pub(super) fn decode(
    config: mp3::Config,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    carrier: Weak<mp3::Carrier>,
) -> Decode {
    Arc::new(move |stream| {
        let (hub, sink) = mp3::hub(stream, &config, &snapshots, &*carrier.upgrade()?);
        Some(Decoding { inlet: Box::new(Nowhere), hub, stop: Box::new(|| drop(sink)) })
    })
}

/// Where packets lead nowhere.
struct Nowhere;

impl PacketInlet for Nowhere {
    fn take(&mut self, _: SentPacket<'_>) {}
}

/// What came in streams, and how many were opened.
pub(super) type Streamed = Arc<Mutex<(Vec<u8>, usize)>>;

/// An input for senders: packets lead nowhere, and what comes in streams is kept in `streamed`. A stream that begins with `bad` fails.
pub(super) fn intake(streamed: &Streamed) -> Intake {
    let streamed = Arc::clone(streamed);
    let stream = move |_, mut on_news: OnNews| {
        let (mut reader, writer) = std::io::pipe().ok()?;
        let (streamed, is_cut) = (Arc::clone(&streamed), Arc::<AtomicBool>::default());
        streamed.lock().unwrap().1 += 1;
        std::thread::spawn(move || {
            let mut bytes = [0; 1_024];
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                let mut streamed = streamed.lock().unwrap();
                streamed.0.extend_from_slice(&bytes[..read]);
                if streamed.0.ends_with(b"bad") {
                    return on_news(News::Failed("is no sound".into()));
                }
                if streamed.0.ends_with(b"tag") {
                    on_news(News::Plays(Title { title: "Tagged".into(), artist: String::new() }));
                }
            }
        });
        Some(StreamInlet { bytes: writer.into(), is_cut })
    };
    let arrives = |_| Arriving { state: SourceState::Signal, waits_us: 41_500 };
    Intake { packets: Arc::new(|_| Some(Box::new(Nowhere))), stream: Arc::new(stream), arrives: Arc::new(arrives) }
}
