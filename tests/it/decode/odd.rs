//! Files as other people's programs leave them: what claims or lies about its length, carries broken things beside its
//! sound, or is of a kind that few programs write. All of it is heard, as long and as loud as it is.
//!
//! ffmpeg makes the plain files; what is odd about them is done to their bytes here.

use std::fs;

use audio::decode::Outcome;

use super::rig::*;

/// How far a length may be off, frames: 50 ms.
const SLACK_FRAMES: usize = 2_400;

/// Length of the plain files.
const SECONDS: f64 = 2.0;

/// Plays `bytes` as a file and holds what is heard to `seconds` of the test signal.
fn check(kitchen: &Kitchen, what: &str, bytes: &[u8], seconds: f64) {
    let path = kitchen.path("odd");
    fs::write(&path, bytes).unwrap();
    let played = play(&path);
    let meant = (seconds * 48_000.0) as usize;
    let length = played.frames.len();
    assert!(length.abs_diff(meant) <= SLACK_FRAMES, "{what}: {length} frames, not {meant}; {}", played.complaint());
    let middle = &played.frames[4_800..length.min(40_000)];
    for (channel, (hz, level)) in [(0, LEFT), (1, RIGHT)] {
        let heard = amplitude(middle, channel, hz);
        assert!(off_db(heard, level) < 0.5, "{what}: {heard} in channel {channel}");
    }
}

fn made(kitchen: &Kitchen, name: &str, rate_hz: u32, options: &str) -> Vec<u8> {
    fs::read(kitchen.tones(name, rate_hz, SECONDS, options)).unwrap()
}

fn find(bytes: &[u8], mark: &[u8]) -> usize {
    bytes.windows(mark.len()).position(|window| window == mark).unwrap()
}

fn with(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at..at + value.len()].copy_from_slice(value);
    bytes
}

#[test]
fn no_claim_bounds_an_mp3() {
    let Some(kitchen) = Kitchen::open() else { return };
    let plain = made(&kitchen, "a.mp3", 44_100, "-c:a libmp3lame -q:a 4 -id3v2_version 0");
    let bare = made(&kitchen, "bare.mp3", 44_100, "-c:a libmp3lame -q:a 4 -write_xing 0 -id3v2_version 0");
    let other = made(&kitchen, "other.mp3", 48_000, "-c:a libmp3lame -b:a 128k -id3v2_version 0");
    let mono = made(&kitchen, "mono.mp3", 44_100, "-c:a libmp3lame -b:a 64k -ac 1 -id3v2_version 0");
    let claim = find(&plain, b"Xing") + 8;
    let frames = u32::from_be_bytes(plain[claim..claim + 4].try_into().unwrap());
    for count in [0, frames / 2, frames * 10, u32::MAX] {
        check(&kitchen, "a false count", &with(&plain, claim, &count.to_be_bytes()), SECONDS);
    }
    check(&kitchen, "no count", &bare, SECONDS);
    check(&kitchen, "joined", &[&plain[..], &plain].concat(), 2.0 * SECONDS + 0.04);
    check(&kitchen, "another rate behind", &[&plain[..], &other].concat(), 2.0 * SECONDS + 0.04);
    check(&kitchen, "one channel behind", &[&plain[..], &mono].concat(), 2.0 * SECONDS + 0.04);
    check(&kitchen, "zeros in front", &[&vec![0; 1 << 20][..], &plain].concat(), SECONDS);
    check(&kitchen, "a page in front", &[b"<html><body>Not found</body></html>".repeat(40), plain].concat(), SECONDS);
}

#[test]
fn other_layers_and_mpeg_audio_in_wav_are_heard() {
    let Some(kitchen) = Kitchen::open() else { return };
    check(&kitchen, "layer II", &made(&kitchen, "a.mp2", 44_100, "-c:a mp2 -b:a 192k"), SECONDS);
    check(&kitchen, "MP3 in WAV", &made(&kitchen, "mp3.wav", 44_100, "-c:a libmp3lame"), SECONDS);
}

