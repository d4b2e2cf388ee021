//! Every format, rate and channel count: pitch, level, length, tags, seams and seeking.

use audio::decode::{self, Cut, Outcome};
use audio::pcm::Frame;
use base::CueId;

use super::rig::*;

/// Name, rate, ffmpeg's options, and by how many frames the length may be off: a frame for what tells its exact length.
/// Bare AAC has no way to; its encoder's delay and padding stay in.
const FORMATS: [(&str, u32, &str, usize); 22] = [
    ("a.wav", 44_100, "-c:a pcm_s16le", 1),
    ("8bit.wav", 8_000, "-c:a pcm_u8", 1),
    ("24bit.wav", 96_000, "-c:a pcm_s24le", 1),
    ("float.wav", 192_000, "-c:a pcm_f32le", 1),
    ("double.wav", 48_000, "-c:a pcm_f64le", 1),
    ("a.aiff", 11_025, "-c:a pcm_s16be", 1),
    ("24bit.aiff", 44_100, "-c:a pcm_s24be", 1),
    ("a.flac", 44_100, "-c:a flac", 1),
    ("high.flac", 192_000, "-c:a flac -sample_fmt s32", 1),
    ("low.flac", 8_000, "-c:a flac", 1),
    ("alac.m4a", 44_100, "-c:a alac", 1),
    ("alac96.m4a", 96_000, "-c:a alac", 1),
    ("a.mp3", 44_100, "-c:a libmp3lame -b:a 192k", 1),
    ("vbr.mp3", 48_000, "-c:a libmp3lame -q:a 2", 1),
    ("low.mp3", 11_025, "-c:a libmp3lame -b:a 64k", 1),
    ("mid.mp3", 22_050, "-c:a libmp3lame -b:a 96k", 1),
    ("a.m4a", 44_100, "-c:a aac -b:a 192k", 1),
    ("a.aac", 48_000, "-c:a aac -b:a 192k", 4_800),
    ("vorbis.ogg", 44_100, "-c:a libvorbis -q:a 6", 1),
    ("low.ogg", 11_025, "-c:a libvorbis -q:a 6", 1),
    ("opus.ogg", 48_000, "-c:a libopus -b:a 128k", 1),
    ("a.opus", 16_000, "-c:a libopus -b:a 96k -frame_duration 60", 1),
];

#[test]
fn every_format_and_rate_keeps_pitch_level_and_length() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (name, rate_hz, options, slack) in FORMATS {
        let path = kitchen.tones(name, rate_hz, 2.0, options);
        let played = play(&path);
        assert!(matches!(played.outcome, Outcome::Completed { .. }), "{name}: {}", played.complaint());
        let length = played.frames.len();
        assert!(length.abs_diff(96_000) <= slack, "{name}: {length} frames instead of 96000");
        let middle = &played.frames[9_600..86_400];
        let left = amplitude(middle, 0, LEFT.0);
        let right = amplitude(middle, 1, RIGHT.0);
        // LAME takes 0.45 dB off by itself at low rates and in mono.
        let slack_db = if name.ends_with("mp3") { 0.5 } else { 0.15 };
        assert!(off_db(left, LEFT.1) < slack_db, "{name}: left at {left}");
        assert!(off_db(right, RIGHT.1) < slack_db, "{name}: right at {right}");
        let crosstalk = amplitude(middle, 0, RIGHT.0);
        assert!(crosstalk < 0.005, "{name}: {crosstalk} of the right channel is heard left");
        let told = played.info.unwrap().duration_ms;
        assert!(told.is_none_or(|ms| ms.abs_diff(2_000) <= 60), "{name}: says it lasts {told:?} ms");
    }
}

#[test]
fn mono_is_heard_from_both_sides() {
    let Some(kitchen) = Kitchen::open() else { return };
    let source = format!("aevalsrc={}*sin(2*PI*{}*t):s=44100:d=2", LEFT.1, LEFT.0);
    for (name, options) in [
        ("mono.wav", "-c:a pcm_s16le"),
        ("mono.flac", "-c:a flac"),
        ("mono.mp3", "-c:a libmp3lame -b:a 128k"),
        ("mono.m4a", "-c:a aac -b:a 128k"),
        ("mono.ogg", "-c:a libvorbis -q:a 6"),
        ("mono.opus", "-c:a libopus -b:a 96k"),
    ] {
        let played = play(&kitchen.make(name, &["-f", "lavfi", "-i", &source], options));
        let middle = &played.frames[9_600..86_400];
        for channel in [0, 1] {
            let heard = amplitude(middle, channel, LEFT.0);
            assert!(off_db(heard, LEFT.1) < 0.5, "{name}: {heard} in channel {channel}; {}", played.complaint());
        }
    }
}

