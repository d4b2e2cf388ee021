//! Programs that send a stream as to an Icecast server: butt, Mixxx, Liquidsoap, ffmpeg and whatever uses libshout.
//!
//! Their request has a body without a length, or, of `curl -T`, one that lasts as long as its music, so that their connection is taken
//! away before hyper sees it ([`head`], [`body`]). Who may send is who has a token, as the password of HTTP's basic authentication; the mount says to which channel. Answers are Icecast's, which
//! such programs know by heart. What is sent goes to a decoder process unread; while that takes no more, nothing is read.

pub mod body;
pub mod head;
mod title;

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base::{ChannelId, StreamInlet};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hub::{Refused, Terms, Token, Who};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::time::timeout;

use self::body::Body;
use self::head::{Framing, Head, Method};
pub(super) use self::title::update;
use super::call::{Ends, Server};
use super::whip;
use crate::senders::{News, OnNews, Streaming, Unknown};

/// How long nothing may come of a stream: Icecast's own default.
const QUIET_MAX: Duration = Duration::from_secs(10);

/// How long the decoder may take nothing: it plays all the time, so that it hangs.
const STUCK_MAX: Duration = Duration::from_secs(30);

/// Seconds after which a program may try again that found the box busy.
const RETRY_SECONDS: u32 = 2;

/// The same for one that found too many wrong tokens.
const TOKENS_RETRY_SECONDS: u32 = 1;

/// Bytes read at once.
const READ_BYTES: usize = 8 * 1024;

/// What a kernel keeps for a sender that is ahead of what is heard, bytes: what has been taken is heard although its sender is gone.
const KERNEL_BYTES: usize = 32 * 1024;

/// What is refused by its name, besides video: containers that no decoder here takes as they come. Else programs name what they send
/// by many names, wrong ones and none; what it really is shows when it is decoded.
const OTHER_MEDIA: [&str; 3] = ["audio/webm", "audio/x-matroska", "audio/matroska"];

/// What can be heard.
const HEARD_MEDIA: &str = "MP3, AAC (ADTS), and Opus, Vorbis and FLAC in Ogg";

/// Mounts that mean the token's channel, or the first, unless a channel is called so: what programs have as their default.
const ANY_CHANNEL: [&str; 3] = ["", "stream", "live"];

/// What may stand behind a mount's name.
const ENDINGS: [&str; 7] = [".mp3", ".ogg", ".oga", ".opus", ".aac", ".flac", ".m4a"];

/// Why a stream is not taken.
#[derive(Debug)]
struct No {
    status: &'static str,
    /// Whether it asks for a password.
    challenges: bool,
    /// Seconds after which a program may try again, if that is of any use.
    retry_after_s: Option<u32>,
    why: String,
}

impl No {
    fn new(status: &'static str, why: impl Into<String>) -> Self {
        Self { status, challenges: false, retry_after_s: None, why: why.into() }
    }

    fn later(status: &'static str, why: impl Into<String>, seconds: u32) -> Self {
        Self { retry_after_s: Some(seconds), ..Self::new(status, why) }
    }

    /// The answer as Icecast writes it.
    fn text(&self) -> String {
        let Self { status, challenges, retry_after_s, why } = self;
        let mut header = if *challenges { format!("WWW-Authenticate: {CHALLENGE}\r\n") } else { String::new() };
        if let Some(seconds) = retry_after_s {
            header += &format!("Retry-After: {seconds}\r\n");
        }
        let length = why.len() + 2;
        format!(
            "HTTP/1.0 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
             Connection: close\r\n{header}\r\n{why}\r\n"
        )
    }
}

/// The header by which a program learns that it needs a password.
const CHALLENGE: &str = "Basic realm=\"Icecast2 Server\"";

fn unauthorized() -> No {
    No {
        challenges: true,
        ..No::new("401 Authentication Required", "You need the token of a sender, as the password.")
    }
}

/// Returns the password that a program brings; it may call itself anything.
fn password(authorization: Option<&str>) -> Option<String> {
    let (scheme, coded) = authorization?.split_once(' ')?;
    let decoded = STANDARD.decode(coded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(_, password)| password.trim().to_owned())
}

/// What a mount means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mount {
    Channel(ChannelId),
    /// Whichever the token is for.
    Any,
}

