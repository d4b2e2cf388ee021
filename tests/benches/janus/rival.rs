//! Their side: Janus with one RTP mountpoint, its HTTP interface on loopback and nothing else loaded.
//!
//! Only its configuration and its start; how a listener joins it is the receivers' business.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tests::wait;

use super::{Running, Subject};

const PROGRAM: &str = "/usr/bin/janus";

/// Where Debian keeps the plug-ins.
const PLUGINS: &str = "/usr/lib/x86_64-linux-gnu/janus";

const PLUGIN: &str = "libjanus_streaming.so";
const TRANSPORT: &str = "libjanus_http.so";

/// Longest wait for its HTTP interface.
const START_MAX: Duration = Duration::from_secs(30);

/// Why Janus cannot be measured here.
pub(super) fn missing() -> Option<String> {
    let plugins = Path::new(PLUGINS);
    let files = [PROGRAM.into(), plugins.join("plugins").join(PLUGIN), plugins.join("transports").join(TRANSPORT)];
    let file = files.into_iter().find(|file| !file.exists())?;
    Some(format!("{} is not there (Debian package janus)", file.display()))
}

/// Starts Janus, configured in `folder`, with so many event loops (without: a thread per listener, its default).
pub(super) fn start(folder: &Path, event_loops: Option<u32>) -> Subject {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    // Both sockets are closed again at once, for Janus to take their ports.
    let feed = UdpSocket::bind(local(0)).and_then(|socket| socket.local_addr()).expect("a free port");
    let http = TcpListener::bind(local(0)).and_then(|socket| socket.local_addr()).expect("a free port");
    let event_loops = event_loops.map_or_else(String::new, |count| format!("event_loops = {count}"));
    write(
        folder,
        "janus",
        &format!(
            "general: {{ configs_folder = \"{}\" plugins_folder = \"{PLUGINS}/plugins\" \
         transports_folder = \"{PLUGINS}/transports\" debug_level = 2 session_timeout = 0 {event_loops} }}\n\
         media: {{ ipv6 = false }}\nnat: {{ ignore_mdns = true }}\n\
         plugins: {{ disable = \"{}\" }}\ntransports: {{ disable = \"{}\" }}\n",
            folder.display(),
            all_but("plugins", PLUGIN),
            all_but("transports", TRANSPORT),
        ),
    );
    write(
        folder,
        "janus.transport.http",
        &format!(
            "general: {{ json = \"compact\" base_path = \"/janus\" http = true port = {} ip = \"127.0.0.1\" https = false }}\n",
            http.port(),
        ),
    );
    write(
        folder,
        "janus.plugin.streaming",
        &format!(
            "main: {{ type = \"rtp\" id = 1 description = \"main\" \
         media = ( {{ type = \"audio\" mid = \"0\" port = {} pt = 111 codec = \"opus\" }} ) }}\n",
            feed.port(),
        ),
    );
    let mut command = Command::new(PROGRAM);
    command.arg("-F").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = Running(command.spawn().expect("it starts"));
    let listens = || std::net::TcpStream::connect(http).is_ok();
    assert!(wait::comes_true(START_MAX, listens), "janus does not listen on {http}");
    Subject { process, feed, join: ["janus".to_owned(), http.to_string()] }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(format!("{name}.jcfg")), text).expect("a writable folder");
}

/// The names of all modules of a kind but one, as Janus wants them to leave them out.
fn all_but(kind: &str, wanted: &str) -> String {
    let files = std::fs::read_dir(Path::new(PLUGINS).join(kind)).expect("Janus is installed");
    let names = files.flatten().filter_map(|file| file.file_name().into_string().ok());
    let others: Vec<String> = names.filter(|name| name.ends_with(".so") && name != wanted).collect();
    others.join(",")
}
