//! The JSON the pages rely on, letter by letter.

use base::StreamId;

use super::*;

fn snapshot() -> Snapshot {
    Snapshot {
        name: "Partybox".into(),
        version: "0.1.0".into(),
        playing: true,
        source: SourceKind::Files,
        sources: vec![
            SourceStatus { kind: SourceKind::Files, state: SourceState::Ok, detail: "4 tracks".into() },
            SourceStatus { kind: SourceKind::LineIn, state: SourceState::NoDevice, detail: String::new() },
        ],
        fallback: false,
        track: Some(TrackStatus {
            id: TrackId(1),
            title: "A \"quoted\" title".into(),
            artist: "B".into(),
            duration_ms: None,
            position_ms: 400,
        }),
        streams: vec![StreamStatus { id: StreamId::new("main").expect("a valid id"), live: true }],
        party: Default::default(),
        panel: Default::default(),
    }
}

#[test]
fn the_status_json_is_what_the_pages_expect() {
    let json = to_json(&snapshot(), Listeners { live: 3, pocket: 1 }, false);
    assert_eq!(
        json,
        concat!(
            r#"{"name":"Partybox","version":"0.1.0","playing":true,"source":"files","#,
            r#""sources":[{"id":"files","state":"ok","detail":"4 tracks"},"#,
            r#"{"id":"line-in","state":"no-device","detail":""}],"fallback":false,"#,
            r#""track":{"id":1,"title":"A \"quoted\" title","artist":"B","duration_ms":null,"position_ms":400},"#,
            r#""streams":[{"id":"main","live":true}],"listeners":{"live":3,"pocket":1},"you_are_host":false}"#
        )
    );
}

#[test]
fn only_the_position_may_differ_silently() {
    let before = snapshot();
    let mut after = before.clone();
    after.track.as_mut().unwrap().position_ms = 900;
    assert!(before.same_but_position(&after));
    after.track.as_mut().unwrap().title.push('!');
    assert!(!before.same_but_position(&after));
    let mut paused = before.clone();
    paused.playing = false;
    assert!(!before.same_but_position(&paused));
}

#[test]
fn a_state_is_spelled_alike_in_json_and_metrics() {
    for state in [SourceState::Ok, SourceState::NoDevice, SourceState::Clipping] {
        assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.id()));
    }
}
