//! Who signs updates, and whose updates a box takes.
//!
//! The release key comes from outside and is never here. Without one a throw-away key is made, once per target folder:
//! for development and tests, and worthless elsewhere, because no box that was flashed from a release takes it.

use std::path::PathBuf;

use crate::error::Error;
use crate::tools::jail::{self, Seen};
use crate::{files, places, stage};

/// Makes an elliptic-curve key and a certificate of its own. Long-lived: a box's clock may be in 1970 or in 2100, and
/// RAUC is told not to look at the time.
const MAKE: &str = "umask 077 && openssl ecparam -name prime256v1 -genkey -noout -out /out/key.pem && \
    openssl req -x509 -new -key /out/key.pem -sha256 -days 36500 -subj '/O=Partybox/CN=development' -out /out/certificate.pem";

/// Files of keys and certificates.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Signs updates.
    pub(crate) key: PathBuf,
    /// Says whose the key is.
    pub(crate) certificate: PathBuf,
    /// Certificates whose updates the box will take. More than one while a key is handed over.
    pub(crate) keyring: PathBuf,
}

/// The throw-away keys called `name`, made if they are not there.
pub(crate) fn throw_away(name: &str) -> Result<Keys, Error> {
    let keys = places::card().join("keys").join(name);
    if !keys.join("certificate.pem").exists() {
        files::folder(&keys)?;
        let seen = [Seen::write(&keys, "/out")];
        stage::status("making a throw-away key", &mut jail::command(&seen, &["sh", "-c", MAKE]))?;
    }
    let certificate = keys.join("certificate.pem");
    Ok(Keys { key: keys.join("key.pem"), keyring: certificate.clone(), certificate })
}