#[test]
fn five_point_one_is_mixed_by_the_books_coefficients() {
    let Some(kitchen) = Kitchen::open() else { return };
    // Left, right, centre, LFE, surround left, surround right, each with a pitch of its own.
    let tones: Vec<String> = (0..6).map(|n| format!("0.1*sin(2*PI*{}*t)", 300 + 100 * n)).collect();
    let source = format!("aevalsrc={}:s=48000:d=2:c=5.1", tones.join("|"));
    let half_power = 0.1 * std::f64::consts::FRAC_1_SQRT_2;
    for (name, options) in [
        ("six.wav", "-c:a pcm_s16le"),
        ("six.flac", "-c:a flac"),
        ("six.opus", "-c:a libopus -b:a 512k -mapping_family 1"),
        ("six.ogg", "-c:a libvorbis -q:a 8"),
        ("six.m4a", "-c:a alac"),
    ] {
        let played = play(&kitchen.make(name, &["-f", "lavfi", "-i", &source], options));
        assert!(matches!(played.outcome, Outcome::Completed { .. }), "{name}: {}", played.complaint());
        let middle = &played.frames[9_600..86_400];
        for (hz, left, right) in [
            (300.0, 0.1, 0.0),
            (400.0, 0.0, 0.1),
            (500.0, half_power, half_power),
            (600.0, 0.0, 0.0),
            (700.0, half_power, 0.0),
            (800.0, 0.0, half_power),
        ] {
            for (channel, meant) in [(0, left), (1, right)] {
                let heard = amplitude(middle, channel, hz);
                assert!((heard - meant).abs() < 0.004, "{name}: {hz} Hz in channel {channel} at {heard}, not {meant}");
            }
        }
    }
}

#[test]
fn two_halves_of_a_cut_track_join_without_a_seam() {
    let Some(kitchen) = Kitchen::open() else { return };
    let whole = sweep(144_000);
    // On nobody's packet boundary.
    let (first, second) = whole.split_at(71_117);
    for (name, options, difference_max) in [
        ("wav", "-c:a pcm_f32le", 0.0),
        ("flac", "-c:a flac -sample_fmt s32", 1e-6),
        ("ogg", "-c:a libvorbis -q:a 8", 0.15),
        ("opus", "-c:a libopus -b:a 256k", 0.15),
        ("mp3", "-c:a libmp3lame -b:a 320k", 0.15),
        ("alac.m4a", "-c:a alac", 1e-4),
        ("aac.m4a", "-c:a aac -b:a 320k", 0.15),
        // The index before the sound, and the edit list in the film's finest clock.
        ("front.m4a", "-c:a aac -b:a 320k -movflags +faststart -movie_timescale 48000", 0.15),
    ] {
        let played = [("one", first), ("two", second)]
            .map(|(half, frames)| play(&kitchen.pcm(&format!("{half}.{name}"), frames, options)).frames);
        assert_eq!(played[0].len(), first.len(), "{name}: length of the first half");
        assert_eq!(played[1].len(), second.len(), "{name}: length of the second half");
        let joined = played.concat();
        // The seam may ring a little where the coder saw the cut, everything else may not.
        let difference = worst_difference(&joined, &whole);
        assert!(difference <= difference_max, "{name}: off by {difference}");
        let away = worst_difference(&joined[4_800..66_000], &whole[4_800..66_000]);
        assert!(away <= difference_max.min(0.02), "{name}: off by {away} away from the seam");
    }
}

#[test]
fn a_part_of_a_file_is_as_long_as_asked_and_at_the_level_asked() {
    let Some(kitchen) = Kitchen::open() else { return };
    let frames: Vec<Frame> = (0..96_000).map(|n| [(n as f32 / 96_000.0) * 0.5, 0.25]).collect();
    let file = kitchen.pcm("ramp.wav", &frames, "-c:a pcm_f32le");
    let cut = Cut { start_ms: 500, end_ms: Some(1_250), gain_db: -6.0206, ..Cut::whole(&file) };
    let (tell, told) = std::sync::mpsc::channel();
    let deck = decode::open_cut(&worker(), cut.clone(), CueId(7), move |_, event| _ = tell.send(event));
    let played = drain(deck, &told);
    assert_eq!(played.complaint(), "");
    assert_eq!(played.frames.len(), 36_000);
    for (heard, meant) in played.frames.iter().zip(&frames[24_000..]) {
        assert!((heard[0] - meant[0] / 2.0).abs() < 1e-4 && (heard[1] - 0.125).abs() < 1e-4, "{heard:?} for {meant:?}");
    }
    assert!(decode::hear(&worker(), &file).is_ok());
}

#[test]
fn seeking_lands_on_the_exact_frame() {
    let Some(kitchen) = Kitchen::open() else { return };
    let whole = sweep(240_000);
    for (name, options) in [
        ("seek.wav", "-c:a pcm_f32le"),
        ("seek.aiff", "-c:a pcm_s16be"),
        ("seek.flac", "-c:a flac"),
        ("alac.m4a", "-c:a alac"),
        ("seek.ogg", "-c:a libvorbis -q:a 8"),
        ("seek.opus", "-c:a libopus -b:a 256k"),
        ("seek.mp3", "-c:a libmp3lame -b:a 320k"),
        // Without the noise it would substitute, which is random by design.
        ("seek.m4a", "-c:a aac -b:a 256k -aac_pns 0"),
    ] {
        let path = kitchen.pcm(name, &whole, options);
        let all = play(&path).frames;
        for start_at_ms in [1, 1_500, 3_333] {
            let part = play_from(&path, start_at_ms);
            let due = all.len() - start_at_ms as usize * 48;
            assert_eq!(part.frames.len(), due, "{name} from {start_at_ms} ms: {}", part.complaint());
            let difference = worst_difference(&part.frames, &all[all.len() - due..]);
            assert!(difference < 0.02, "{name} from {start_at_ms} ms: off by {difference}");
        }
        let past = play_from(&path, 60_000);
        assert!(matches!(past.outcome, Outcome::Completed { frames: 0 }), "{name}: {}", past.complaint());
    }
}

