//! The map of channels on a box without music: what a wish changes, what is left behind, and what a restart goes on with.

use std::net::UdpSocket;

use appliance::state::peek;
use party::{Repertoire, Volume};

use super::*;
use crate::assemble::Assembled;
use crate::config::Config;
use crate::running::Running;

fn id(text: &str) -> ChannelId {
    ChannelId::new(text).expect("a legal name")
}

/// A box whose state is in `folder`.
fn running(folder: &std::path::Path) -> (Running, web::http::App) {
    let mut config = Config::default();
    config.state.folder = folder.to_owned();
    let free = UdpSocket::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let Assembled { running, app } = Assembled::new(&config, free).expect("a box");
    (running, app)
}

fn ask(channels: &mut Channels, channel: &str, what: What) -> Result<Done, Refused> {
    channels.ask(Wish { channel: id(channel), who: Asker::BOX, what }).expect("the box can")
}

fn put() -> What {
    What::Channel(ChannelWish::Put { name: None, color: None, repertoire: None })
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_come_and_go_and_leave_nothing_behind() {
    let directory = tempfile::tempdir().expect("a folder");
    let (mut running, app) = running(directory.path());
    let channels = &mut running.channels;
    for round in 0..20 {
        for name in ["green", "blue"] {
            assert_eq!(ask(channels, name, put()), Ok(Done::Plainly), "round {round}");
        }
        assert_eq!(channels.iter().count(), 3);
        assert_eq!(app.mp3.borrow().len(), 3);
        for name in ["blue", "green"] {
            assert_eq!(ask(channels, name, What::Channel(ChannelWish::Remove)), Ok(Done::Plainly));
            assert_eq!(ask(channels, name, What::Pause), Err(Refused::NoSuchChannel));
        }
    }
    assert_eq!(running.rtc.stats().listeners.len(), 1, "streams are left");
    assert_eq!((app.mp3.borrow().len(), channels.gauges().lock().unwrap().len()), (1, 1));
    assert_eq!(ask(channels, "main", What::Channel(ChannelWish::Remove)), Err(Refused::LastChannel));
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_channel_keeps_its_own_and_the_evening_is_everybodys() {
    let directory = tempfile::tempdir().expect("a folder");
    let (mut running, _app) = running(directory.path());
    let channels = &mut running.channels;
    ask(channels, "green", put()).expect("there is room");
    ask(channels, "green", What::Volume(-12.0)).expect("in range");
    ask(channels, "main", What::Start(Some("Garden".to_owned()))).expect("a title");
    let of = |channels: &Channels, name: &str| {
        let party = channels.iter().find(|(channel, _)| channel.id == id(name)).expect("it is there").1.party();
        (party.view().volume.db(), party.session().clone())
    };
    let (loud, soft) = (of(channels, "main"), of(channels, "green"));
    assert_eq!((loud.0, soft.0), (Volume::FULL.db(), -12.0));
    assert_eq!((&loud.1, loud.1.title.as_str()), (&soft.1, "Garden"));
    ask(channels, "green", What::End).expect("it goes on");
    assert!(!of(channels, "main").1.live && !of(channels, "green").1.live);
    ask(channels, "green", What::Play).expect("whoever plays begins an evening");
    assert!(of(channels, "main").1.live, "for all channels");
    running.end().await;
    // What a restart goes on with.
    let [roster, first, second] =
        ["channels", "party", "party-green"].map(|file| peek(directory.path(), file).expect("it was written"));
    assert!(roster.contains("id = \"main\"") && roster.contains("id = \"green\""), "{roster}");
    assert!(first.contains("volume_db = 0.0") && second.contains("volume_db = -12.0"), "{first}\n{second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repertoire_is_kept_and_one_that_is_gone_is_told_of_while_everything_plays() {
    let directory = tempfile::tempdir().expect("a folder");
    let (mut running, _app) = running(directory.path());
    let channels = &mut running.channels;
    let [folder, list] = ["a/b", "a/c.m3u"].map(str::to_owned);
    let (folder, list) = (Repertoire::Folder(folder), Repertoire::Playlist(list));
    let choose = |repertoire: &Repertoire| {
        What::Channel(ChannelWish::Put { name: None, color: None, repertoire: Some(repertoire.clone()) })
    };
    let upcoming = |channels: &Channels, name: &str| {
        let party = channels.iter().find(|(channel, _)| channel.id == id(name)).expect("it is there").1.party();
        (party.upcoming(2).iter().map(|track| track.0).collect::<Vec<_>>(), party.has_lost_repertoire())
    };
    ask(channels, "main", choose(&folder)).expect("it is a key");
    assert!(upcoming(channels, "main").1, "there is no library");
    ask(channels, "green", choose(&list)).expect("there is room");
    let all = (1..=20).map(TrackId).collect();
    let own = [(folder.clone(), vec![TrackId(12), TrackId(11)])].into();
    channels.relist(&Lists { all, own });
    assert_eq!(upcoming(channels, "main"), (vec![12, 11], false));
    assert!(upcoming(channels, "green").1);
    let bad = Repertoire::Folder("two words".to_owned());
    assert_eq!(ask(channels, "main", choose(&bad)), Err(Refused::NoSuchPlace));
    ask(channels, "main", choose(&Repertoire::All)).expect("there is always everything");
    assert!(!upcoming(channels, "main").1);
    ask(channels, "main", choose(&folder)).expect("it is a key");
    running.end().await;
    let kept = peek(directory.path(), "channels").expect("it was written");
    assert!(kept.contains("folder = \"a/b\"") && kept.contains("playlist = \"a/c.m3u\""), "{kept}");
    let (again, _app) = self::running(directory.path());
    assert_eq!(again.channels.evening.repertoire_of(id("green")), &list);
    again.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_is_added_again_begins_with_nothing_of_the_one_before() {
    let directory = tempfile::tempdir().expect("a folder");
    let (mut running, _app) = running(directory.path());
    let channels = &mut running.channels;
    ask(channels, "green", put()).expect("there is room");
    ask(channels, "green", What::Volume(-12.0)).expect("in range");
    channels.keep(true);
    ask(channels, "green", What::Channel(ChannelWish::Remove)).expect("it is not the last");
    ask(channels, "green", put()).expect("there is room");
    running.end().await;
    let kept = peek(directory.path(), "party-green").expect("it was written");
    assert!(kept.contains("volume_db = 0.0"), "the volume of the one before is back: {kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_boxs_buttons_act_on_one_channel_after_the_other() {
    let directory = tempfile::tempdir().expect("a folder");
    let (mut running, _app) = running(directory.path());
    let channels = &mut running.channels;
    ask(channels, "green", put()).expect("there is room");
    assert_eq!(channels.steered().0.id, id("main"));
    assert_eq!((channels.steer_next().as_str(), channels.steered().0.id), ("green", id("green")));
    assert_eq!((channels.steer_next().as_str(), channels.steered().0.id), ("red", id("main")));
    channels.steer_next();
    ask(channels, "green", What::Channel(ChannelWish::Remove)).expect("it is not the last");
    assert_eq!(channels.steered().0.id, id("main"), "what is gone cannot be steered");
    running.end().await;
}
