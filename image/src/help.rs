//! The help texts, one per command.

/// Which help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    /// The list of commands.
    General,
    /// `run`.
    Run,
    /// `test`.
    Test,
    /// `bench`.
    Bench,
    /// `cases`.
    Cases,
    /// `fuzz`.
    Fuzz,
    /// `image`.
    Image,
    /// `flash`.
    Flash,
}

impl Topic {
    /// The topic of the command `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Run, Self::Test, Self::Bench, Self::Cases, Self::Fuzz, Self::Image, Self::Flash]
            .into_iter()
            .find(|topic| topic.name() == name)
    }

    /// The command's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::General => "help",
            Self::Run => "run",
            Self::Test => "test",
            Self::Bench => "bench",
            Self::Cases => "cases",
            Self::Fuzz => "fuzz",
            Self::Image => "image",
            Self::Flash => "flash",
        }
    }

    /// The text.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::General => GENERAL,
            Self::Run => RUN,
            Self::Test => TEST,
            Self::Bench => BENCH,
            Self::Cases => CASES,
            Self::Fuzz => FUZZ,
            Self::Image => IMAGE,
            Self::Flash => FLASH,
        }
    }
}

const GENERAL: &str = "\
Partybox from source: set up this machine, build, run, test, measure.

Usage: cargo xtask COMMAND [ARGUMENTS]

Commands:
  run     build the box and start it; prints the address to open
  test    run every check and test, the real browser and sound ones included
  bench   run the benchmarks
  cases   play a folder of other people's files as ffmpeg does, and run its scripts
  fuzz    run the fuzz targets, each for a limited time
  image   make the file that is flashed to a box's card, and a signed update
  flash   write that file to a card and read it back
  help    this text, or `help COMMAND`

Every command first looks for what it needs. On Debian and its relatives it shows the
packages that are missing and the command that installs them, asks, and installs; on
other systems it names them. It never removes a package.

Exit codes: 0 done · 1 something failed · 2 wrong arguments, or this machine cannot do it";

const RUN: &str = "\
Build the box and start it: optimised where sound goes through, and quick to build.

Usage: cargo xtask run [OPTIONS] [-- ARGUMENTS FOR THE BOX]