/// Frames of layer III made bit by bit: the same random lines of ±1 in blocks of one kind.
fn layer_three(is_mixed: bool) -> Vec<u8> {
    let mut seed = 4_u32;
    let mut file = Vec::new();
    for _ in 0..60 {
        let (mut side, mut main) = ("0".repeat(9 + 5 + 4), String::new());
        for _ in 0..2 {
            let mut lines = String::new();
            for _ in 0..40 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let pick = seed >> 24;
                let sign = |bit: u32| if pick >> bit & 1 == 1 { "1" } else { "0" };
                lines += match pick & 3 {
                    0 => "1",
                    1 => "01",
                    2 => "001",
                    _ => "000",
                };
                lines += if pick & 1 == 1 { sign(4) } else { "" };
                lines += if pick & 2 == 2 { sign(5) } else { "" };
            }
            side += &format!("{:012b}{:09b}{:08b}0000", lines.len(), 40, 175);
            side += if is_mixed { "1101" } else { "1100" };
            side += "0000100001";
            side += "000000000000";
            main += &lines;
        }
        let bits = side + &main;
        let byte = |bits: &[u8]| bits.iter().fold(0_u8, |byte, bit| byte << 1 | (bit - b'0')) << (8 - bits.len());
        let mut frame = vec![0xFF, 0xFB, 0x90, 0xC4];
        frame.extend(bits.as_bytes().chunks(8).map(byte));
        frame.resize(417, 0);
        file.extend(frame);
    }
    file
}

#[test]
fn mixed_blocks_are_as_loud_as_others() {
    let Some(kitchen) = Kitchen::open() else { return };
    let level = |is_mixed| {
        let path = kitchen.path("blocks");
        fs::write(&path, layer_three(is_mixed)).unwrap();
        let played = play(&path);
        assert!(played.frames.len() > 48_000, "{}", played.complaint());
        let power: f32 = played.frames.as_flattened().iter().map(|sample| sample * sample).sum();
        10.0 * (power / played.frames.len() as f32).log10()
    };
    let (short, mixed) = (level(false), level(true));
    assert!((mixed - short).abs() < 6.0, "{mixed} dB beside {short} dB");
}

