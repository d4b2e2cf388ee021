//! butt ("broadcast using this tool") as Debian has it: what most people at home send to an Icecast server with. It needs a display and a
//! sound card, and gets both for itself.
//!
//! How long it takes is printed and not judged: that depends on how busy this machine is.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tests::sound::SoundServer;
use tests::wav;

use super::foreign::has;
use super::{HEARD_SECONDS, SENDS_SECONDS, Sender, Stage, TONES_HZ, check_tones};

/// A display that nobody sees, and its number.
fn display() -> Option<(Sender, String)> {
    let mut command = Command::new("Xvfb");
    command.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
    let mut child: Child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let mut number = String::new();
    let told = BufReader::new(child.stdout.take()?).read_line(&mut number);
    let server = Sender(child);
    told.is_ok_and(|bytes| bytes > 0).then(|| (server, format!(":{}", number.trim())))
}

#[test]
fn butt_is_heard_in_stereo_with_its_titles() {
    if !has("butt", "-v") || !has("Xvfb", "-version") {
        return;
    }
    let Some(mut stage) = Stage::open() else { return };
    let card = match SoundServer::start(&["cable"]) {
        Ok(card) => card,
        Err(reason) => return println!("not run: {reason}"),
    };
    let Some((_display, number)) = display() else { return println!("not run: Xvfb does not start") };
    let tone =
        |n: usize, hz: f64| 0.25 * (std::f64::consts::TAU * hz * n as f64 / f64::from(wav::RATE_HZ)).sin() as f32;
    let both = |n: usize| TONES_HZ.map(|hz| tone(n, hz));
    let sound: Vec<[f32; 2]> = (0..(SENDS_SECONDS * wav::RATE_HZ) as usize).map(both).collect();
    let _player = card.play_stereo("cable", &sound).expect("the sound server plays");
    let own = format!("<{}>\npcm.!default {{ type plug slave.pcm \"cable-in\" }}\n", card.alsa_config().display());
    let alsa = stage.file("own.conf", &own);
    let (token, address) = (stage.token("butt"), stage.running.address);
    let settings = format!(
        "[main]\nserver = Box\nnum_of_srv = 1\nsrv_ent = Box\nnum_of_icy = 0\nconnect_at_startup = 1\n\n\
         [audio]\ndevice = default\nsamplerate = 44100\nbitrate = 192\nchannel = 2\ncodec = mp3\n\n\
         [record]\nsamplerate = 44100\nbitrate = 192\nchannel = 2\ncodec = mp3\n\n\
         [Box]\naddress = {}\nport = {}\npassword = {token}\ntype = 1\nmount = main\nusr = source\n",
        address.ip(),
        address.port()
    );
    let settings = stage.file("buttrc", &settings);
    // Where it takes commands; a second one tells it what plays.
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|socket| socket.local_addr()).expect("a port").port();
    let control = port.to_string();
    let mut command = Command::new("butt");
    command.args(["-p", &control, "-c"]).arg(&settings).env("DISPLAY", number).env("LANG", "C.UTF-8");
    command.env("HOME", stage.folder.path()).env("ALSA_CONFIG_PATH", alsa).envs(card.environment());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let sender = Sender(command.spawn().expect("butt starts"));
    let tell = || {
        let told = Command::new("butt").args(["-p", &control, "-u", "Ann - Song"]).stdout(Stdio::null()).status();
        assert!(told.is_ok_and(|status| status.success()), "butt takes a title");
        Instant::now()
    };
    // What it misses of its sound card, where this machine is busy, it has not sent: such gaps are not the box's.
    let check = |stage: &Stage, who: &str| check_tones(who, &stage.record(HEARD_SECONDS), true);
    stage.check_program_told("butt", sender, tell, check);
}
