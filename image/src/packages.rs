//! The table of what building and testing need: how to see whether it is there, and who provides it.
//!
//! Pure data. Looking is done in `probe`, deciding in `plan`, installing in `setup`.

/// Which commands need something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum For {
    /// Everything that compiles the box.
    Build,
    /// The tests.
    Test,
    /// The card and the emulated computer: what makes the tool chain that makes all the rest.
    Machine,
    /// The benchmarks.
    Bench,
    /// Other people's troubles.
    Cases,
    /// The fuzz targets.
    Fuzz,
}

/// How to see that something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// One of these programs is on the path.
    Program(&'static [&'static str]),
    /// pkg-config knows this library, headers included.
    Library(&'static str),
    /// This file exists below a library folder (`/usr/lib`, `/usr/lib64`, `/usr/lib/<machine>`).
    Plugin(&'static str),
    /// This file exists.
    File(&'static str),
    /// Python can import this module.
    Python(&'static str),
    /// `cargo <this> --version` works.
    Cargo(&'static str),
}

/// Where something comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The distribution's package: Debian's name is certain, the others are likely names.
    System {
        /// Debian and relatives.
        debian: &'static str,
        /// Fedora and relatives.
        fedora: &'static str,
        /// Arch and relatives.
        arch: &'static str,
    },
    /// A component of the Rust tool chain.
    Rustup(&'static str),
    /// A program compiled by cargo: crate name and version.
    Crate(&'static str, &'static str),
}

/// One thing that is needed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// What a person calls it.
    pub(crate) name: &'static str,
    /// What for, in a few words.
    pub(crate) why: &'static str,
    /// Which commands need it.
    pub(crate) needed: For,
    /// How to see it.
    pub(crate) sign: Sign,
    /// Where it comes from.
    pub(crate) provider: Provider,
}

const fn system(debian: &'static str, fedora: &'static str, arch: &'static str) -> Provider {
    Provider::System { debian, fedora, arch }
}

const fn need(name: &'static str, why: &'static str, needed: For, sign: Sign, provider: Provider) -> Need {
    Need { name, why, needed, sign, provider }
}

/// Every need, in the order in which it is shown.
pub(crate) const NEEDS: &[Need] = &[
    need(
        "C++ compiler",
        "compiles libopus, LAME and links",
        For::Build,
        Sign::Program(&["c++"]),
        system("build-essential", "gcc-c++", "base-devel"),
    ),
    need("make", "builds LAME", For::Build, Sign::Program(&["make"]), system("make", "make", "base-devel")),
    need("CMake", "builds libopus", For::Build, Sign::Program(&["cmake"]), system("cmake", "cmake", "cmake")),
    need(
        "pkg-config",
        "finds ALSA",
        For::Build,
        Sign::Program(&["pkg-config", "pkgconf"]),
        system("pkg-config", "pkgconf-pkg-config", "pkgconf"),
    ),
    need(
        "ALSA headers",
        "line-in",
        For::Build,
        Sign::Library("alsa"),
        system("libasound2-dev", "alsa-lib-devel", "alsa-lib"),
    ),
    need("rustfmt", "formatting check", For::Test, Sign::Cargo("fmt"), Provider::Rustup("rustfmt")),
    need("clippy", "lints", For::Test, Sign::Cargo("clippy"), Provider::Rustup("clippy")),
    need(
        "Chromium",
        "the guest's browser",
        For::Test,
        Sign::Program(&["chromium"]),
        system("chromium", "chromium", "chromium"),
    ),
    need(
        "chromedriver",
        "presses the page's button",
        For::Test,
        Sign::Program(&["chromedriver"]),
        system("chromium-driver", "chromedriver", "chromium"),
    ),
    need(
        "Firefox",
        "the guest's other browser",
        For::Test,
        Sign::Program(&["firefox-esr", "firefox"]),
        system("firefox-esr", "firefox", "firefox"),
    ),
    need(
        "Japanese font",
        "pages in a script that other fonts lack, on pictures",
        For::Test,
        Sign::File("/usr/share/fonts/truetype/motoya-l-cedar/MTLc3m.ttf"),
        system("fonts-motoya-l-cedar", "motoya-lcedar-fonts", "otf-ipafont"),
    ),
    need(
        "PulseAudio",
        "a line-in and a loudspeaker without hardware",
        For::Test,
        Sign::Program(&["pulseaudio"]),
        system("pulseaudio", "pulseaudio", "pulseaudio"),
    ),
    need(
        "PulseAudio tools",
        "plays and records known signals",
        For::Test,
        Sign::Program(&["pactl"]),
        system("pulseaudio-utils", "pulseaudio-utils", "libpulse"),
    ),
    need(
        "ALSA's PulseAudio plug-in",
        "line-in through real ALSA",
        For::Test,
        Sign::Plugin("alsa-lib/libasound_module_pcm_pulse.so"),
        system("libasound2-plugins", "alsa-plugins-pulseaudio", "alsa-plugins"),
    ),
    need(
        "D-Bus",
        "what a lock screen shows",
        For::Test,
        Sign::Program(&["dbus-send"]),
        system("dbus", "dbus-tools", "dbus"),
    ),
    need("ffmpeg", "an MP3 listener", For::Test, Sign::Program(&["ffmpeg"]), system("ffmpeg", "ffmpeg-free", "ffmpeg")),
    need(
        "Liquidsoap",
        "a sender of the radio world",
        For::Test,
        Sign::Program(&["liquidsoap"]),
        system("liquidsoap", "liquidsoap", "liquidsoap"),
    ),
    need(
        "ezstream",
        "a sender that uses libshout",
        For::Test,
        Sign::Program(&["ezstream"]),
        system("ezstream", "ezstream", "ezstream"),
    ),
    need("butt", "a sender that many people use", For::Test, Sign::Program(&["butt"]), system("butt", "butt", "butt")),
    need(
        "Xvfb",
        "a display for a sender that wants one",
        For::Test,
        Sign::Program(&["Xvfb"]),
        system("xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    ),
    need("mpv", "an MP3 listener", For::Test, Sign::Program(&["mpv"]), system("mpv", "mpv", "mpv")),
    need(
        "GStreamer tools",
        "a WebRTC listener",
        For::Test,
        Sign::Program(&["gst-launch-1.0"]),
        system("gstreamer1.0-tools", "gstreamer1", "gstreamer"),
    ),
    need(
        "GStreamer RTP plug-ins",
        "a WebRTC listener",
        For::Test,
        Sign::Plugin("gstreamer-1.0/libgstrtp.so"),
        system("gstreamer1.0-plugins-good", "gstreamer1-plugins-good", "gst-plugins-good"),
    ),
    need(
        "GStreamer WebRTC plug-in",
        "a WebRTC listener",
        For::Test,
        Sign::Plugin("gstreamer-1.0/libgstwebrtc.so"),
        system("gstreamer1.0-plugins-bad", "gstreamer1-plugins-bad-free", "gst-plugins-bad"),
    ),
    need(
        "GStreamer ICE plug-in",
        "a WebRTC listener",
        For::Test,
        Sign::Plugin("gstreamer-1.0/libgstnice.so"),
        system("gstreamer1.0-nice", "libnice-gstreamer1", "libnice"),
    ),
    need(
        "GStreamer's WebRTC for Python",
        "a WebRTC listener",
        For::Test,
        Sign::Plugin("girepository-1.0/GstWebRTC-1.0.typelib"),
        system("gir1.2-gst-plugins-bad-1.0", "gstreamer1-plugins-bad-free", "gst-plugins-bad"),
    ),
    need(
        "GObject for Python",
        "a WebRTC listener",
        For::Test,
        Sign::File("/usr/lib/python3/dist-packages/gi/__init__.py"),
        system("python3-gi", "python3-gobject", "python-gobject"),
    ),
    need(
        "Node.js",
        "runs the page modules' own tests",
        For::Test,
        Sign::Program(&["node"]),
        system("nodejs", "nodejs", "nodejs"),
    ),
    need(
        "npm",
        "fetches the pages' type checker and accessibility engine",
        For::Test,
        Sign::Program(&["npm"]),
        system("npm", "nodejs-npm", "npm"),
    ),
    need(
        "kill",
        "ends a program from outside, as an accident would",
        For::Test,
        Sign::Program(&["kill"]),
        system("procps", "procps-ng", "procps-ng"),
    ),
    need(
        "dnsmasq",
        "takes what is written for it",
        For::Test,
        Sign::Program(&["dnsmasq"]),
        system("dnsmasq-base", "dnsmasq", "dnsmasq"),
    ),
    need(
        "nftables",
        "takes what is written for it",
        For::Test,
        Sign::Program(&["nft"]),
        system("nftables", "nftables", "nftables"),
    ),
    need(
        "Python",
        "an independent WebRTC listener",
        For::Test,
        Sign::Program(&["python3"]),
        system("python3", "python3", "python"),
    ),
    need(
        "Python's venv",
        "keeps that listener's packages in target/",
        For::Test,
        Sign::Python("ensurepip"),
        system("python3-venv", "python3", "python"),
    ),
    need(
        "mmdebstrap",
        "makes the arm64 tool chain from Debian's packages",
        For::Machine,
        Sign::Program(&["mmdebstrap"]),
        system("mmdebstrap", "mmdebstrap", "mmdebstrap"),
    ),
    need(
        "unshare",
        "keeps that tool chain's mounts apart",
        For::Machine,
        Sign::Program(&["unshare"]),
        system("util-linux", "util-linux", "util-linux"),
    ),
    need("mount", "makes them", For::Machine, Sign::Program(&["mount"]), system("mount", "util-linux", "util-linux")),
    need(
        "Debian's keys",
        "tells the archive's packages from others",
        For::Machine,
        Sign::File("/usr/share/keyrings/debian-archive-keyring.gpg"),
        system("debian-archive-keyring", "debian-keyring", "debian-archive-keyring"),
    ),
    need(
        "Icecast2",
        "MP3 fan-out to compare with",
        For::Bench,
        Sign::Program(&["icecast2", "icecast"]),
        system("icecast2", "icecast", "icecast"),
    ),
    need("MPD", "a scan of music to compare with", For::Bench, Sign::Program(&["mpd"]), system("mpd", "mpd", "mpd")),
    need(
        "MiniDLNA",
        "a scan of music into SQLite to compare with",
        For::Bench,
        Sign::Program(&["minidlnad"]),
        system("minidlna", "minidlna", "minidlna"),
    ),
    need(
        "Janus",
        "WebRTC fan-out to compare with",
        For::Bench,
        Sign::Program(&["janus"]),
        system("janus", "janus", "janus-gateway"),
    ),
    need("LAME", "makes files of many kinds", For::Cases, Sign::Program(&["lame"]), system("lame", "lame", "lame")),
    need("FLAC", "makes files of many kinds", For::Cases, Sign::Program(&["flac"]), system("flac", "flac", "flac")),
    need(
        "Opus tools",
        "make files of many kinds",
        For::Cases,
        Sign::Program(&["opusenc"]),
        system("opus-tools", "opus-tools", "opus-tools"),
    ),
    need("SoX", "makes files of many kinds", For::Cases, Sign::Program(&["sox"]), system("sox", "sox", "sox")),
    need(
        "cargo-fuzz",
        "runs the targets",
        For::Fuzz,
        Sign::Program(&["cargo-fuzz"]),
        Provider::Crate("cargo-fuzz", "0.13.2"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_need_is_listed_twice_or_left_unexplained() {
        for (index, need) in NEEDS.iter().enumerate() {
            assert!(!need.name.is_empty() && !need.why.is_empty());
            assert!(NEEDS[..index].iter().all(|other| other.sign != need.sign), "{} is listed twice", need.name);
        }
    }

    #[test]
    fn package_names_are_plain_words() {
        let plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-+.".contains(&b));
        for need in NEEDS {
            if let Provider::System { debian, fedora, arch } = need.provider {
                for name in [debian, fedora, arch] {
                    assert!(plain(name) && name.starts_with(|c: char| c.is_ascii_alphanumeric()), "{name:?}");
                }
            }
        }
    }

    /// A crate that compiles C or links a system library must have its tools in the table.
    #[test]
    fn whatever_the_lock_file_compiles_or_links_has_its_tools_in_the_table() {
        let lock = include_str!("../../Cargo.lock");
        for (package, debian) in [
            ("alsa-sys", "libasound2-dev"),
            ("autotools", "make"),
            ("cmake", "cmake"),
            ("cc", "build-essential"),
            ("pkg-config", "pkg-config"),
        ] {
            if lock.contains(&format!("\nname = \"{package}\"\n")) {
                let listed = NEEDS.iter().any(|need| {
                    need.needed == For::Build
                        && matches!(need.provider, Provider::System { debian: d, .. } if d == debian)
                });
                assert!(listed, "{package} is built, but {debian} is not in the table");
            }
        }
    }
}