#[test]
fn no_size_silences_a_wav() {
    let Some(kitchen) = Kitchen::open() else { return };
    let plain = made(&kitchen, "plain.wav", 44_100, "-c:a pcm_s16le");
    let data = find(&plain, b"data") + 4;
    for size in [0, u32::MAX, 0x7FFF_FFFF] {
        let both = with(&with(&plain, data, &size.to_le_bytes()), 4, &size.to_le_bytes());
        check(&kitchen, "sizes never filled in", &both, SECONDS);
    }
    let whole = plain.len() as u32 - 8;
    for size in [whole - 1, whole - 8, 0, 100] {
        check(&kitchen, "RIFF too short", &with(&plain, 4, &size.to_le_bytes()), SECONDS);
    }
    let rf64 = [&b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0"[..], &[0; 28], &plain[12..]].concat();
    let rf64_size = find(&rf64, b"data") + 4;
    check(&kitchen, "RF64", &with(&rf64, rf64_size, &[0xFF; 4]), SECONDS);
    for (name, options) in [
        ("w64.w64", "-c:a pcm_s16le"),
        ("ima.wav", "-c:a adpcm_ima_wav"),
        ("ms.wav", "-c:a adpcm_ms"),
        ("a.wav", "-c:a pcm_alaw"),
        ("mu.wav", "-c:a pcm_mulaw"),
        ("ima.aifc", "-c:a adpcm_ima_qt -f aiff"),
        ("little.aifc", "-c:a pcm_s16le -f aiff"),
        ("float.aifc", "-c:a pcm_f32be -f aiff"),
    ] {
        check(&kitchen, name, &made(&kitchen, name, 44_100, options), SECONDS);
    }
}

#[test]
fn what_lies_beside_flac_silences_nothing() {
    let Some(kitchen) = Kitchen::open() else { return };
    let plain = made(&kitchen, "a.flac", 44_100, "-c:a flac");
    let picture = [&[6, 0, 0, 12][..], &[0; 8], &[0xFF; 4]].concat();
    let sheet = [&[5, 0, 0, 20][..], &[0x30; 20]].concat();
    for (what, block) in [("a picture that lies", picture), ("a cue sheet that lies", sheet)] {
        check(&kitchen, what, &[&plain[..42], &block, &plain[42..]].concat(), SECONDS);
    }
    check(&kitchen, "ID3v1 behind", &[&plain[..], b"TAG", &[b'x'; 125]].concat(), SECONDS);
    check(&kitchen, "rubbish in front", &[&[0; 4_096][..], &plain].concat(), SECONDS);
    for (name, options) in [("a.oga", "-c:a flac"), ("flac.mka", "-c:a flac"), ("flac.mp4", "-c:a flac -strict -2")] {
        check(&kitchen, name, &made(&kitchen, name, 44_100, options), SECONDS);
    }
}

#[test]
fn what_lies_in_front_silences_no_kind() {
    let Some(kitchen) = Kitchen::open() else { return };
    let rubbish: Vec<u8> = (0..70_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8 & 0x7F).collect();
    let page = b"<html><body>Not found</body></html>\r\n".repeat(30);
    for (name, options) in [
        ("a.wav", "-c:a pcm_s16le"),
        ("a.aiff", "-c:a pcm_s16be"),
        ("a.w64", "-c:a pcm_s16le"),
        ("a.caf", "-c:a pcm_s16be"),
        ("a.flac", "-c:a flac"),
        ("a.ogg", "-c:a libvorbis"),
        ("a.m4a", "-c:a aac"),
        ("front.mp4", "-c:a aac -movflags +faststart"),
        ("a.mov", "-c:a aac"),
        ("a.mka", "-c:a aac"),
        ("a.webm", "-c:a libopus"),
        ("a.mp3", "-c:a libmp3lame"),
    ] {
        let plain = made(&kitchen, name, 48_000, options);
        for (what, front) in [("zeros", vec![0; 1_000_000]), ("rubbish", rubbish.clone()), ("a page", page.clone())] {
            check(&kitchen, &format!("{what} in front of {name}"), &[&front[..], &plain].concat(), SECONDS);
        }
    }
}

#[test]
fn mp4_of_every_usual_make_is_heard() {
    let Some(kitchen) = Kitchen::open() else { return };
    let plain = made(&kitchen, "a.m4a", 44_100, "-c:a aac");
    let front = made(&kitchen, "front.m4a", 44_100, "-c:a aac -movflags +faststart");
    let first = u32::from_be_bytes(plain[..4].try_into().unwrap());
    let free = [&first.to_be_bytes()[..], b"free"].concat();
    check(&kitchen, "no kind in front", &with(&plain, 0, &free), SECONDS);
    let cut = kitchen.path("cut.m4a");
    fs::write(&cut, &front[..front.len() * 3 / 5]).unwrap();
    let heard = play(&cut).frames.len();
    assert!((38_000..80_000).contains(&heard), "{heard} frames of a file that is cut off");
    for (name, rate_hz, options) in [
        ("high.m4a", 88_200, "-c:a aac"),
        ("higher.m4a", 96_000, "-c:a aac"),
        ("six.m4a", 44_100, "-c:a aac -af pan=5.1|FL=FL|FR=FR"),
        ("pieces.m4a", 44_100, "-c:a aac -movflags frag_keyframe+empty_moov -frag_duration 500000"),
        ("both.m4a", 44_100, "-c:a aac -movflags frag_keyframe -frag_duration 500000"),
        ("alac.m4a", 96_000, "-c:a alac"),
        ("opus.mp4", 48_000, "-c:a libopus"),
        ("mp3.mp4", 44_100, "-c:a libmp3lame"),
        ("numbers.mov", 44_100, "-c:a pcm_s16le"),
        ("big.mov", 44_100, "-c:a pcm_s24be"),
        ("floats.mov", 44_100, "-c:a pcm_f32le"),
        ("ima.mov", 44_100, "-c:a adpcm_ima_qt"),
        ("a.mka", 44_100, "-c:a aac"),
        ("opus.webm", 48_000, "-c:a libopus"),
        ("vorbis.webm", 44_100, "-c:a libvorbis"),
        ("a.caf", 44_100, "-c:a pcm_s16be"),
    ] {
        check(&kitchen, name, &made(&kitchen, name, rate_hz, options), SECONDS);
    }
}

#[test]
fn ac3_and_gsm_are_heard_wherever_they_lie() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (name, rate_hz, options) in [
        ("a.ac3", 44_100, "-c:a ac3 -b:a 192k"),
        ("low.ac3", 32_000, "-c:a ac3 -b:a 192k"),
        ("a.eac3", 48_000, "-c:a eac3 -b:a 192k"),
        ("six.ac3", 48_000, "-c:a ac3 -b:a 448k -af pan=5.1|FL=FL|FR=FR"),
        ("a.mp4", 44_100, "-c:a ac3"),
        ("e.mp4", 44_100, "-c:a eac3"),
        ("a.mka", 48_000, "-c:a ac3"),
        ("e.mka", 44_100, "-c:a eac3"),
        ("ac3.wav", 48_000, "-c:a ac3"),
    ] {
        check(&kitchen, name, &made(&kitchen, name, rate_hz, options), SECONDS);
    }
    // A codec for speech: one channel, and a tone only about as loud as it was.
    let hum = ["-f", "lavfi", "-i", "aevalsrc=0.4*sin(2*PI*400*t):s=8000:d=2"];
    for (name, options) in [("gsm.wav", "-c:a libgsm_ms"), ("gsm.mov", "-c:a libgsm")] {
        let played = play(&kitchen.make(name, &hum, options));
        assert!(played.frames.len().abs_diff(96_000) <= SLACK_FRAMES, "{name}: {}", played.complaint());
        let heard = amplitude(&played.frames[9_600..48_000], 0, 400.0);
        assert!(off_db(heard, 0.4) < 1.5, "{name}: {heard}");
    }
}

