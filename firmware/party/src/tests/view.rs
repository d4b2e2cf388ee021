//! What may be seen: of the queue, of one's own, and by whom.

use serde_json::{Value, json, to_value};

use super::*;
use crate::{BOOSTS_MAX, ByView, Decline, How, RequestState, Requests, Role, Which, Why};

fn auto() -> Settings {
    Settings { requests: Requests::Auto, ..Settings::default() }
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn each_role_sees_what_it_may_and_no_more() {
    let mut pump = Pump::new();
    pump.pending(1, 50);
    let view = pump.party.page_view();
    for (asker, role, seen) in [
        (Asker::default(), "guest", &["role"][..]),
        (guest(7), "guest", &["role"]),
        (Asker { leads: true, ..guest(1) }, "dj", &["pending", "role"]),
        (
            Asker { leads: true, is_host: true, ..guest(1) },
            "host",
            &["back", "channels_max", "origins", "pending", "role"],
        ),
        (Asker::BOX, "host", &["back", "channels_max", "origins", "pending", "role"]),
    ] {
        let shown = to_value(view.of_role(asker.role())).unwrap();
        assert_eq!((&shown["role"], keys(&shown)), (&json!(role), seen.to_vec()));
    }
    let pending = json!([{ "id": 1, "track": 50, "by": { "label": 1 } }]);
    assert_eq!(to_value(view.of_role(Role::Dj)).unwrap()["pending"], pending);
    let public = to_value(&view.everybody).unwrap();
    assert!(!public.to_string().contains("50"), "a request that waits is nobody else's business: {public}");
}

#[test]
fn a_host_sees_what_the_files_say_and_goes_back_to_it() {
    let configured = Settings { crossfade_ms: 2_000, shuffle: true, ..Settings::default() };
    let mut pump = Pump::of(configured.clone(), 100);
    let back = |pump: &Pump| to_value(pump.party.page_view().of_role(Role::Host)).unwrap()["back"].take();
    assert_eq!(back(&pump), json!({}));
    pump.set(Change { crossfade_ms: Some(4_000), shuffle: Some(false), duck_db: Some(20), ..Change::default() });
    assert_eq!(back(&pump), json!({ "crossfade_ms": 2_000, "shuffle": true, "duck_db": 14 }));
    let saved = pump.party.saved_revision();
    pump.ask(HOST, What::Unset(Which::named("crossfade_ms").unwrap())).unwrap();
    assert_eq!(pump.party.settings(), &Settings { shuffle: false, duck_db: 20, ..configured });
    assert_eq!(back(&pump), json!({ "shuffle": true, "duck_db": 14 }));
    assert!(pump.party.saved_revision() > saved, "it outlasts a restart");
    assert_eq!(Which::named("crossfade"), None);
}

#[test]
fn every_guest_sees_what_is_theirs() {
    let mut pump = Pump::of(auto(), 100);
    let ask = |pump: &mut Pump, track| pump.ask(guest(1), request(track)).unwrap();
    let (Done::Admitted(first), Done::Admitted(second)) = (ask(&mut pump, 50), ask(&mut pump, 51)) else {
        panic!("not let in")
    };
    let items: Vec<ItemId> = pump.standing().0.iter().map(|item| item.id).collect();
    pump.ask(guest(2), What::Vote(items[1], true)).unwrap();
    pump.ask(guest(2), What::Boost(items[0])).unwrap();
    pump.tell(hearing([2, 3]));
    pump.now = pump.now.plus_millis(30_000);
    pump.ask(guest(3), What::SkipVote(true)).unwrap();
    pump.ask(HOST, What::Remove(items[0])).unwrap();
    let view = pump.party.page_view();
    let of = |number| view.of_guest(Some(GuestId(number)));
    assert_eq!((&of(1).items[..], of(1).requests_left), (&items[1..], 2));
    let states: Vec<_> = of(1).requests.iter().map(|request| (request.id, request.state, request.why)).collect();
    assert_eq!(states, [(second, RequestState::Queued, None), (first, RequestState::Declined, Some(Decline::Removed))]);
    assert_eq!((&of(2).votes[..], of(2).boosts_left), (&items[1..], u32::from(BOOSTS_MAX) - 1));
    assert!(of(3).skip_vote && !of(2).skip_vote);
    assert_eq!((of(9), view.everybody.skip.votes), (view.of_guest(None), 1), "who did nothing is like who is unknown");
    assert_eq!(of(9).requests_left, 3);
    pump.set(Change { requests: Some(Requests::Off), ..Change::default() });
    assert_eq!(pump.party.page_view().of_guest(None).requests_left, 0);
}

#[test]
fn what_is_left_to_a_guest_is_what_the_rules_grant() {
    let mut pump = Pump::of(Settings { per_guest_max: 2, ..auto() }, 100);
    for track in 50..60 {
        let left = pump.party.page_view().of_guest(Some(GuestId(1))).requests_left;
        let granted = pump.ask(guest(1), request(track));
        assert_eq!(granted.is_ok(), left > 0, "{granted:?} with {left} left");
    }
    let items: Vec<ItemId> = (60..70).map(|track| pump.add(track, At::End)).collect();
    for item in items {
        let left = pump.party.page_view().of_guest(Some(GuestId(1))).boosts_left;
        assert_eq!(pump.ask(guest(1), What::Boost(item)).is_ok(), left > 0);
    }
}

#[test]
fn the_view_is_written_as_pages_read_it() {
    let mut pump = Pump::of(auto(), 100);
    pump.add(90, At::Next);
    pump.heard_next();
    let item = pump.wish(7, 50);
    pump.ask(guest(8), What::Vote(item, true)).unwrap();
    pump.ask(HOST, What::Next).unwrap();
    let pinned = pump.add(91, At::Next);
    let view = pump.party.page_view();
    let public = to_value(&view.everybody).unwrap();
    assert_eq!(
        keys(&public),
        [
            "history",
            "line_in_silent",
            "playing",
            "queue",
            "reactions",
            "session",
            "settings",
            "skip",
            "source",
            "talk_over",
            "upcoming",
            "volume_db"
        ]
    );
    let queue = json!({
        "order": [pinned],
        "items": { pinned.to_string(): {
            "track": 91, "by": "host", "votes": 0, "boosted": false, "why": [{ "code": "pinned" }],
        }},
        "can_undo": true,
    });
    assert_eq!(public["queue"], queue);
    let history = json!([
        { "track": 90, "by": "host", "how": "skipped", "skipped_by": 0, "at_ms": 180_000, "hearts": 0 },
        { "track": 1, "by": null, "how": "played", "skipped_by": 0, "at_ms": 0, "hearts": 0 },
    ]);
    assert_eq!(public["history"], history);
    let now = view.everybody.now.as_ref().expect("it plays");
    assert_eq!((now.track, now.by, now.item), (TrackId(50), Some(ByView::Guest { label: GuestId(7) }), Some(item)));
    assert_eq!((&public["source"], &public["volume_db"]), (&json!("files"), &json!(0.0)));
    assert_eq!(public["session"], json!({ "live": true, "title": "", "started_ms": 0 }));
    let why = [Why::WaitingTurn { round: 2 }, Why::Turn { before: 3 }];
    let written = json!([{ "code": "waiting-turn", "round": 2 }, { "code": "turn", "before": 3 }]);
    assert_eq!((to_value(why).unwrap(), to_value(How::Skipped).unwrap()), (written, json!("skipped")));
}

#[test]
fn whoever_knows_tracks_joins_them_in_everywhere_and_changes_nothing_else() {
    let mut pump = Pump::new();
    pump.add(90, At::Next);
    pump.heard_next();
    pump.wish(1, 60);
    pump.wish(2, 61);
    pump.pending(3, 62);
    let view = pump.party.page_view();
    assert_eq!(view.clone().map_tracks(|track| track), view);
    let joined = view.clone().map_tracks(|track| format!("Track {track}"));
    for role in Role::ALL {
        let (before, after) = (to_value(view.of_role(role)).unwrap(), to_value(joined.of_role(role)).unwrap());
        assert_eq!(after.to_string().matches("Track ").count(), before.to_string().matches("\"track\"").count());
    }
    let public = to_value(&joined.everybody).unwrap();
    assert_eq!(public["upcoming"], json!(["Track 2", "Track 3", "Track 4"]));
    assert_eq!(public["history"][0]["track"], "Track 1");
    let item = view.everybody.queue.order[0];
    assert_eq!(public["queue"]["items"][item.to_string()]["track"], "Track 60");
    assert_eq!(joined.of_guest(Some(GuestId(1))).requests[0].track, "Track 60");
    assert_eq!(joined.of_role(Role::Dj).pending.expect("DJs may")[0].track, "Track 62");
    assert_eq!(joined.everybody.now.as_ref().map(|now| now.track.as_str()), Some("Track 90"));
}
