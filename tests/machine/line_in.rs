//! Line-in from a kernel's own sound card: `snd-aloop`, whose one side plays what its other side records.
//!
//! The card is unplugged by unbinding its driver, which is what the kernel does when a USB card is pulled.

use tests::hear;
use tests::machine::{Machine, wait_for};
use tests::wav::RATE_HZ;

use crate::sound::heard;

/// The tone that is played: 1 kHz at -6 dBFS, below the limiter. A whole number of its waves fills a second, so that it
/// can be repeated without a seam.
const HZ: f64 = 1_000.0;
const PEAK: f32 = 0.5;

/// The tone's own steepest step is 2*pi*1000/48000*0.5 = 0.0654; MP3 adds a little, a gap or slip much.
const STEP_MAX: f32 = 0.075;

/// Seconds that are listened to.
const SECONDS: u64 = 4;

/// Stretches of that length that are tried. The card's position moves in steps of the kernel's tick of 4 ms; how far the
/// box must stay behind it is learnt by running dry once or twice.
const TRIES: usize = 6;

/// The driver's name for the card, and where it is bound.
const CARD: (&str, &str) = ("snd_aloop.0", "/sys/bus/platform/drivers/snd_aloop");

/// Plays the tone over and over into the card's other side, for as long as the card is there.
const PLAY: &str = "while cat /tmp/tone; do :; done | \
                    aplay -q -D plughw:CARD=Loopback,DEV=0 -t raw -f S16_LE -r 48000 -c 1 -";

#[test]
fn a_sound_card_is_heard_whole_and_again_after_it_was_pulled_out() {
    let Some(mut machine) = Machine::boot("line-in") else { return };
    let tone = hear::sine(HZ, PEAK, RATE_HZ, RATE_HZ as usize);
    let samples: Vec<u8> = tone.iter().flat_map(|sample| ((sample * 32_767.0) as i16).to_le_bytes()).collect();
    machine.write("/tmp/tone", &samples);
    machine.run("modprobe snd-aloop");
    machine.start_box("--line-in hw:CARD=Loopback,DEV=1");
    machine.start(PLAY);
    check(&machine, "before");

    let opened = machine.metric("line_in_opened_total");
    let (card, driver) = CARD;
    // Returns when the last program has let go of the card: the box must notice by itself.
    machine.run(&format!("echo {card} > {driver}/unbind && ! test -e /proc/asound/Loopback"));
    // Tracks step in: the built-in ones are louder than nothing.
    machine.until("out_peak_dbfs", |peak| peak > -60.0);
    wait_for("the box to say that line-in is gone", &mut || {
        machine.get("/health").is_some_and(|health| !health.contains("\"line-in\":\"ok\""))
    });
    machine.run(&format!("echo {card} > {driver}/bind && test -e /proc/asound/Loopback"));
    machine.until("line_in_opened_total", |now| now > opened);
    machine.start(PLAY);
    check(&machine, "after");
}

/// Listens until the tone is heard; then one of a few stretches must be it, whole, and none may be torn unless the box
/// itself says that it ran dry.
fn check(machine: &Machine, when: &str) {
    machine.until("line_in_peak_dbfs", |peak| peak > -10.0);
    let losses = || {
        ["line_in_xruns_total", "line_in_underruns_total", "line_in_slips_total", "hole_blocks_total"]
            .map(|n| machine.metric(n))
    };
    for _ in 0..TRIES {
        let before = losses();
        let heard = heard(machine, SECONDS);
        // The encoder starts within a block.
        let middle = &heard[RATE_HZ as usize / 10..];
        let level = hear::level_db(middle) - (20.0 * f64::from(PEAK).log10() - 3.01);
        let cents = 1_200.0 * (hear::pitch_hz(middle, RATE_HZ).unwrap_or(0.1) / HZ).log2();
        let step = middle.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let lost = losses();
        let delay = machine.metric("line_in_delay_seconds") * 1e3;
        println!(
            "{when}: level {level:+.2} dB, pitch {cents:+.2} cent, largest step {step:.4}, delay {delay:.1} ms, \
             drift {:.0} ppm, xruns, underruns, slips and holes {before:?} to {lost:?}",
            machine.metric("line_in_drift_ppm")
        );
        if before == lost {
            assert!(step < STEP_MAX, "{when}: torn, and the box does not say so");
            assert!(level.abs() < 0.2, "{when}: level is off by {level} dB");
            assert!(cents.abs() < 5.0, "{when}: pitch is off by {cents} cent");
            return;
        }
    }
    panic!("{when}: no stretch of {TRIES} was whole; see above");
}
