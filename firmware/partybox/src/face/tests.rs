//! What the box shows, state by state: which lights, and which screen before which.

use party::pairing::Label;

use super::*;

fn playing() -> Facts {
    let title = Some("Title".to_owned());
    Facts { playing: true, has_tracks: true, title, brightness_percent: 100, ..Facts::default() }
}

fn asked() -> View {
    View { asking: Label::new(42).into_iter().collect(), ..View::default() }
}

fn only(facts: &Facts) -> Vec<Condition> {
    Condition::ALL.into_iter().filter(|condition| facts.conditions().holds(*condition)).collect()
}

#[test]
fn each_state_is_told_by_its_own_condition() {
    assert_eq!(only(&playing()), [Condition::Playing]);
    assert_eq!(only(&Facts { playing: false, ..playing() }), [Condition::Paused]);
    assert_eq!(only(&Facts { title: None, ..playing() }), [Condition::Ready]);
    assert_eq!(only(&Facts { title: None, has_tracks: false, ..playing() }), [Condition::Ready, Condition::Error]);
    assert_eq!(only(&Facts { fullness_percent: 80, ..playing() }), [Condition::Playing, Condition::NearlyFull]);
    assert_eq!(only(&Facts { fullness_percent: 79, ..playing() }), [Condition::Playing]);
    assert_eq!(only(&Facts { stuck: Some("next"), ..playing() }), [Condition::Playing, Condition::Error]);
    assert_eq!(only(&Facts { forgets: true, ..playing() }), [Condition::Playing, Condition::Error]);
    assert_eq!(only(&Facts { updating: true, ..playing() }), [Condition::Playing, Condition::Updating]);
    assert_eq!(only(&Facts { pairing: asked(), ..playing() }), [Condition::Playing, Condition::PairingAsked]);
    assert_eq!(
        only(&Facts { countdown: Some((Action::Forget, 3)), ..playing() }),
        [Condition::Playing, Condition::Countdown]
    );
}

#[test]
fn loudness_is_even_in_decibels_and_silence_is_dark() {
    let shown = [f32::NEG_INFINITY, -60.0, -48.0, -24.0, -12.0, 0.0, 3.0].map(loudness);
    assert_eq!(shown, [0, 0, 0, 127, 191, 255, 255]);
}

#[test]
fn an_rgb_led_has_a_colour_for_each_channel_where_there_are_several() {
    assert_eq!(playing().scene().tint, None, "one channel needs no colour");
    let tint = |color| Facts { channel: Some(Shown { name: "Loud".to_owned(), color }), ..playing() }.scene().tint;
    let tints = Color::ALL.map(|color| tint(color).expect("a colour"));
    for (at, tint) in tints.iter().enumerate() {
        assert!(!tints[..at].contains(tint), "{tint:?} twice");
    }
    let switched = |Colour { red, green, blue }| [red, green, blue].map(|part| part >= 128);
    let mut alike = tints.map(switched).to_vec();
    alike.sort_unstable();
    alike.dedup();
    assert_eq!(alike.len(), 7, "lines without PWM tell all colours apart that they can: {alike:?}");
}

#[test]
fn line_in_matters_only_while_it_is_wanted() {
    let line_in = Facts { line_in_chosen: true, line: LineState::Silent, ..playing() };
    assert!(line_in.conditions().holds(Condition::NoSignal));
    let others = [
        Facts { line_in_chosen: false, ..line_in.clone() },
        Facts { playing: false, ..line_in.clone() },
        Facts { line: LineState::Signal, ..line_in.clone() },
    ];
    for facts in others {
        assert!(!facts.conditions().holds(Condition::NoSignal), "{facts:?}");
    }
    assert!(Facts { line: LineState::Clipping, ..line_in }.conditions().holds(Condition::Clipping));
}

#[test]
fn the_display_shows_the_network_the_page_and_the_track_in_turn() {
    let network = Some(Credentials { ssid: "Box; kj3".to_owned(), passphrase: "aaaa-bbbb".to_owned() });
    let page_url = Some("http://10.0.0.1/".to_owned());
    let show = Facts { network, page_url, listeners: 1, ..playing() }.show();
    let [
        Screen::Code { text: join, beside: typed, .. },
        Screen::Code { text: page, beside, .. },
        Screen::Track { footer, .. },
    ] = &show.screens[..]
    else {
        panic!("{show:?}")
    };
    assert_eq!(join, r"WIFI:T:WPA;S:Box\; kj3;P:aaaa-bbbb;;");
    assert_eq!(typed, "Box; kj3 aaaa-bbbb", "for whoever cannot scan");
    assert_eq!((page.as_str(), beside.as_str(), footer.as_str()), ("http://10.0.0.1/", "10.0.0.1", "1 listener"));
    assert_eq!(show.urgent, None);
}

#[test]
fn what_somebody_should_look_after_is_told_in_its_turn_and_not_all_of_it_is_an_error_of_the_box() {
    let missing = NetworkTrouble::NoFirmware { files: vec!["brcm/brcmfmac43436-sdio.bin".to_owned()] };
    let error = vec![Condition::Playing, Condition::Error];
    for (facts, said, conditions) in [
        (Facts { forgets: true, ..playing() }, "Nothing is kept", error.clone()),
        (Facts { network_trouble: Some(missing), ..playing() }, "Missing: brcmfmac43436-sdio.bin", error.clone()),
        (Facts { network_trouble: Some(NetworkTrouble::NoRules), ..playing() }, "No rules", error),
        (Facts { card_problems: 2, ..playing() }, "partybox.toml", vec![Condition::Playing]),
    ] {
        let show = facts.show();
        let [Screen::Track { .. }, Screen::Message { text, .. }] = &show.screens[..] else { panic!("{show:?}") };
        assert!(text.starts_with(said), "{text}");
        assert_eq!((show.urgent, only(&facts)), (None, conditions), "guests want to read how to join");
    }
}

#[test]
fn the_count_down_is_seen_before_everything_else() {
    let notice = Some(("Paired".to_owned(), String::new()));
    let pairing = View { open_until: Some(Time::ZERO.plus_millis(5_000)), ..asked() };
    let mut facts = Facts {
        countdown: Some((Action::Forget, 7)),
        updating: true,
        notice,
        pairing,
        now: Time::ZERO.plus_millis(1),
        ..playing()
    };
    let is_number = |screen: Option<Screen>| matches!(screen, Some(Screen::Number { number: 7, .. }));
    assert!(is_number(facts.show().urgent));
    facts.countdown = None;
    facts.pairing.shown = Label::new(42);
    let shown = facts.show().urgent;
    assert!(matches!(shown, Some(Screen::Number { number: 42, .. })), "no notice hides it: {shown:?}");
    assert!(facts.conditions().holds(Condition::PairingOpen));
    facts.pairing.shown = None;
    let mut seen = Vec::new();
    seen.push(facts.show().urgent);
    facts.notice = None;
    seen.push(facts.show().urgent);
    facts.updating = false;
    seen.push(facts.show().urgent);
    facts.pairing.asking.clear();
    seen.push(facts.show().urgent);
    seen.dedup();
    assert!(seen.len() == 4 && seen.iter().all(Option::is_some), "{seen:?}");
}