#[test]
fn tags_and_duration_are_told() {
    let Some(kitchen) = Kitchen::open() else { return };
    let tags = ["-metadata", "title=Über den Wolken", "-metadata", "artist=Ann & Bo"];
    for (name, options) in [
        ("t.mp3", "-c:a libmp3lame -b:a 128k"),
        ("t.m4a", "-c:a aac"),
        ("t.flac", "-c:a flac"),
        ("t.ogg", "-c:a libvorbis"),
        ("t.opus", "-c:a libopus"),
        ("t.aiff", "-c:a pcm_s16be -write_id3v2 1"),
    ] {
        let source = signal(48_000, 3.0);
        let input = ["-f", "lavfi", "-i", &source].into_iter().chain(tags).collect::<Vec<_>>();
        let info = decode::probe(&worker(), &kitchen.make(name, &input, options)).unwrap();
        assert_eq!(info.title.as_deref(), Some("Über den Wolken"), "{name}");
        assert_eq!(info.artist.as_deref(), Some("Ann & Bo"), "{name}");
        let ms = info.duration_ms.unwrap();
        assert!(ms.abs_diff(3_000) <= 60, "{name}: {ms} ms");
    }
}

#[test]
fn the_output_gain_of_an_opus_header_is_applied() {
    let Some(kitchen) = Kitchen::open() else { return };
    let path = kitchen.tones("gain.opus", 48_000, 2.0, "-c:a libopus -b:a 128k");
    let mut bytes = std::fs::read(&path).unwrap();
    let head = bytes.windows(8).position(|window| window == b"OpusHead").unwrap();
    // −6 dB in 1/256 dB (RFC 7845 section 5.1).
    bytes[head + 16..head + 18].copy_from_slice(&(-6_i16 * 256).to_le_bytes());
    ogg_checksum(&mut bytes);
    std::fs::write(&path, bytes).unwrap();
    let heard = amplitude(&play(&path).frames[9_600..86_400], 0, LEFT.0);
    assert!(off_db(heard, LEFT.1 * 10_f64.powf(-0.3)) < 0.3, "at {heard}");
}

/// Sets the checksum of the first page anew (RFC 3533 section 6).
fn ogg_checksum(bytes: &mut [u8]) {
    let segments = usize::from(bytes[26]);
    let end = 27 + segments + bytes[27..27 + segments].iter().map(|&length| usize::from(length)).sum::<usize>();
    bytes[22..26].fill(0);
    let crc = bytes[..end].iter().fold(0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte) << 24, |crc, _| crc << 1 ^ if crc >> 31 == 1 { 0x04C1_1DB7 } else { 0 })
    });
    bytes[22..26].copy_from_slice(&crc.to_le_bytes());
}

#[test]
fn chained_streams_play_all_their_links() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (name, options) in [("ogg", "-c:a libvorbis -q:a 6"), ("opus", "-c:a libopus -b:a 128k")] {
        let link = std::fs::read(kitchen.tones(&format!("link.{name}"), 48_000, 1.0, options)).unwrap();
        let mut next = std::fs::read(kitchen.tones(&format!("next.{name}"), 48_000, 1.0, options)).unwrap();
        // Links differ in their serial numbers (RFC 3533 section 4); ffmpeg's bit-exact ones do not.
        renumber(&mut next);
        let path = kitchen.path(&format!("chain.{name}"));
        std::fs::write(&path, [link, next].concat()).unwrap();
        let played = play(&path);
        assert!(matches!(played.outcome, Outcome::Completed { .. }), "{name}: {}", played.complaint());
        assert!(played.frames.len().abs_diff(96_000) <= 2, "{name}: {} frames", played.frames.len());
        let heard = amplitude(&played.frames[52_800..91_200], 1, RIGHT.0);
        assert!(off_db(heard, RIGHT.1) < 0.3, "{name}: second link at {heard}");
    }
}

/// Gives every page of a stream another serial number.
fn renumber(bytes: &mut [u8]) {
    let mut at = 0;
    while at < bytes.len() {
        let page = &mut bytes[at..];
        page[14..18].copy_from_slice(&0x1234_5678_u32.to_le_bytes());
        ogg_checksum(page);
        let segments = usize::from(page[26]);
        at += 27 + segments + page[27..27 + segments].iter().map(|&length| usize::from(length)).sum::<usize>();
    }
}
