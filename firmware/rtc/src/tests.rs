//! The real thread and a real socket, with one simulated phone.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink, StreamId, Timeline};
use bytes::Bytes;

use super::api::{Offer, OfferError, SessionError, SessionId, StreamError};
use super::config::{Clocks, Limits, StreamConfig};
use super::dtls::{Ended, Identity};
use super::sim::{Phone, Setup};
use super::*;

/// Nothing here takes a second unless it hangs.
const LIMIT: Duration = Duration::from_secs(20);

fn config(clocks: Clocks) -> Config {
    let timeline = Timeline::starting_at(Time::ZERO);
    let addresses = vec!["127.0.0.1".parse().unwrap()];
    Config { timeline, addresses, port: 0, limits: Limits::default(), clocks }
}

fn stream(id: &str) -> StreamConfig {
    let id = StreamId::new(id).unwrap();
    StreamConfig { id, duration: PacketDuration::Ms20, bitrate_bps: 128_000, in_band_fec: false }
}

/// Sends what the phone has to say and waits for one datagram.
fn exchange(socket: &UdpSocket, phone: &mut Phone, clocks: &Clocks) {
    for (to, bytes) in phone.outbox.take() {
        socket.send_to(&bytes, to).unwrap();
    }
    let mut bytes = [0; 2_048];
    if let Ok(len) = socket.recv(&mut bytes) {
        phone.receive(clocks.time(Instant::now()), &mut bytes[..len]);
    }
}

#[test]
fn a_phone_joins_hears_and_is_told_the_end_through_real_sockets() {
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1) };
    let (handle, thread) = spawn("127.0.0.1:0".parse().unwrap(), config(clocks)).unwrap();
    let mut sink = handle.add_stream(stream("main")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut phone = Phone::new(Identity::generate().unwrap(), clocks, "phone", Setup::Actpass);
    let local = "127.0.0.1".parse().unwrap();
    let offer = |stream| Offer {
        stream,
        sdp: phone.offer(),
        local_addr: local,
        remote_addr: local,
        guest: None,
        duration: None,
    };
    let unknown = runtime.block_on(handle.offer(offer(StreamId::new("none").unwrap())));
    assert_eq!(unknown.unwrap_err(), OfferError::UnknownStream);
    let answer = runtime.block_on(handle.offer(offer(StreamId::new("main").unwrap()))).unwrap();
    let port = handle.local_addr().port();
    assert!(answer.sdp.contains(&format!("127.0.0.1 {port} typ host")));
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert!(phone.answer(clocks.time(Instant::now()), &answer.sdp, handle.local_addr()));
    let give_up = Instant::now() + LIMIT;
    while handle.stats().listeners_in_all() != 1 && Instant::now() < give_up {
        exchange(&socket, &mut phone, &clocks);
    }
    assert!(phone.is_joined() && sink.wants(Encoding::Opus(PacketDuration::Ms20)));
    let mut number = 0;
    while phone.heard.len() < 5 && Instant::now() < give_up {
        let packet = Packet { media_time: MediaTime::from_ticks(number * 960), payload: Bytes::from_static(b"sound") };
        sink.publish(Encoding::Opus(PacketDuration::Ms20), packet);
        number += 1;
        exchange(&socket, &mut phone, &clocks);
    }
    assert_eq!(phone.heard.last().unwrap().payload, b"sound");
    assert_eq!(runtime.block_on(handle.listeners())[0].session, answer.session);
    assert_eq!(runtime.block_on(handle.delete(SessionId(1))), Err(SessionError::Unknown));
    runtime.block_on(handle.shutdown());
    thread.join().unwrap();
    while phone.ended.is_none() && Instant::now() < give_up {
        exchange(&socket, &mut phone, &clocks);
    }
    assert_eq!((phone.bye, phone.ended), (true, Some(Ended::Closed)));
    let late = runtime.block_on(handle.delete(answer.session));
    assert_eq!(late, Err(SessionError::Unavailable), "the thread is gone");
}

