//! What is shown of the box besides what the party does: where its page is, how to join its network, where the stream is.
//!
//! Values only; filled in by whoever runs the box. Its radio and power are in [`appliance::facts`].

use std::fmt;

use serde::Serialize;

/// Everything of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Where the page can be opened, the best address first.
    pub urls: Vec<String>,
    /// The name by which phones in the guests' network reach the page, as somebody would type it.
    pub name: Option<String>,
    /// The port of the same page by TLS, if there is one.
    pub https_port: Option<u16>,
    /// What a phone scans to join the network.
    pub join: Option<JoinCode>,
    /// The same for people: the network that guests shall join.
    pub network: Option<Network>,
    /// How loud line-in is, while there is one.
    pub line_level: Option<LineLevel>,
}

/// A network, as people type it. Holds its passphrase, so no log may show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Network {
    /// What it is called.
    pub name: String,
    /// Its passphrase; empty for an open network.
    pub passphrase: String,
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The text of a QR code that joins the network. Holds its passphrase, so no log may show it.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinCode(pub String);

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JoinCode(…)")
    }
}

/// How loud line-in is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LineLevel {
    /// Peak of the last block in dBFS; `None` for silence.
    pub peak_dbfs: Option<f32>,
    /// Whether it was too loud for its converter of late.
    pub clipped: bool,
}
