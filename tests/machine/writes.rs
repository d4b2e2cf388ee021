//! The card wears out by writing: while the box plays, it writes nothing to it.
//!
//! Counted twice: by the disk itself, and by the kernel for the box's process.

use tests::machine::{Machine, wait_for};

const MUSIC: &[u8] = include_bytes!("../../firmware/partybox/demo/porch-light.opus");

const CONFIG: &str = "
[source]
music = \"/data/music\"
[state]
folder = \"/data/state\"
[wifi]
own = true
";

/// Blocks of 10 ms that are played while nothing may be written: half a minute.
const BLOCKS: f64 = 3_000.0;

#[test]
fn while_it_plays_nothing_is_written_to_the_card() {
    let Some(mut machine) = Machine::boot("writes") else { return };
    machine.run("modprobe -a virtio_blk ext4 && mkdir -p /data /etc && mount -o noatime -t ext4 /dev/vda /data");
    machine.run("mkdir -p /data/music /data/state");
    machine.write("/data/music/porch-light.opus", MUSIC);
    machine.write("/etc/partybox.toml", CONFIG.as_bytes());
    machine.start_box("--config /etc/partybox.toml");
    play(&machine, 1_000.0);
    // What a first start writes (credentials, the library's tables) is on the card, and is seen there.
    machine.run("sync");
    let first = written(&mut machine);
    assert!(first.0 > 0, "the disk counts nothing: {first:?}");
    play(&machine, BLOCKS);
    machine.run("sync");
    let then = written(&mut machine);
    println!("written before: {first:?}; after {BLOCKS} blocks more: {then:?} (sectors of the disk, bytes of the box)");
    assert_eq!(first, then, "sectors of the disk, bytes of the box");
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