#[test]
fn a_port_in_use_is_named() {
    let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
    let error = spawn(address, config(clocks)).err().unwrap();
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

#[test]
fn a_full_ring_drops_and_counts() {
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
    let (handle, thread) = spawn("127.0.0.1:0".parse().unwrap(), config(clocks)).unwrap();
    let mut sink = handle.add_stream(stream("main")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(handle.shutdown());
    thread.join().unwrap();
    for number in 0..RING_PACKETS as u64 + 3 {
        let packet = Packet { media_time: MediaTime::from_ticks(number), payload: Bytes::new() };
        sink.publish(Encoding::Opus(PacketDuration::Ms20), packet);
    }
    assert_eq!(handle.stats().ring_drops_total, 3);
}

#[test]
fn streams_come_and_go_and_a_phone_switches_through_real_sockets() {
    let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::from_secs(1) };
    let (handle, thread) = spawn("127.0.0.1:0".parse().unwrap(), config(clocks)).unwrap();
    let [red, blue] = ["red", "blue"].map(stream);
    let mut sinks = [red, blue].map(|stream| handle.add_stream(stream).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut phone = Phone::new(Identity::generate().unwrap(), clocks, "phone", Setup::Actpass);
    let (local, sdp) = ("127.0.0.1".parse().unwrap(), phone.offer());
    let offer = Offer { stream: red.id, sdp, local_addr: local, remote_addr: local, guest: None, duration: None };
    let answer = runtime.block_on(handle.offer(offer)).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
    assert!(phone.answer(clocks.time(Instant::now()), &answer.sdp, handle.local_addr()));
    let give_up = Instant::now() + LIMIT;
    let mut number = 0;
    let encoding = Encoding::Opus(PacketDuration::Ms20);
    // Plays on both streams until the phone hears `wanted`.
    let mut hear = |phone: &mut Phone, sinks: &mut [Sink; 2], wanted: &[u8]| {
        while phone.heard.last().is_none_or(|heard| heard.payload != wanted) && Instant::now() < give_up {
            for (sink, payload) in sinks.iter_mut().zip([&b"red"[..], b"blue"]) {
                let media_time = MediaTime::from_ticks(number * 960);
                sink.publish(encoding, Packet { media_time, payload: Bytes::from_static(payload) });
            }
            number += 1;
            exchange(&socket, phone, &clocks);
        }
        assert_eq!(phone.heard.last().unwrap().payload, wanted);
    };
    hear(&mut phone, &mut sinks, b"red");
    assert_eq!(runtime.block_on(handle.switch(answer.session, stream("none").id)), Err(SessionError::UnknownStream));
    assert_eq!(runtime.block_on(handle.switch(answer.session, blue.id)), Ok(()));
    hear(&mut phone, &mut sinks, b"blue");
    assert_eq!(handle.stats().listeners, [(red.id, 0), (blue.id, 1)]);
    assert_eq!(sinks.each_ref().map(|sink| sink.wants(encoding)), [false, true]);
    assert_eq!(handle.add_stream(blue).err(), Some(StreamError::Duplicate(blue.id)));
    assert_eq!(handle.remove_stream(blue.id, Some(blue.id)), Err(StreamError::Unknown(blue.id)));
    assert_eq!(handle.remove_stream(blue.id, Some(red.id)), Ok(()));
    let packet = Packet { media_time: MediaTime::ZERO, payload: Bytes::from_static(b"late") };
    let drops = handle.stats().ring_drops_total;
    for _ in 0..2 * RING_PACKETS {
        sinks[1].publish(encoding, packet.clone());
    }
    assert_eq!(handle.stats().ring_drops_total, drops, "what nobody takes is not counted as dropped");
    assert!(!sinks[1].wants(encoding), "from the moment on at which it is removed");
    hear(&mut phone, &mut sinks, b"red");
    let again = handle.add_stream(blue).unwrap();
    assert_eq!(runtime.block_on(handle.listeners()).len(), 1);
    assert_eq!(handle.stats().listeners, [(red.id, 1), (blue.id, 0)]);
    assert!(!again.wants(encoding), "nobody listens to it");
    assert_eq!(handle.remove_stream(red.id, None), Ok(()));
    while !phone.bye && Instant::now() < give_up {
        exchange(&socket, &mut phone, &clocks);
    }
    assert!(phone.bye);
    runtime.block_on(handle.shutdown());
    thread.join().unwrap();
    assert_eq!(handle.remove_stream(blue.id, None), Err(StreamError::Unavailable));
    assert_eq!(handle.add_stream(red).err(), Some(StreamError::Unavailable));
}
