//! The sections about sound: where it comes from and how it is encoded.

use std::path::PathBuf;

use audio::capture::Pipe;
use audio::encode;
use party::Settings;
use serde::{Deserialize, Serialize};

use super::error::{Error, ensure, within};

/// Bit rates that MPEG-1 layer III allows at 48 kHz (ISO 11172-3 table of bit rates) and that suit music.
const MP3_BITRATES_BPS: [u32; 8] = [64_000, 96_000, 128_000, 160_000, 192_000, 224_000, 256_000, 320_000];

/// What plays after start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in partybox.toml")]
pub enum Start {
    Files,
    LineIn,
}

section! {
    /// `[source]`
    SourceConfig {
        start: Start = Start::Files,
        music: PathBuf = PathBuf::new(),
        sticks: PathBuf = PathBuf::new(),
        crossfade_ms: u16 = 0,
        pause_fade_ms: u16 = 200,
        source_fade_ms: u16 = 1_000,
        stop_fade_ms: u16 = 3_000,
    }
}

section! {
    /// `[guest_files]`
    GuestFilesConfig {
        per_guest_max: u8 = 2,
        file_mb_max: u32 = 60,
        files_max: usize = 100,
        total_mb_max: u32 = 2_000,
    }
}

section! {
    /// `[line_in]`
    LineInConfig { device: String = String::new(), period_ms: u8 = 5 }
}

section! {
    /// `[opus]`
    OpusConfig {
        bitrate_bps: u32 = 128_000,
        complexity: u8 = 5,
        fec: bool = true,
        expected_loss_percent: u8 = 5,
        packet_ms: u8 = 20,
    }
}

section! {
    /// `[mp3]`
    Mp3Config { bitrates_bps: Vec<u32> = vec![128_000], burst_ms: u16 = 0, listeners_max: usize = 500 }
}

impl SourceConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("source.crossfade_ms", self.crossfade_ms, 0, Settings::CROSSFADE_MS_MAX)?;
        within("source.pause_fade_ms", self.pause_fade_ms, 5, 5_000)?;
        within("source.source_fade_ms", self.source_fade_ms, 5, 12_000)?;
        within("source.stop_fade_ms", self.stop_fade_ms, 5, 12_000)
    }
}

impl GuestFilesConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("guest_files.per_guest_max", self.per_guest_max, 1, Settings::FILES_PER_GUEST_MAX)?;
        within("guest_files.file_mb_max", self.file_mb_max, 1, 1_500)?;
        within("guest_files.files_max", self.files_max, 1, 1_000)?;
        within("guest_files.total_mb_max", self.total_mb_max, 1, 100_000)
    }
}

impl LineInConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("line_in.period_ms", self.period_ms, 2, 20)?;
        let wrong = Pipe::is_name(&self.device).then(|| Pipe::parse(&self.device).err()).flatten();
        ensure("line_in.device", &self.device, wrong.is_none(), wrong.unwrap_or_default())
    }
}

impl OpusConfig {
    pub(super) fn check(&self) -> Result<(), Error> {
        within("opus.bitrate_bps", self.bitrate_bps, 16_000, 510_000)?;
        within("opus.complexity", self.complexity, 0, 10)?;
        within(
            "opus.expected_loss_percent",
            self.expected_loss_percent,
            0,
            encode::OpusConfig::EXPECTED_LOSS_PERCENT_MAX,
        )?;
        ensure("opus.packet_ms", self.packet_ms, [10, 20, 40, 60].contains(&self.packet_ms), "10, 20, 40 or 60")
    }
}

impl Mp3Config {
    pub(super) fn check(&self) -> Result<(), Error> {
        let rates = &self.bitrates_bps;
        let known = !rates.is_empty() && rates.iter().all(|rate| MP3_BITRATES_BPS.contains(rate));
        ensure("mp3.bitrates_bps", format!("{rates:?}"), known, format!("one or more of {MP3_BITRATES_BPS:?}"))?;
        within("mp3.burst_ms", self.burst_ms, 0, 1_000)?;
        within("mp3.listeners_max", self.listeners_max, 1, 5_000)
    }
}
