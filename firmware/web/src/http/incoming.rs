//! A body that is read piece by piece by whoever answers, because it is too large to be kept: within its size, and not
//! for ever.

use std::sync::Mutex;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use super::refusal::Refusal;

/// How long a body may take besides what its length allows at [`PACE_BYTES_PER_S`], in longest waits for one piece.
const GRACE_PAUSES: u32 = 3;

/// The slowest that a body may come on the whole, bytes per second: a hundredth of what a crowded radio manages.
const PACE_BYTES_PER_S: u64 = 16 * 1024;

/// The rest of a body.
#[derive(Debug)]
pub(super) struct Incoming {
    body: Body,
    announced: Option<u64>,
    bytes_max: u64,
    received: u64,
    /// Longest wait for one piece.
    pause_max: Duration,
    begun: Instant,
}

/// The place of a body in a call that may be shared; it can be taken once.
pub(super) type Slot = Mutex<Option<Incoming>>;

impl Incoming {
    /// `body`, whose length the request may have announced.
    pub(super) fn new(body: Body, announced: Option<u64>, bytes_max: u64, pause_max: Duration) -> Self {
        Self { body, announced, bytes_max, received: 0, pause_max, begun: Instant::now() }
    }

    /// How long the body will be, if the request says so.
    pub(super) fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// The next piece; `None` at the end.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let whole =
                self.begun + self.pause_max * GRACE_PAUSES + Duration::from_secs(self.received / PACE_BYTES_PER_S);
            let due = whole.min(Instant::now() + self.pause_max);
            let Ok(frame) = timeout_at(due, self.body.frame()).await else {
                return Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "The body took too long.").closing());
            };
            let Some(frame) = frame else { return Ok(None) };
            let broken = |_| Refusal::new(StatusCode::BAD_REQUEST, "The body is broken.").closing();
            let Ok(piece) = frame.map_err(broken)?.into_data() else { continue };
            self.received += piece.len() as u64;
            if self.received > self.bytes_max {
                return Err(too_large("more", self.bytes_max));
            }
            return Ok(Some(piece));
        }
    }
}

/// The refusal of a body of `bytes` where `bytes_max` are taken.
pub(super) fn too_large(bytes: &str, bytes_max: u64) -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large.")
        .code("too-large")
        .field("body", bytes, format!("at most {bytes_max} bytes"))
        .closing()
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::response::IntoResponse;

    use super::*;

    /// A body that brings a piece of so many bytes every so often, for ever.
    struct Drip(usize, Duration, Pin<Box<tokio::time::Sleep>>);

    impl hyper::body::Body for Drip {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
            std::task::ready!(self.2.as_mut().poll(cx));
            let again = Instant::now() + self.1;
            self.2.as_mut().reset(again);
            Poll::Ready(Some(Ok(hyper::body::Frame::data(vec![0; self.0].into()))))
        }
    }

    fn drip(bytes: usize, every: Duration, pause_max: Duration) -> Incoming {
        let body = Body::new(Drip(bytes, every, Box::pin(tokio::time::sleep(every))));
        Incoming::new(body, None, 1_000_000, pause_max)
    }

    async fn status(mut incoming: Incoming) -> StatusCode {
        loop {
            if let Err(refusal) = incoming.piece().await {
                return refusal.into_response().status();
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_stalls_drips_or_never_ends_is_refused() {
        let ms = Duration::from_millis;
        assert_eq!(status(drip(1, ms(60_000), ms(20))).await, StatusCode::REQUEST_TIMEOUT, "it stalls");
        assert_eq!(status(drip(1, ms(5), ms(40))).await, StatusCode::REQUEST_TIMEOUT, "it drips");
        assert_eq!(status(drip(100_000, ms(1), ms(60_000))).await, StatusCode::PAYLOAD_TOO_LARGE, "it never ends");
        let mut whole = Incoming::new(Body::from("abc"), Some(3), 3, ms(60_000));
        assert_eq!(whole.piece().await.unwrap().as_deref(), Some(&b"abc"[..]));
        assert!(whole.piece().await.unwrap().is_none());
    }
}
