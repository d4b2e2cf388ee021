//! The carrier with a conversation that only a test has, over real loopback sockets: what it keeps is kept for all.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::conversation::Allowance;
use super::sim::{Simulated, frame};
use super::*;
use crate::gate::{Entrant, Gate, Places};

/// Longest wait for anything in these tests.
const LIMIT: Duration = Duration::from_secs(20);

const ALLOWANCE: Allowance =
    Allowance { message_bytes_max: 1_000, messages_burst_max: 5, message_every: Duration::from_secs(3_600) };

/// A connection whose other end is a test.
struct Carried {
    client: WebSocketStream<TcpStream>,
    counters: std::sync::Arc<Counters>,
    gate: Gate,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Carried {
    async fn new(conversation: impl Conversation + 'static, patience: Patience) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = TcpSocket::new_v4().unwrap();
        // So that what a client does not take fills what the kernel holds for it soon.
        client.set_recv_buffer_size(4_096).unwrap();
        let (client, accepted) = tokio::join!(client.connect(address), listener.accept());
        let gate = Gate::new(Places { total: 1, kept: 0, each: 1, guests: 1 });
        let upgrade = Upgrade::new(conversation, gate.enter(Entrant::Guest(address.ip()), None).unwrap());
        let (stop, stopped) = watch::channel(false);
        let counters = std::sync::Arc::<Counters>::default();
        let (counted, socket) = (counters.clone(), accepted.unwrap().0);
        let task = tokio::spawn(async move {
            run(socket, Bytes::new(), Bytes::new(), upgrade, (&counted, patience), stopped).await;
        });
        let client = WebSocketStream::from_raw_socket(client.unwrap(), End::Client, None).await;
        Self { client, counters, gate, stop, task }
    }

    /// A conversation that sends what the test gives it.
    async fn scripted(allowance: Allowance) -> (Self, mpsc::Sender<Turn>) {
        let (conversation, turns) = Simulated::new(allowance);
        (Self::new(conversation, patience()).await, turns)
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.client.get_mut().write_all(bytes).await.unwrap();
    }

    /// The next message.
    async fn next(&mut self) -> Frame {
        timeout(LIMIT, self.client.next()).await.expect("a message in time").expect("a message").expect("a message")
    }

    /// The messages until the connection ends, and the code with which it does, 0 if it just ends.
    async fn end(&mut self) -> (usize, u16) {
        let reading = async {
            let (mut messages, mut code) = (0, 0);
            while let Some(Ok(frame)) = self.client.next().await {
                match frame {
                    Frame::Close(Some(frame)) => code = frame.code.into(),
                    Frame::Text(_) | Frame::Binary(_) => messages += 1,
                    _ => {}
                }
            }
            (messages, code)
        };
        timeout(LIMIT, reading).await.expect("the connection ends in time")
    }

    /// Waits until the carrier is done. Returns how many were let go as slow, as silent, and for abuse.
    async fn ended(self) -> [u64; 3] {
        timeout(LIMIT, self.task).await.expect("the carrier ends in time").expect("without a panic");
        assert_eq!(self.gate.total(), 0, "its place is free");
        assert_eq!(self.counters.sockets_opened.get(), 1);
        let Counters { sockets_slow, sockets_silent, sockets_abuse, .. } = &*self.counters;
        [sockets_slow, sockets_silent, sockets_abuse].map(|count| count.get())
    }
}

fn patience() -> Patience {
    Patience::new(LIMIT)
}

fn text(text: &str) -> Frame {
    Frame::Text(text.into())
}

#[tokio::test]
async fn a_conversation_begins_answers_sends_unasked_and_ends_as_it_likes() {
    let (mut carried, turns) = Carried::scripted(ALLOWANCE).await;
    assert_eq!(carried.next().await, text("hello"));
    for message in [text("?"), Frame::Binary(Bytes::from_static(b"\xff"))] {
        carried.client.send(message.clone()).await.unwrap();
        assert_eq!(carried.next().await, message, "an answer");
    }
    carried.write(&[frame(0x01, 1, b"\xc3"), frame(0x80, 1, b"\xa4")].concat()).await;
    assert_eq!(carried.next().await, text("ä"), "a letter that two frames share");
    turns.send(Ok(vec![Message::Text("one".into()), Message::Text("two".into())])).await.unwrap();
    assert_eq!((carried.next().await, carried.next().await), (text("one"), text("two")));
    turns.send(Err(Ended::Again)).await.unwrap();
    assert_eq!(carried.end().await, (0, 1013));
    assert_eq!(carried.ended().await, [0; 3]);
}

#[tokio::test]
async fn every_end_has_its_code() {
    for (ended, code, counted) in [
        (Ended::Again, 1013, [0, 0, 0]),
        (Ended::Stopping, 1012, [0, 0, 0]),
        (Ended::Slow, 0, [1, 0, 0]),
        (Ended::Abuse(CloseCode::Unsupported), 1003, [0, 0, 1]),
    ] {
        let (mut carried, turns) = Carried::scripted(ALLOWANCE).await;
        turns.send(Err(ended)).await.unwrap();
        assert_eq!(carried.end().await, (1, code), "{ended:?}");
        assert_eq!(carried.ended().await, counted, "{ended:?}");
    }
    let (mut carried, _turns) = Carried::scripted(ALLOWANCE).await;
    carried.stop.send_replace(true);
    assert_eq!(carried.end().await.1, 1012, "the server ends");
    assert_eq!(carried.ended().await, [0; 3]);
}

#[tokio::test]
async fn whoever_breaks_the_protocol_or_goes_beyond_the_allowance_is_let_go() {
    let one = |first, payload: &[u8]| frame(first, payload.len() as u64, payload).to_vec();
    let many = |count: usize, frame: Vec<u8>| frame.repeat(count);
    let long = [b' '; 501];
    let abuses: [(&str, Vec<u8>, u16); 16] = [
        ("no UTF-8", one(0x81, b"\xff\xfe"), 1007),
        ("no UTF-8 in pieces", [one(0x01, b"\xc3"), one(0x80, b"x")].concat(), 1007),
        ("half a letter at the end", one(0x81, b"\xc3"), 1007),
        ("too large", one(0x81, &[b' '; 1_001]), 1009),
        ("too large in pieces", [one(0x01, &long), one(0x80, &long)].concat(), 1009),
        ("larger than memory", frame(0x82, u64::MAX >> 1, b"").to_vec(), 1009),
        ("not masked", b"\x81\x02{}".to_vec(), 1002),
        ("a reserved kind", one(0x83, b""), 1002),
        ("reserved bits", one(0xf1, b""), 1002),
        ("a control frame in pieces", one(0x09, b""), 1002),
        ("a control frame too long", one(0x89, &[0; 126]), 1002),
        ("the end of nothing", one(0x80, b""), 1002),
        ("a message within another", [one(0x01, b"a"), one(0x01, b"b")].concat(), 1002),
        ("pings without pause", many(6, one(0x89, b"")), 1008),
        ("more messages than may come", many(6, one(0x81, b"x")), 1008),
        // Never a message, so only its bytes can be counted: 20 of them more than five messages may have.
        ("fragments without end", [one(0x01, b""), many(848, one(0x00, b""))].concat(), 1008),
    ];
    for (name, bytes, code) in abuses {
        let (mut carried, _turns) = Carried::scripted(ALLOWANCE).await;
        carried.write(&bytes).await;
        assert_eq!(carried.end().await.1, code, "{name}");
        assert_eq!(carried.ended().await, [0, 0, 1], "{name}");
    }
}

#[tokio::test]
async fn what_is_allowed_is_the_conversations_own() {
    let many = Allowance { message_bytes_max: 100_000, messages_burst_max: 200, ..ALLOWANCE };
    let (mut carried, _turns) = Carried::scripted(many).await;
    assert_eq!(carried.next().await, text("hello"));
    let long = text(&"x".repeat(100_000));
    carried.client.send(long.clone()).await.unwrap();
    assert_eq!(carried.next().await, long);
    for _ in 0..199 {
        carried.client.send(text("x")).await.unwrap();
        assert_eq!(carried.next().await, text("x"));
    }
    carried.client.send(text("x")).await.unwrap();
    assert_eq!(carried.end().await, (0, 1008));
}

#[tokio::test]
async fn one_that_never_reads_is_let_go_however_much_there_is_to_send() {
    let patience = Patience::new(Duration::from_millis(300));
    let carried = Carried::new(Simulated::endless(ALLOWANCE), patience).await;
    assert_eq!(carried.ended().await, [1, 0, 0]);
}

#[tokio::test]
async fn one_that_reads_is_answered_while_it_is_sent_more_than_it_can_take() {
    let mut carried = Carried::new(Simulated::endless(ALLOWANCE), patience()).await;
    carried.client.send(text("?")).await.unwrap();
    while carried.next().await != text("?") {}
    drop(carried.client);
    timeout(LIMIT, carried.task).await.expect("the carrier ends in time").expect("without a panic");
}

#[tokio::test]
async fn one_that_gives_no_sign_of_life_is_gone() {
    let patience =
        Patience { ping_every: Duration::from_millis(20), silence_max: Duration::from_millis(100), ..patience() };
    let (conversation, _turns) = Simulated::new(ALLOWANCE);
    let carried = Carried::new(conversation, patience).await;
    assert_eq!(carried.ended().await, [0, 1, 0]);
}

#[tokio::test]
async fn one_that_closes_half_or_all_of_it_leaves_no_trace_and_breaks_no_rule() {
    for begun in [&b""[..], b"\x81", b"\x81\xfe\x01", b"\x01\x80\0\0\0\0", b"\x88\x80\0\0\0\0"] {
        let (mut carried, _turns) = Carried::scripted(ALLOWANCE).await;
        carried.write(begun).await;
        // It still reads.
        carried.client.get_mut().shutdown().await.unwrap();
        carried.end().await;
        assert_eq!(carried.ended().await, [0; 3], "{begun:?}");
        let (mut carried, _turns) = Carried::scripted(ALLOWANCE).await;
        carried.write(begun).await;
        let Carried { client, counters, gate, task, .. } = carried;
        drop(client);
        timeout(LIMIT, task).await.expect("the carrier ends in time").expect("without a panic");
        assert_eq!((gate.total(), counters.sockets_abuse.get()), (0, 0), "{begun:?}");
    }
}
