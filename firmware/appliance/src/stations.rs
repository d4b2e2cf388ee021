//! How many stations are in the box's own network, as hostapd says over its control socket.
//!
//! Datagrams: `STATUS` is answered with lines of `key=value`. Nothing waits: a hostapd that is not there, or restarts, is
//! asked again at a later poll. Refusals are not counted: the event that there is for them (`AP-REJECTED-MAX-STA`) comes
//! from none of the radios that a box has; a station that is refused because no place is left learns it on the air only.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use base::Time;

use crate::access_point::choice::Choice;
use crate::facts::Radio;
use crate::ticker::Ticker;

/// Where hostapd listens, one socket per interface.
pub const CONTROL: &str = "/run/partybox-hostapd";

/// How often hostapd is asked for its number of stations, µs.
const ASK_US: u64 = 2_000_000;

/// Answers that are missing before hostapd counts as gone.
const MISSING_MAX: u32 = 3;

/// Datagrams read at one poll; more than one only if earlier answers came late.
const DATAGRAMS_MAX: usize = 8;

/// Share of places above which the network counts as nearly full.
const NEARLY_FULL_PERCENT: u32 = 80;

/// The conversation with one hostapd.
#[derive(Debug)]
pub(crate) struct Stations {
    control: PathBuf,
    /// Our own socket's file: hostapd answers to it.
    own: PathBuf,
    socket: Option<UnixDatagram>,
    stations: u16,
    questions: Ticker,
    missing: u32,
}

/// Returns the number of stations, if this is an answer with one.
fn count(answer: &str) -> Option<u16> {
    answer.lines().find_map(|line| line.strip_prefix("num_sta[0]="))?.trim().parse().ok()
}

impl Stations {
    /// Returns a conversation with the hostapd that listens in `control`; our own socket is made in `own`, which it must be
    /// able to reach.
    pub(crate) fn new(control: &Path, own: &Path) -> Self {
        let own = own.join(format!("stations-{}", std::process::id()));
        let control = control.to_owned();
        Self { control, own, socket: None, stations: 0, questions: Ticker::new(ASK_US), missing: 0 }
    }

    /// Reads what hostapd has answered, asks it again when that is due, and returns the facts of the radio of `choice`.
    pub(crate) fn poll(&mut self, now: Time, choice: &Choice) -> Radio {
        if self.socket.is_none() {
            self.socket = self.connect(&choice.interface).ok();
            self.questions = Ticker::new(ASK_US);
            self.missing = 0;
        }
        if self.converse(now).is_err() || self.missing > MISSING_MAX {
            // It has ended: nobody is joined any more.
            self.socket = None;
            self.stations = 0;
        }
        let stations = self.stations;
        let places = u32::from(choice.stations_max);
        Radio {
            stations,
            stations_max: choice.stations_max,
            nearly_full: u32::from(stations) * 100 >= places * NEARLY_FULL_PERCENT,
            full: stations >= choice.stations_max,
            chipset: choice.chipset.clone(),
        }
    }

    fn connect(&self, interface: &str) -> io::Result<UnixDatagram> {
        // One of an earlier box that had the same number.
        match fs::remove_file(&self.own) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixDatagram::bind(&self.own)?;
        socket.set_nonblocking(true)?;
        // hostapd is another user of the same group.
        fs::set_permissions(&self.own, fs::Permissions::from_mode(0o660))?;
        socket.connect(self.control.join(interface))?;
        Ok(socket)
    }

    fn converse(&mut self, now: Time) -> io::Result<()> {
        let Some(socket) = &self.socket else { return Ok(()) };
        let mut datagram = [0; 4_096];
        for _ in 0..DATAGRAMS_MAX {
            match socket.recv(&mut datagram) {
                Ok(length) => {
                    let text = String::from_utf8_lossy(&datagram[..length]);
                    if let Some(stations) = count(&text) {
                        self.stations = stations;
                        self.missing = 0;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        if self.questions.is_due(now) {
            self.missing += 1;
            socket.send(b"STATUS")?;
        }
        Ok(())
    }
}

impl Drop for Stations {
    fn drop(&mut self) {
        // Nothing depends on its going.
        _ = fs::remove_file(&self.own);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(stations_max: u16) -> Choice {
        Choice { interface: "wlan0".into(), chipset: "test".into(), channel: 6, vht: false, wpa3: false, stations_max }
    }

    /// A hostapd that answers whatever has been asked, `stations` being in.
    fn answer(hostapd: &UnixDatagram, stations: u16) {
        let mut asked = [0; 64];
        while let Ok((length, from)) = hostapd.recv_from(&mut asked) {
            let path = from.as_pathname().expect("a path");
            assert_eq!(&asked[..length], b"STATUS");
            let text = format!("state=ENABLED\nnum_sta_no_ht=9\nnum_sta[0]={stations}\nmax_txpower=20\n");
            hostapd.send_to(text.as_bytes(), path).unwrap();
        }
    }

    fn hostapd(directory: &Path) -> UnixDatagram {
        let hostapd = UnixDatagram::bind(directory.join("wlan0")).unwrap();
        hostapd.set_nonblocking(true).unwrap();
        hostapd
    }

    #[test]
    fn stations_are_counted() {
        let directory = tempfile::tempdir().unwrap();
        let hostapd = hostapd(directory.path());
        let mut stations = Stations::new(directory.path(), directory.path());
        assert_eq!(stations.poll(Time::ZERO, &choice(5)).stations, 0);
        answer(&hostapd, 4);
        assert_eq!(stations.poll(Time::from_micros(1), &choice(5)).stations, 4);
    }

    #[test]
    fn a_hostapd_that_ends_has_no_stations_and_one_that_comes_back_is_asked_again() {
        let directory = tempfile::tempdir().unwrap();
        let mut stations = Stations::new(directory.path(), directory.path());
        let choice = choice(10);
        let mut now = Time::ZERO;
        let mut poll = |stations: &mut Stations| {
            now = Time::from_micros(now.as_micros() + ASK_US);
            stations.poll(now, &choice).stations
        };
        assert_eq!(poll(&mut stations), 0, "there is none yet");
        let first = hostapd(directory.path());
        poll(&mut stations);
        answer(&first, 3);
        assert_eq!(poll(&mut stations), 3);
        drop(first);
        fs::remove_file(directory.path().join("wlan0")).unwrap();
        poll(&mut stations);
        assert_eq!(poll(&mut stations), 0);
        let second = hostapd(directory.path());
        poll(&mut stations);
        answer(&second, 7);
        assert_eq!(poll(&mut stations), 7);
    }

    #[test]
    fn words_that_mean_nothing_change_nothing() {
        for text in ["", "OK\n", "FAIL\n", "num_sta[0]=x", "num_sta[0]=-1", "<3>AP-STA-CONNECTED x", "num_sta[1]=4"] {
            assert_eq!(count(text), None, "{text}");
        }
    }

    #[test]
    fn four_of_five_places_are_nearly_full() {
        let directory = tempfile::tempdir().unwrap();
        let mut stations = Stations::new(directory.path(), directory.path());
        for (count, nearly, full) in [(0, false, false), (3, false, false), (4, true, false), (5, true, true)] {
            stations.stations = count;
            let radio = stations.poll(Time::ZERO, &choice(5));
            assert_eq!((radio.nearly_full, radio.full), (nearly, full), "{count}");
        }
    }
}
