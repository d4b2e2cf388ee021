//! Recorded offers of real clients are answered; what is missing elsewhere is named.

use super::*;
use crate::api::{OfferError, SessionError};

const CHROMIUM: &str = include_str!("../fixtures/chromium-156.sdp");
const CHROMIUM_ALL: &str = include_str!("../fixtures/chromium-156-audio-video-data.sdp");
const FIREFOX: &str = include_str!("../fixtures/firefox-153.sdp");
const AIORTC: &str = include_str!("../fixtures/aiortc-1.16.sdp");
const GSTREAMER: &str = include_str!("../fixtures/gstreamer-1.22.sdp");
const SAFARI_12: &str = include_str!("../fixtures/safari-12-shape.sdp");
const SAFARI_18: &str = include_str!("../fixtures/safari-18-shape.sdp");

fn answer(offer: &AudioOffer) -> String {
    let stream = base::StreamId::new("main").unwrap();
    answer_with(
        offer,
        Ours::Sound {
            ssrc: 7,
            timestamp_zero: 4_000_000_000,
            cname: "box".to_owned(),
            stream,
            packet_ms: 20,
            bitrate_bps: 128_000,
            in_band_fec: true,
        },
    )
}

fn answer_with(offer: &AudioOffer, ours: Ours) -> String {
    let addresses = ["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()];
    let answering = Answering {
        ufrag: "UUUU",
        password: "PPPP",
        fingerprint: &[0xab; 32],
        addresses: &addresses,
        port: 5000,
        ours,
        is_offer: false,
        session: 1,
    };
    answering.write(offer)
}

fn refused(sdp: &str) -> String {
    match AudioOffer::parse(sdp, Peer::Listens).unwrap_err() {
        OfferError::Malformed(text) => format!("malformed: {text}"),
        OfferError::NotAcceptable(text) => format!("not acceptable: {text}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn recorded_offers_are_answered_with_one_sending_section() {
    for (sdp, payload_type, sections) in [
        (CHROMIUM, 111, 1),
        (CHROMIUM_ALL, 111, 3),
        (FIREFOX, 109, 1),
        (AIORTC, 96, 1),
        (GSTREAMER, 96, 1),
        (SAFARI_12, 111, 1),
        (SAFARI_18, 111, 1),
    ] {
        let offer = AudioOffer::parse(sdp, Peer::Listens).unwrap();
        assert_eq!((offer.payload_type, offer.dtls_client), (payload_type, false));
        let text = answer(&offer);
        let parsed = sdp_types::Session::parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.medias.len(), sections, "{text}");
        let audio = &parsed.medias[0];
        assert_eq!((audio.port, audio.fmt.clone()), (5000, payload_type.to_string()));
        for name in ["sendonly", "rtcp-mux", "ice-ufrag", "ice-pwd", "fingerprint", "setup", "mid", "end-of-candidates"]
        {
            assert!(audio.has_attribute(name), "{name} in {text}");
        }
        assert_eq!(audio.get_attribute_values("candidate").count(), 2);
        // A page knows by it which moment of the timeline it plays.
        assert_eq!(audio.get_first_attribute_value("ts-refclk").unwrap(), Some("local"));
        assert_eq!(audio.get_first_attribute_value("mediaclk").unwrap(), Some("direct=4000000000"));
        assert!(parsed.medias[1..].iter().all(|media| media.port == 0), "{text}");
        let mid = audio.get_first_attribute_value("mid").flatten().unwrap();
        assert!(text.contains(&format!("a=group:BUNDLE {mid}\r\n")), "{text}");
    }
}

const FFMPEG: &str = include_str!("../fixtures/ffmpeg-8.1-whip.sdp");
const OBS: &str = include_str!("../fixtures/obs-32-shape-whip.sdp");

const SENDS: Peer = Peer::Sends { only_sound: false };

#[test]
fn senders_are_asked_for_stereo_without_pauses_and_their_video_is_refused() {
    let chromium = CHROMIUM.replace("a=recvonly", "a=sendonly");
    for (sdp, payload_type, setup, sections) in
        [(&chromium[..], 111, "passive", 1), (FFMPEG, 111, "active", 1), (OBS, 111, "passive", 2)]
    {
        let offer = AudioOffer::parse(sdp, SENDS).unwrap();
        let text = answer_with(&offer, Ours::Nothing);
        let parsed = sdp_types::Session::parse(text.as_bytes()).unwrap();
        assert_eq!(parsed.medias.len(), sections, "{text}");
        let audio = parsed.medias.iter().find(|media| media.media == "audio").unwrap();
        assert_eq!((audio.port, audio.fmt.clone()), (5000, payload_type.to_string()));
        assert!(audio.has_attribute("recvonly") && !audio.has_attribute("ssrc") && !text.contains("usedtx"), "{text}");
        assert!(text.contains(";stereo=1;") && text.contains(&format!("a=setup:{setup}\r\n")), "{text}");
        assert!(parsed.medias.iter().all(|media| media.media == "audio" || media.port == 0), "{text}");
        let mid = audio.get_first_attribute_value("mid").flatten().unwrap();
        assert!(text.contains(&format!("a=group:BUNDLE {mid}\r\n")), "{text}");
    }
}

#[test]
fn a_sender_that_would_not_be_heard_is_told_why() {
    let refused = |sdp: &str, peer| match AudioOffer::parse(sdp, peer).unwrap_err() {
        OfferError::NotAcceptable(text) | OfferError::Malformed(text) => text,
        other => panic!("{other:?}"),
    };
    assert!(refused(CHROMIUM, SENDS).contains("a sender offers `a=sendonly`"));
    assert!(refused(OBS, Peer::Sends { only_sound: true }).contains("video"));
    let section = FFMPEG.find("m=audio").unwrap();
    assert!(refused(&format!("{FFMPEG}{}", &FFMPEG[section..]), SENDS).contains("more than one audio"));
}

#[test]
fn nack_is_answered_only_where_it_is_offered() {
    let plain = AudioOffer::parse(CHROMIUM, Peer::Listens).unwrap();
    assert!(!answer(&plain).contains("nack"));
    let with = CHROMIUM.replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 nack");
    assert!(answer(&AudioOffer::parse(&with, Peer::Listens).unwrap()).contains("a=rtcp-fb:111 nack\r\n"));
}

#[test]
fn a_passive_phone_makes_the_box_begin() {
    let offer = AudioOffer::parse(&FIREFOX.replace("a=setup:actpass", "a=setup:passive"), Peer::Listens).unwrap();
    assert!(offer.dtls_client && answer(&offer).contains("a=setup:active\r\n"));
}

#[test]
fn what_is_missing_is_named() {
    let without = |line: &str| {
        let kept = AIORTC.lines().filter(|l| !l.starts_with(line));
        kept.map(|line| format!("{line}\r\n")).collect::<String>()
    };
    for name in ["ice-ufrag", "ice-pwd", "fingerprint", "setup"] {
        assert_eq!(refused(&without(&format!("a={name}"))), format!("malformed: the audio section lacks `a={name}`"));
    }
    assert!(refused(&without("a=rtcp-mux")).contains("lacks `a=rtcp-mux`"));
    assert!(refused(&without("a=rtpmap:96")).contains("`opus/48000/2`"));
    assert!(refused(&AIORTC.replace("fingerprint:sha-", "fingerprint:md-")).contains("none of `sha-256`"));
    assert!(refused(&AIORTC.replace("a=recvonly", "a=sendonly")).contains("`a=sendonly`"));
    assert!(refused(&AIORTC.replace("m=audio", "m=video")).contains("`m=audio`"));
    assert!(refused(&AIORTC.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP")).contains("`RTP/AVP`"));
    assert!(refused(&AIORTC.replace("setup:actpass", "setup:holdconn")).contains("holdconn"));
    assert!(refused("not sdp").starts_with("malformed: the offer is not SDP"));
    assert!(refused("").starts_with("malformed"));
}

#[test]
fn what_is_too_much_is_refused() {
    assert!(refused(&"a".repeat(BYTES_MAX + 1)).contains("bytes"));
    assert!(refused(&format!("{AIORTC}{}", "a=x\r\n".repeat(LINES_MAX))).contains("lines"));
    let candidate = "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n";
    assert!(refused(&format!("{AIORTC}{}", candidate.repeat(CANDIDATES_MAX + 1))).contains("candidates"));
    assert!(
        refused(&format!("{AIORTC}{}", "m=video 9 RTP/SAVPF 1\r\n".repeat(SECTIONS_MAX))).contains("media sections")
    );
    assert!(refused(&AIORTC.replace("a=mid:0", &format!("a=mid:{}", "x".repeat(300)))).contains("`mid`"));
}

#[test]
fn damaged_offers_never_panic() {
    for sdp in [CHROMIUM, CHROMIUM_ALL, FIREFOX, AIORTC, SAFARI_12, SAFARI_18, FFMPEG, OBS] {
        for at in (0..sdp.len()).step_by(23) {
            let _ = AudioOffer::parse(&sdp[..at], Peer::Listens);
            for with in ["\0", "\u{fffd}", " ", "\r\n", "=", "99999999999999999999"] {
                let mut bad = sdp.to_owned();
                bad.replace_range(at..=at, with);
                if let Ok(offer) = AudioOffer::parse(&bad, Peer::Listens) {
                    answer(&offer);
                }
                if let Ok(offer) = AudioOffer::parse(&bad, SENDS) {
                    answer_with(&offer, Ours::Nothing);
                }
            }
        }
    }
}

#[test]
fn a_fragment_names_credentials_or_only_candidates() {
    let body = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n";
    assert_eq!(Fragment::parse(body).unwrap().credentials, Some(("abcd".to_owned(), "0123456789".to_owned())));
    assert_eq!(Fragment::parse("a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n").unwrap(), Fragment::default());
    for bad in ["a=ice-ufrag:abcd\r\n", "{\"json\":1}", &"a=candidate:1\r\n".repeat(CANDIDATES_MAX + 1)] {
        assert!(matches!(Fragment::parse(bad), Err(SessionError::Malformed(_))), "{bad}");
    }
}