/// Returns what `mount`, without its slash, means; `None` if there is no such. Of a mount with slashes, as programs make them of a
/// folder or of a file's name, the last part counts, else the first.
fn mount_of(server: &Server, mount: &str) -> Option<Mount> {
    let bare = |part: &'_ str| -> String {
        ENDINGS.iter().find_map(|ending| part.strip_suffix(ending)).unwrap_or(part).to_owned()
    };
    let snapshot = server.app.snapshot.borrow();
    let channel = |name: &str| ChannelId::new(&bare(name)).ok().filter(|id| snapshot.channel(*id).is_some());
    let (mount, mut parts) = (mount.trim_matches('/'), mount.trim_matches('/').split('/'));
    let (first, last) = (parts.next().unwrap_or_default(), parts.next_back());
    let named = channel(last.unwrap_or(first)).or_else(|| channel(first)).map(Mount::Channel);
    named.or_else(|| ANY_CHANNEL.contains(&&*bare(mount)).then_some(Mount::Any))
}

/// Whether there is such a mount, whoever may send to it.
pub(super) fn is_mount(server: &Server, mount: &str) -> bool {
    mount_of(server, mount).is_some()
}

/// Returns the channel that `mount`, without its slash, means to the holder of `token`; `None` if there is none.
fn channel_of(server: &Server, mount: &str, token: &Token) -> Option<ChannelId> {
    match mount_of(server, mount)? {
        Mount::Channel(channel) => Some(channel),
        Mount::Any => Some(token.channel.unwrap_or_else(|| server.app.snapshot.borrow().first().channel.id)),
    }
}

/// A stream that is taken.
struct Taken {
    channel: ChannelId,
    name: String,
    inlet: StreamInlet,
    streaming: Streaming,
}

/// Answers the head of a stream, and passes on what follows until either side ends. `rest`: what came behind the head.
pub(super) async fn run(
    mut socket: TcpStream,
    head: Head,
    rest: &[u8],
    ends: Ends,
    server: &Arc<Server>,
    stop: watch::Receiver<bool>,
) {
    let taken = match admit(&head, server).await {
        Ok(taken) => taken,
        Err(no) => {
            log::info!("refused a stream of {}: {}", ends.peer.ip(), no.why);
            return refuse(socket, &no.text()).await;
        }
    };
    let (channel, name) = (taken.channel, taken.name.clone());
    log::info!("{channel}: {name} sends a stream");
    let is_expected = head.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"));
    let is_file = head.framing != Framing::Endless;
    let answer: &[u8] = match head.method {
        Method::Put if is_expected => b"HTTP/1.1 100 Continue\r\n\r\n",
        // To HTTP an answer comes behind what is sent.
        Method::Put if is_file => b"",
        Method::Put => b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        Method::Source => b"HTTP/1.0 200 OK\r\n\r\n",
    };
    let ended = match socket.write_all(answer).await {
        Ok(()) => pass_on(&mut socket, (Body::new(head.framing), rest), taken, stop).await,
        Err(error) => Err(error.to_string()),
    };
    log::info!("{channel}: the stream of {name} ended: {}", ended.as_ref().err().map_or("it is over", String::as_str));
    // Whoever is gone reads it no more.
    match ended {
        Err(why) if is_file => refuse(socket, &No::later("503 Service Unavailable", why, RETRY_SECONDS).text()).await,
        _ if head.method == Method::Put && (is_expected || is_file) => {
            _ = socket.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n").await;
        }
        _ => {}
    }
}

/// Answers a head that cannot be read.
pub(super) async fn refuse_bad(socket: TcpStream, why: &'static str) {
    refuse(socket, &No::new("400 Bad Request", why).text()).await;
}

/// Writes a refusal. What the program sent already must be read, or the answer may not reach it.
async fn refuse(mut socket: TcpStream, text: &str) {
    let mut unread = [0; 1_024];
    let said = async {
        socket.write_all(text.as_bytes()).await?;
        socket.shutdown().await?;
        for _ in 0..64 {
            if socket.read(&mut unread).await? == 0 {
                break;
            }
        }
        std::io::Result::Ok(())
    };
    // Whoever does not wait for it need not be told.
    _ = timeout(Duration::from_secs(1), said).await;
}

