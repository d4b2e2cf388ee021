//! What several channels are to the box together: which of them prove a version on trial, and what those that went leave.

use std::net::UdpSocket;
use std::sync::Arc;
use std::time::Duration;

use audio::encode::{Encode, Opus, OpusConfig, Profile};
use audio::pcm::{BLOCK_FRAMES, Block};
use base::{ChannelId, MediaTime, Time};
use party::{Asker, ChannelWish, What, Wish};
use tempfile::TempDir;

use super::{Channels, ear};
use crate::assemble::Assembled;
use crate::config::Config;
use crate::running::Running;

/// The channels of the box of these tests.
const CHANNELS: [&str; 3] = ["main", "green", "blue"];

/// Blocks of sound that are heard: four packets.
const BLOCKS: u64 = 8;

/// How long sound must flow, and longer than the test takes, in microseconds.
const LONG_US: u64 = 60_000_000;

fn id(text: &str) -> ChannelId {
    ChannelId::new(text).expect("a legal name")
}

/// A box with a folder of its own, which goes with the first value.
fn a_box() -> (TempDir, Running) {
    let directory = tempfile::tempdir().expect("a folder");
    let mut config = Config::default();
    config.state.folder = directory.path().to_owned();
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let Assembled { running, .. } = Assembled::new(&config, free).expect("a box");
    (directory, running)
}

/// Lets the box hear sound of each of the channels in `sounding` and nothing of the others; returns the time then.
fn listen(channels: &mut Channels, sounding: &[&str]) -> Time {
    let mut taps = Vec::new();
    for (id, programme) in &mut channels.programmes {
        // What the pumps encode does not reach these.
        let (tap, ear) = ear::pair();
        programme.ear = ear;
        taps.extend(sounding.contains(&id.as_str()).then_some(tap));
    }
    channels.listen(true).expect("nothing is wrong yet");
    let loud = Block { frames: std::array::from_fn(|n| if n / 24 % 2 == 0 { [0.2; 2] } else { [-0.2; 2] }) };
    for mut tap in taps {
        let mut encoder = Opus::new(Profile::Default, OpusConfig::default()).expect("libopus works");
        (0..BLOCKS).for_each(|n| {
            encoder.encode(MediaTime::from_ticks(n * BLOCK_FRAMES as u64), &loud, &mut tap);
        });
    }
    channels.listen(true).expect("nothing is wrong yet");
    channels.first().1.clock.now()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_channels_that_sounds_proves_a_version_and_none_does_not() {
    let (_directory, mut running) = a_box();
    let channels = &mut running.channels;
    for name in &CHANNELS[1..] {
        let what = What::Channel(ChannelWish::Put { name: None, color: None, repertoire: None });
        let wish = Wish { channel: id(name), who: Asker::BOX, what };
        channels.ask(wish).expect("the box can").expect("there is room");
    }
    // A host has paused some of them, or all.
    for sounding in [&[][..], &["blue"], &["main", "green"], &CHANNELS] {
        let heard = listen(channels, sounding);
        assert!(!channels.is_proved(heard), "{sounding:?}: not at once");
        assert_eq!(channels.is_proved(heard.plus_micros(LONG_US)), !sounding.is_empty(), "{sounding:?}");
    }
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_channels_that_came_and_went_leave_nothing_behind() {
    let (_directory, mut running) = a_box();
    let channels = &mut running.channels;
    let held = |channels: &Channels| {
        let supplies = &channels.supplies;
        let gauged = supplies.gauged.lock().expect("nobody panicked").len();
        let sounding = (channels.programmes.len(), supplies.rtc.stats().listeners.len());
        // Each pump's thread holds what wakes the loop.
        let wakers = Arc::strong_count(&supplies.wake);
        (gauged, supplies.hubs.borrow().len(), supplies.intakes.borrow().len(), sounding, wakers)
    };
    let before = held(channels);
    for turn in 0..200 {
        let channel = id(&format!("guest-{}", turn % 7));
        for what in [ChannelWish::Put { name: None, color: None, repertoire: None }, ChannelWish::Remove] {
            let wish = Wish { channel, who: Asker::BOX, what: What::Channel(what) };
            channels.ask(wish).expect("the box can").expect("there is room");
        }
    }
    let all_gone = async {
        while held(channels) != before {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), all_gone).await;
    assert!(ended.is_ok(), "held: {:?}, before: {before:?}", held(channels));
    running.end().await;
}
