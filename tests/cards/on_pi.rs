//! The same file on a Raspberry Pi 3 as QEMU has it: the board's boot loader, device tree and card reader, but neither its
//! network nor its watchdog, of which QEMU has the one not at all and the other wrong.

use tests::card::Card;
use tests::machine::wait_for;

#[test]
fn the_same_file_starts_on_a_raspberry_pi_3_with_its_own_boot_loader_and_device_tree() {
    let Some(card) = Card::fresh("pi") else { return };
    let mut running = card.boot_pi();
    running.says("partybox: slot A, last resort 0");
    running.says("partybox: data partition: ");
    running.says("partybox: slot A is whole");
    running.says("partybox: slot: confirmed A");
    // Nobody can ask it over a network here. That the box runs is seen by what it keeps at its first start.
    wait_for("the box to keep the name of its network", &mut || card.names("/state").contains(&"wifi".to_owned()));
}
