//! What a `PATCH` brings: trickled candidates or new credentials (RFC 8840 section 9, RFC 9725 section 4.3).

use super::{BYTES_MAX, CANDIDATES_MAX, TOKEN_BYTES_MAX};
use crate::api::SessionError;

/// A trickle fragment. Candidates are counted and forgotten: an ICE-lite agent never speaks first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// The peer's user name fragment and password, if it names them.
    pub(crate) credentials: Option<(String, String)>,
}

impl Fragment {
    /// Reads `body`.
    ///
    /// # Errors
    /// Says what cannot be read.
    pub(crate) fn parse(body: &str) -> Result<Self, SessionError> {
        let malformed = |text: String| Err(SessionError::Malformed(text));
        if body.len() > BYTES_MAX {
            return malformed(format!("the fragment has {} bytes; at most {BYTES_MAX} are read", body.len()));
        }
        let (mut ufrag, mut password, mut candidates) = (None, None, 0);
        for (number, line) in body.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            if !matches!(line.as_bytes(), [b'a' | b'm' | b'c' | b'v' | b'o' | b's' | b't', b'=', ..]) {
                return malformed(format!("line {} is not of the form `a=…` or `m=…`", number + 1));
            }
            let Some((name, value)) = line.strip_prefix("a=").and_then(|rest| rest.split_once(':')) else { continue };
            match name {
                "ice-ufrag" => ufrag = Some(value),
                "ice-pwd" => password = Some(value),
                "candidate" => candidates += 1,
                _ => {}
            }
        }
        if candidates > CANDIDATES_MAX {
            return malformed(format!("{candidates} candidates; at most {CANDIDATES_MAX} are read"));
        }
        match (ufrag, password) {
            (Some(ufrag), Some(password)) if ufrag.len().max(password.len()) <= TOKEN_BYTES_MAX => {
                Ok(Self { credentials: Some((ufrag.to_owned(), password.to_owned())) })
            }
            (None, None) => Ok(Self::default()),
            _ => malformed("`a=ice-ufrag` and `a=ice-pwd` come together, each at most 256 bytes".to_owned()),
        }
    }
}
