//! Encoders that pause while nobody listens: nothing is encoded, nothing old is heard afterwards, nothing clicks.

use super::*;

/// An encoder under the rule by which the pump runs it, and what it makes.
fn on_demand(encoding: Encoding) -> OnDemand {
    OnDemand::new(match encoding {
        Encoding::Opus(PacketDuration::Ms10) => Box::new(Opus::new(Profile::LowDelay, config(128_000)).unwrap()),
        Encoding::Opus(_) => Box::new(Opus::new(Profile::Default, config(128_000)).unwrap()),
        Encoding::Mp3 { bitrate_bps } => Box::new(Mp3::new(bitrate_bps).unwrap()),
    })
}

/// Every encoding that an encoder of its own begins with.
const ALL: [Encoding; 5] = [MS10, MS20, MS40, MS60, MP3];

fn run_on_demand(encoder: &mut OnDemand, blocks: std::ops::Range<usize>, wanted: &[Encoding]) -> Shelf {
    let mut sink = Shelf::wanting(wanted);
    for block in blocks {
        encoder.encode(at(block), &music(block), &mut sink);
    }
    sink
}

#[test]
fn nothing_is_encoded_while_nobody_wants_it_and_all_of_it_while_somebody_does() {
    for encoding in ALL {
        let mut encoder = on_demand(encoding);
        assert!(run_on_demand(&mut encoder, 0..48, &[]).packets.is_empty());
        let packets = run_on_demand(&mut encoder, 48..96, &[encoding]).of(encoding);
        let (ticks, delay) = match encoding {
            Encoding::Opus(duration) => (duration.ticks(), 0),
            Encoding::Mp3 { .. } => (MP3_FRAME_TICKS, MP3_DELAY_TICKS),
        };
        assert_eq!(packets[0].media_time, MediaTime::from_ticks(48 * 480 - delay), "{encoding:?}");
        let expected = 48 * 480 / ticks;
        assert!((expected - 1..=expected).contains(&(packets.len() as u64)), "{encoding:?}: {}", packets.len());
        assert!(run_on_demand(&mut encoder, 96..144, &[]).packets.is_empty());
    }
}

#[test]
fn after_a_pause_the_packets_are_those_of_an_encoder_that_never_ran() {
    for encoding in ALL {
        let mut encoder = on_demand(encoding);
        run_on_demand(&mut encoder, 0..103, &[encoding]);
        run_on_demand(&mut encoder, 103..104, &[]);
        let after = run_on_demand(&mut encoder, 108..204, &[encoding]);
        let fresh = run_on_demand(&mut on_demand(encoding), 108..204, &[encoding]);
        assert!(!after.packets.is_empty());
        assert!(after.packets == fresh.packets, "{encoding:?} leans on sound from before the pause");
    }
}

#[test]
fn after_a_hole_as_well() {
    for encoding in ALL {
        let mut encoder = on_demand(encoding);
        run_on_demand(&mut encoder, 0..103, &[encoding]);
        let after = run_on_demand(&mut encoder, 108..204, &[encoding]);
        let fresh = run_on_demand(&mut on_demand(encoding), 108..204, &[encoding]);
        assert!(after.packets == fresh.packets, "{encoding:?} leans on sound from before the hole");
    }
}

#[test]
fn an_encoder_that_starts_within_a_wave_starts_without_a_click() {
    // The worst moment to start: a low tone at its peak, whose own steps are tiny.
    let tone = |block: usize| {
        let sample = |n: usize| 0.5 * (TAU * 100.0 * (block * BLOCK_FRAMES + n) as f32 / 48_000.0).cos();
        Block { frames: std::array::from_fn(|n| [sample(n); 2]) }
    };
    // Also where the first block is not the first of a frame.
    for (profile, encoding, first) in
        [(Profile::Default, MS20, 10), (Profile::Default, MS20, 11), (Profile::LowDelay, MS10, 10)]
    {
        let mut encoder = OnDemand::new(Box::new(Opus::new(profile, config(128_000)).unwrap()));
        let mut sink = Shelf::wanting(&[encoding]);
        (first..60).for_each(|block| encoder.encode(at(block), &tone(block), &mut sink));
        let heard: Vec<f32> = decode(&sink.of(encoding)).into_iter().step_by(2).collect();
        let step = heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        let loudest = heard.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        println!("{encoding:?} from block {first}: largest step {step:.4}, peak {loudest:.3}");
        assert!(loudest > 0.45, "{loudest}");
        // The tone's own steepest step is 0.0065; the fade-in's 0.0016.
        assert!(step < 0.012, "{encoding:?} from block {first}: a step of {step}");
    }
}