/// Decides whether a stream is taken, and opens what it goes into.
async fn admit(head: &Head, server: &Arc<Server>) -> Result<Taken, No> {
    if head.header("origin").is_some() || head.header("sec-fetch-site").is_some() {
        return Err(No::new("403 Forbidden", "Pages of browsers send by WHIP."));
    }
    let password = password(head.header("authorization")).ok_or_else(unauthorized)?;
    let token = server.app.senders.holder(&password, server.now()).map_err(|unknown| match unknown {
        Unknown::Token => unauthorized(),
        Unknown::TooMany => No::later(
            "429 Too Many Requests",
            "Too many wrong tokens came; try again in a moment.",
            TOKENS_RETRY_SECONDS,
        ),
    })?;
    let Some(channel) = channel_of(server, &head.mount, &token) else {
        let snapshot = server.app.snapshot.borrow();
        let known: Vec<String> = snapshot.channels.iter().map(|status| format!("/{}", status.channel.id)).collect();
        return Err(No::new("404 Not Found", format!("There is no such mount; there are {}.", known.join(", "))));
    };
    if token.channel.is_some_and(|only| only != channel) {
        return Err(unauthorized());
    }
    if head.header("content-type").is_some_and(is_other_media) {
        return Err(No::new(
            "403 Forbidden",
            format!("Content-type not supported; what can be heard is {HEARD_MEDIA}."),
        ));
    }
    let who = Who::Token(token.id);
    let terms = Terms { together_max: whip::together_max(server, channel), takes_over: false };
    let begun = server.app.senders.begin(channel, who, &token.name, terms).map_err(|refused| match refused {
        Refused::Taken { name } => No::new("403 Forbidden", format!("Mountpoint in use by {name}")),
        Refused::TooManyTokens | Refused::NoName => too_busy(),
    })?;
    server.end_senders(begun.replaced.clone());
    let intake = server.app.intakes.borrow().get(&channel).cloned();
    let news = news(Arc::clone(server), channel, token.name.clone(), begun.id);
    let Some(inlet) = intake.and_then(|intake| (intake.stream)(begun.place, news)) else {
        begun.abandon();
        return Err(too_busy());
    };
    let streaming = server.app.senders.streams(begun, &inlet).ok_or_else(unauthorized)?;
    Ok(Taken { channel, name: token.name, inlet, streaming })
}

/// Whether this can be nothing that is heard here.
fn is_other_media(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media.starts_with("video/") || OTHER_MEDIA.contains(&media.as_str())
}

fn too_busy() -> No {
    No::later("503 Service Unavailable", "The box is too busy; try again in a moment.", RETRY_SECONDS)
}

/// Takes what a stream says of itself.
fn news(server: Arc<Server>, channel: ChannelId, name: String, id: hub::SendingId) -> OnNews {
    let mut has_said = false;
    Box::new(move |news| match news {
        // One that never said anything leaves it to its program to tell.
        News::Plays(title) if has_said || title != crate::senders::Title::default() => {
            has_said = true;
            server.app.senders.plays(id, title);
        }
        News::Plays(_) => {}
        News::Failed(why) => {
            log::info!("{channel}: what {name} sends {why}");
            server.app.senders.failed(id);
        }
    })
}

/// Passes on what comes until either side ends, or says why that was too early. `rest`: what came of the body with the head.
async fn pass_on(
    socket: &mut TcpStream,
    (mut body, rest): (Body, &[u8]),
    taken: Taken,
    mut stop: watch::Receiver<bool>,
) -> Result<(), String> {
    let Taken { inlet, streaming, .. } = taken;
    let mut bytes = pipe::Sender::from_owned_fd(inlet.bytes).map_err(|error| error.to_string())?;
    // The system's own choice is no error.
    _ = socket2::SockRef::from(&*socket).set_recv_buffer_size(KERNEL_BYTES);
    let passing = async {
        let mut buffer = rest.to_vec();
        let mut read = buffer.len();
        loop {
            let sound = body.unpack(&mut buffer[..read])?;
            match timeout(STUCK_MAX, bytes.write_all(&buffer[..sound])).await {
                Err(_) => return Err("nothing of it was played any more"),
                Ok(Err(_)) => return Err("it is not wanted any more"),
                Ok(Ok(())) if body.is_over() => return Ok(()),
                Ok(Ok(())) => buffer.resize(READ_BYTES, 0),
            }
            read = match timeout(QUIET_MAX, socket.read(&mut buffer)).await {
                Err(_) => return Err("nothing came any more"),
                Ok(Err(_)) => return Err("its connection broke"),
                Ok(Ok(0)) if body.may_break_off() => return Ok(()),
                Ok(Ok(0)) => return Err("it ended before its end"),
                Ok(Ok(read)) => read,
            };
        }
    };
    let ended = tokio::select! {
        ended = passing => ended,
        () = streaming.hung_up.notified() => Err("it was hung up"),
        () = crate::stopped(&mut stop) => Err("the box ends"),
    };
    ended.map_err(str::to_owned)
}

/// Returns the password in the headers of a request that hyper has read.
fn password_of(headers: &HeaderMap) -> Option<String> {
    password(headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()))
}
