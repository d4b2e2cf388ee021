//! `cargo xtask flash` on a computer with a card reader: what it refuses, and that what it says it wrote is on the card.

use std::fs;

use tests::machine::{Answer, Machine};

/// Bytes of the card in the reader, and of what is flashed.
const CARD: usize = 64 << 20;
const IMAGE: usize = 24 << 20;

/// What the rest of the card is full of.
const REST: u8 = 0x5a;

#[test]
fn a_card_is_written_and_compared_and_what_is_in_use_or_no_card_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("room for a card");
    fs::write(file.path(), vec![REST; CARD]).expect("room for a card");
    let Some(mut machine) = Machine::boot_with_reader("flash", file.path()) else { return };
    machine.run("modprobe -a virtio_blk ext4");
    machine.run(&format!("dd if=/dev/urandom of=/tmp/image bs=4096 count={} 2>&1", IMAGE / 4096));
    let refused = |answer: Answer, why: &str| {
        assert!(answer.code != 0 && answer.text.contains(why), "not refused as {why:?}: {answer:?}");
    };
    let flash = |device: &str| format!("xtask flash {device} --image /tmp/image --yes");

    refused(machine.ask(&flash("/dev/vda")), "no removable disk");
    refused(machine.ask(&flash("/dev/nothing")), "is no disk");
    refused(machine.ask("xtask flash /dev/mmcblk0 --image /tmp/image"), "nothing was written");
    refused(machine.ask("xtask flash /dev/mmcblk0 --image /tmp --yes"), "/tmp");
    machine.run("truncate -s 65M /tmp/large");
    refused(machine.ask("xtask flash /dev/mmcblk0 --image /tmp/large --yes"), "too small");
    assert!(fs::read(file.path()).expect("ours").iter().all(|byte| *byte == REST), "it was refused and written to");

    let said = machine.run(&flash("/dev/mmcblk0"));
    assert!(said.contains("verifying 100 %") && said.contains("written and verified"), "{said}");
    let sum = machine.run("sha256sum < /tmp/image");
    machine.run(&format!("head -c {IMAGE} /dev/mmcblk0 | sha256sum | grep -q '{}'", sum.trim()));
    let card = fs::read(file.path()).expect("ours");
    assert!(card[..IMAGE].iter().any(|byte| *byte != REST), "nothing was written");
    assert!(card[IMAGE..].iter().all(|byte| *byte == REST), "more was written than the image");

    // The other disk's file system, in use.
    machine.run("dd if=/dev/vda of=/dev/mmcblk0 bs=1M 2>&1 && mkdir -p /mnt && mount -t ext4 /dev/mmcblk0 /mnt");
    refused(machine.ask(&flash("/dev/mmcblk0")), "in use: /mnt");
}
