//! The card wears out by writing: while the box plays, it writes nothing to it.
//!
//! Counted twice: by the disk itself, and by the kernel for the box's process.

use std::fs;

use tests::machine::{Machine, wait_for};
use tests::{hear, wav};

use crate::sound::heard;

/// The music: pitches in Hz. Each is so short that tracks begin and end all the time.
const TRACKS: [f64; 2] = [300.0, 500.0];
const TRACK_SECONDS: usize = 2;

const CONFIG: &str = "
[source]
music = \"/data/music\"
[state]
folder = \"/data/state\"
[wifi]
own = true
";

/// Seconds of sound that somebody listens to while nothing may be written.
const SECONDS: u64 = 30;

/// Blocks of 10 ms that are played before: whatever is to be found out about the tracks is found out.
const BLOCKS: f64 = 1_000.0;

#[test]
fn while_it_plays_nothing_is_written_to_the_card() {
    let Some(mut machine) = Machine::boot("writes") else { return };
    machine.run("modprobe -a virtio_blk ext4 && mkdir -p /data /etc && mount -o noatime -t ext4 /dev/vda /data");
    machine.run("mkdir -p /data/music /data/state");
    let tone = tempfile::NamedTempFile::new().expect("room for a tone");
    for hz in TRACKS {
        let samples = hear::sine(hz, 0.25, wav::RATE_HZ, TRACK_SECONDS * wav::RATE_HZ as usize);
        wav::write(tone.path(), &samples).expect("room for a tone");
        machine.write(&format!("/data/music/{hz}.wav"), &fs::read(tone.path()).expect("a tone"));
    }
    machine.write("/etc/partybox.toml", CONFIG.as_bytes());
    machine.start_box("--config /etc/partybox.toml");
    play(&machine, BLOCKS);
    // What a first start writes (credentials, the library's tables) is on the card, and is seen there.
    machine.run("sync; touch /tmp/then");
    let first = written(&mut machine);
    assert!(first.0 > 0, "the disk counts nothing: {first:?}");
    let heard = heard(&machine, SECONDS);
    machine.run("sync");
    let then = written(&mut machine);
    let files = machine.run("find /data -newer /tmp/then");
    println!("written before: {first:?}; {SECONDS} s later: {then:?} (sectors of the disk, bytes of the box)");
    for hz in TRACKS {
        let is = |half: &[f32]| hear::pitch_hz(half, wav::RATE_HZ).is_some_and(|heard| (heard - hz).abs() < 2.0);
        assert!(
            heard.chunks_exact(wav::RATE_HZ as usize / 2).any(is),
            "{hz} Hz was not heard: not what was to be played"
        );
    }
    assert_eq!(first, then, "sectors of the disk, bytes of the box; what is newer: {files}");
}

/// Waits until so many blocks more were played.
fn play(machine: &Machine, blocks: f64) {
    let begun = machine.metric("blocks_total");
    wait_for("the box to play", &mut || machine.metric("blocks_total") > begun + blocks);
}

/// Sectors written by the disk (field 7 of its `stat`), and bytes that the box's processes have had written.
fn written(machine: &mut Machine) -> (u64, u64) {
    let sectors = machine.run("awk '{ print $7 }' /sys/block/vda/stat");
    let bytes = machine.run(
        "for io in $(pidof partybox); do sed -n 's/^write_bytes: //p' /proc/$io/io; done | awk '{ n += $1 } END { print n }'",
    );
    let number = |text: &str| text.trim().parse().unwrap_or_else(|_| panic!("no number: {text}"));
    (number(&sectors), number(&bytes))
}