#[test]
fn dts_is_heard_wherever_it_lies() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (name, rate_hz, options) in [
        ("a.dts", 48_000, "-c:a dca -strict -2 -b:a 768k"),
        ("cd.dts", 44_100, "-c:a dca -strict -2 -b:a 1411200"),
        ("six.dts", 48_000, "-c:a dca -strict -2 -b:a 1536k -af pan=5.1(side)|FL=FL|FR=FR"),
        ("dts.mka", 44_100, "-c:a dca -strict -2"),
        ("dts.mp4", 48_000, "-c:a dca -strict -2"),
        ("dts.wav", 44_100, "-c:a dca -strict -2"),
        ("dts.spdif", 48_000, "-c:a dca -strict -2 -f spdif"),
        ("ac3.spdif", 48_000, "-c:a ac3 -f spdif"),
    ] {
        let bytes = made(&kitchen, name, rate_hz, options);
        // What a receiver of digital sound would be sent is stereo of 16 bits to everybody else.
        let bytes = if name.ends_with("spdif") { as_stereo(rate_hz, &bytes) } else { bytes };
        check(&kitchen, name, &bytes, SECONDS);
    }
}

/// `samples` as a WAV file of 16 bits.
fn as_stereo(rate_hz: u32, samples: &[u8]) -> Vec<u8> {
    let head =
        [&b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0"[..], &rate_hz.to_le_bytes(), &(rate_hz * 4).to_le_bytes()]
            .concat();
    [&head[..], b"\x04\0\x10\0data", &(samples.len() as u32).to_le_bytes(), samples].concat()
}

#[test]
fn aac_of_the_old_kinds_is_heard() {
    let Some(kitchen) = Kitchen::open() else { return };
    for (name, options) in [
        ("main.m4a", "-c:a aac -profile:a aac_main"),
        ("ltp.m4a", "-c:a aac -profile:a aac_ltp -strict -2"),
        ("main.aac", "-c:a aac -profile:a aac_main"),
        ("main.mka", "-c:a aac -profile:a aac_main"),
        ("six.m4a", "-c:a aac -profile:a aac_main -af pan=5.1|FL=FL|FR=FR"),
    ] {
        check(&kitchen, name, &made(&kitchen, name, 44_100, options), SECONDS);
    }
}

#[test]
fn aac_of_eight_channels_has_its_front_in_front() {
    let Some(kitchen) = Kitchen::open() else { return };
    // Left and right alone: what stood elsewhere would be 3 dB quieter.
    for (name, options) in [("front.m4a", ""), ("front.aac", ""), ("main.m4a", "-profile:a aac_main")] {
        let options = format!("-c:a aac -b:a 512k {options} -af pan=7.1|FL=FL|FR=FR");
        check(&kitchen, name, &made(&kitchen, name, 48_000, &options), SECONDS);
    }
}

#[test]
fn speex_is_heard() {
    let Some(kitchen) = Kitchen::open() else { return };
    // A codec for speech: a tone only about as loud as it was.
    for (rate_hz, channels) in [(8_000, 1), (16_000, 1), (32_000, 1), (16_000, 2)] {
        let tones = vec!["0.4*sin(2*PI*400*t)"; channels].join("|");
        let hum = format!("aevalsrc={tones}:s={rate_hz}:d=2");
        let options = "-c:a libspeex -cbr_quality 8";
        let played = play(&kitchen.make("hum.spx", &["-f", "lavfi", "-i", &hum], options));
        let about = format!("{rate_hz} Hz, {channels} channels: {}", played.complaint());
        assert!(played.frames.len().abs_diff(96_000) <= SLACK_FRAMES, "{about}, {} frames", played.frames.len());
        for channel in [0, 1] {
            let heard = amplitude(&played.frames[9_600..86_400], channel, 400.0);
            assert!(off_db(heard, 0.4) < 1.5, "{about}: {heard}");
        }
    }
}

#[test]
fn chained_ogg_and_opus_of_any_family_go_on() {
    let Some(kitchen) = Kitchen::open() else { return };
    let one = made(&kitchen, "one.ogg", 44_100, "-c:a libvorbis -serial_offset 1");
    let other = made(&kitchen, "other.ogg", 48_000, "-c:a libvorbis -serial_offset 77");
    check(&kitchen, "another rate", &[&one[..], &other].concat(), 2.0 * SECONDS);
    let opus = made(&kitchen, "255.opus", 48_000, "-c:a libopus -mapping_family 255 -b:a 96k");
    check(&kitchen, "family 255", &opus, SECONDS);
}

#[test]
fn what_holds_nothing_to_hear_is_broken_and_says_so() {
    let Some(kitchen) = Kitchen::open() else { return };
    let wav = made(&kitchen, "a.wav", 44_100, "-c:a pcm_s16le");
    let data = find(&wav, b"data") + 8;
    let m4a = made(&kitchen, "a.m4a", 44_100, "-c:a aac");
    let entry = m4a.windows(4).rposition(|window| window == b"mp4a").unwrap();
    for (bytes, why) in [
        (wav[..data].to_vec(), "holds no sound"),
        (with(&m4a, entry, b"drms"), "cannot be played here: it is protected by its seller (DRM)"),
        (
            m4a[..find(&m4a, b"moov") - 4].to_vec(),
            "is damaged: its index is missing, as when a recording was broken off",
        ),
    ] {
        let path = kitchen.path("nothing");
        fs::write(&path, bytes).unwrap();
        let played = play(&path);
        assert!(matches!(played.outcome, Outcome::Broken(_)), "{why}");
        assert_eq!(played.complaint(), format!("{path:?} {why}"));
    }
}