Options:
      --music DIR          play the audio files in DIR (default: bundled demo tracks)
      --line-in DEVICE     take sound from this ALSA capture device, such as hw:CARD=CODEC
      --board BOARD        auto, sim (keys press buttons, drawings show LEDs and display), none,
                           or a board's name (default: its own pins on a Pi, else simulated)
      --listen ADDR:PORT   serve on this address (default: the configuration's)
      --config FILE        read this configuration; partybox.toml shows every key
      --host-from LIST     addresses or networks, with commas between, that may use the host
                           bar (default: this machine only, unless --config is given)
      --release            build it as shipped: takes twice as long, and computes less
      --debug              build it as the tests have it, to look into it
      --dry                set up and fetch what the network is needed for; compile nothing
  -y, --yes                install what is missing without asking (also if CI=true)
  -h, --help               this text

Examples:
  cargo xtask run
  cargo xtask run --music ~/Music --listen 0.0.0.0:8080
  cargo xtask run --line-in hw:CARD=CODEC,DEV=0

Ctrl-C stops the box. The exit code is the box's own: 0 stopped · 1 failed · 2 wrong
arguments or configuration, or this machine lacks something.";

const TEST: &str = "\
Run every check and every test of this machine; stop at the first that fails.

Usage: cargo xtask test [OPTIONS] [FILTER…]

In this order: set-up, Python clients, formatting, lints, what .cargo/deny.toml says of
crates, the box's program, tests, and the documentation's links. With FILTER only set-up,
the program and the tests whose name contains one of the filters.

Set-up includes Chromium and its driver, PulseAudio (a private server plays the line-in),
ffmpeg, mpv, GStreamer and Python with aiortc (in target/venv).

With --machine, only the machine tests: the box's own program in an emulated arm64 machine
(QEMU) with a real kernel. In this order: set-up, Debian's packages, a tool chain for arm64
(a Debian in target/machine, made by mmdebstrap, with the emulator in it; needs root), the
box for arm64, the machine's root file system, the card, tests. What is made is kept until
its inputs change; what a machine said is in target/machine/logs, a card with its log in
target/card/BOARD/run.

The environment makes tests of power cuts longer: PARTYBOX_CUTS (how often the plug is
pulled, else 2), PARTYBOX_TORN (torn states looked at after each flush, else 1) and
PARTYBOX_STARTED (how many of them are started, else 1). PARTYBOX_SEED repeats a run.

Options:
      --machine   run the machine tests, which nothing else runs
      --prepare   with it, make what they need and stop before the tests
      --only WHAT with it, only the tests of cards, or only those of the machine
      --cache DIR keep Debian's packages for them here (default: target/debian/cache)
      --dry       set up and fetch what the network is needed for; compile nothing
  -y, --yes       install what is missing without asking (also if CI=true)
  -h, --help      this text

Environment of the tests:
  PARTYBOX_BIN      the program under test
  PARTYBOX_PYTHON   the Python that has the requirements of tests/requirements.txt
  PARTYBOX_MACHINE  the folder with the emulated computer's kernel and initrd
Set PARTYBOX_SEED to the number a failed simulation printed to repeat it.

Examples:
  cargo xtask test
  cargo xtask test whep
  cargo xtask test --machine --yes

What tests could not look at here is listed at the end; if CI=true that is a failure.

Exit codes: 0 all passed · 1 a check or test failed · 2 wrong arguments, or set-up impossible";

const BENCH: &str = "\
Run the benchmarks. Each prints ratios against a floor or a known program, from one run.

Usage: cargo xtask bench [OPTIONS] [NAME…]

NAME is a file of tests/benches without `.rs`; without NAME all of them run. Icecast2 and
Janus are installed to compare with. Their Debian packages may start a service each;
`systemctl disable --now icecast2 janus` stops them, the benchmarks start their own.

Options:
  -y, --yes    install what is missing without asking (also if CI=true)
  -h, --help   this text

Examples:
  cargo xtask bench
  cargo xtask bench fanout

Exit codes: 0 done · 1 a benchmark failed · 2 wrong arguments, or set-up impossible";

const CASES: &str = "\
Try other people's troubles: sound files as they are, beside ffmpeg, and scripts.

Usage: cargo xtask cases [OPTIONS] FOLDER

Below FOLDER, sound files are played by a real decoder process: right is what is as long
(50 ms) and as loud (0.5 dB) as in ffmpeg. Programs named gen.py or gen_*.py get a folder
to make such files in. Scripts, *.sh, are run with PB naming the box's program, and end
with 0 if it did right. A table of both is printed.

Options:
  -y, --yes    install what is missing without asking (also if CI=true)
  -h, --help   this text

Examples:
  cargo xtask cases ~/Music

Exit codes: 0 all scripts passed and 99.5 % of the files are right · 1 not so · 2 wrong
arguments, or set-up impossible";

const FUZZ: &str = "\
Run the fuzz targets one after the other and print how many inputs each one survived.

Usage: cargo xtask fuzz [OPTIONS] [TARGET…]

TARGET is a file of tests/fuzz/fuzz_targets without `.rs`; without TARGET all of them
run. Inputs are kept in tests/fuzz/corpus and start from tests/fuzz/seeds; an input that
breaks a target is left in tests/fuzz/artifacts and its path is printed.

Options:
      --seconds N   how long each target runs at most, 1 to 86400 (default: 60, or with
                    --runs no limit)
      --runs N      how many inputs each target is given, 1 to 2000000000
      --seed N      what the mutations begin with, so that a run on the same inputs is the
                    same again (default: chance; printed)
  -y, --yes         install what is missing without asking (also if CI=true)
  -h, --help        this text

Examples:
  cargo xtask fuzz
  cargo xtask fuzz --seconds 600 sdp_offer
  cargo xtask fuzz --runs 10000000 --seed 7 http_head

Exit codes: 0 nothing found · 1 a target broke · 2 wrong arguments, or set-up impossible";

const IMAGE: &str = "\
Make the file that is flashed to a box's card, and a signed update with the same content.

Usage: cargo xtask image [OPTIONS]

Options:
      --board BOARD   pi (Zero 2 W, 3 and 4; the default), pi5 (never tried on one), or
                      qemu: pi's, started in an emulated computer
      --locked        take exactly the packages that image/card/lock-BOARD.txt names, and
                      refuse at once, with their names, if some can no longer be had
      --lock FILE     the same with another lock file, such as the one beside a card
      --cache DIR     keep Debian's packages here, which the archive drops as soon as there
                      are newer ones (default: target/debian/cache)
      --update-lock   write image/card/lock-BOARD.txt: what Debian has now
      --check         make the card a second time and see that it is the same to the bit
      --program FILE  take this arm64 program as the box instead of building it here
      --key FILE, --certificate FILE
                      sign the update with this key (default: a throw-away one);
                      image/UPDATES.md tells how to make and hand over keys
      --keyring FILE  the box takes updates by these certificates (default: that one)
      --firmware DIR  add the files in DIR, which lie there as in /lib/firmware, for a radio
                      whose firmware Debian does not have; README says which that are
      --dry           set up and fetch what the network is needed for; compile nothing
  -y, --yes           install what is missing without asking (also if CI=true)
  -h, --help          this text

The card is made of the newest packages of one release of Debian, in a tool chain of the
same release. What was used is in lock.txt beside the card and in its list of parts.

Needs root and amd64, for folders with a root and mounts of their own. Everything is below
target/card: card.img to flash, update.raucb to update a box with.

Examples:
  cargo xtask image --board qemu
  cargo xtask image --lock old/lock.txt --cache old/packages

Exit codes: 0 done · 1 something failed · 2 wrong arguments, or this machine cannot do it";

const FLASH: &str = "\
Write the image to a card and verify it.

Usage: cargo xtask flash [OPTIONS] DEVICE

DEVICE is a whole disk, such as /dev/sdb or /dev/mmcblk0. Disks that cannot be taken out,
that are mounted or in use, write-protected or too small are refused.

What the owner has to say goes into partybox.toml on the card's boot partition, which any
computer can edit later; without any of it a template with every key is there.

Options:
      --name TEXT     what guests see, such as \"Garden party\"
      --country CC    where the box is, such as DE; without it only 2.4 GHz is used
      --wifi TEXT     name of its network
      --passphrase TEXT
                      of that network; others may see it here: --settings does not show it
      --band BAND     auto, 5 or 2.4
      --night HOURS   when lights are dim, such as 22:00-07:00
      --settings FILE a whole partybox.toml instead
      --board BOARD   whose image: pi (the default) or pi5
      --image FILE    another image (default: the one that `cargo xtask image` made)
  -y, --yes           write without asking
  -h, --help          this text

Examples:
  cargo xtask flash --country DE --name \"Garden party\" /dev/sdb

Exit codes: 0 written and verified · 1 something failed · 2 wrong arguments, or refused";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_tells_usage_and_exit_codes_within_terminal_width() {
        for topic in [
            Topic::General,
            Topic::Run,
            Topic::Test,
            Topic::Bench,
            Topic::Cases,
            Topic::Fuzz,
            Topic::Image,
            Topic::Flash,
        ] {
            let text = topic.text();
            assert!(text.contains("Usage: cargo xtask"), "{topic:?}");
            assert!(text.to_lowercase().contains("exit code"), "{topic:?}");
            for line in text.lines() {
                assert!(line.chars().count() <= 96, "{line}");
            }
        }
    }
}
