//! The head of a request with which a program sends a stream, as such programs write it: `PUT /mount HTTP/1.1` (Icecast 2.4 and
//! later) or `SOURCE /mount ICE/1.0`, and no length of what follows; or, as any client of HTTP sends a file, with one.
//!
//! To HTTP/1.1 the former has no body, and hyper cannot read the second form at all; therefore it is read here. Whatever else
//! begins a connection is left to hyper, which has its own words for what is wrong with it.

use super::super::limits::{HEAD_BYTES_MAX, HEADERS_MAX};

/// How a stream is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// As Icecast takes it since 2.4.
    Put,
    /// As it was before.
    Source,
}

/// How long what follows on a head is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing is said of it: until the connection ends.
    Endless,
    /// So many bytes.
    Length(u64),
    /// It comes in chunks, the last of which is empty.
    Chunks,
}

/// Places of the box's own, below which no mount is: what is put there is a request like any other.
const OWN_PLACES: [&str; 3] = ["api/", "whip/", "whep/"];

/// The head of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How it is announced.
    pub method: Method,
    /// Where it shall go: what follows on the slash, without a query.
    pub mount: String,
    /// How long what follows is.
    pub framing: Framing,
    /// Names in lower case, and values.
    headers: Vec<(String, String)>,
}

/// What the first bytes of a connection are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum First {
    /// Too few to tell.
    Unknown,
    /// A request like any other.
    Http,
    /// The head of a stream, of so many bytes.
    Stream(Head, usize),
    /// The head of a stream that cannot be read, for this reason.
    Bad(&'static str),
}

impl Head {
    /// Returns the value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Returns what `bytes`, the first of a connection, are. `is_mount` says whether a mount, without its slash, is one of the box's.
pub fn read(bytes: &[u8], is_mount: impl Fn(&str) -> bool) -> First {
    let begins = |mark: &[u8]| bytes.starts_with(mark) || mark.starts_with(bytes);
    let method = match () {
        () if begins(b"PUT ") => Method::Put,
        () if begins(b"SOURCE ") => Method::Source,
        () => return First::Http,
    };
    let Some(length) = head_bytes(bytes) else {
        return match method {
            _ if bytes.len() < HEAD_BYTES_MAX => First::Unknown,
            Method::Put => First::Http,
            Method::Source => First::Bad("The head is too long."),
        };
    };
    match (head(method, &String::from_utf8_lossy(&bytes[..length]), is_mount), method) {
        (Ok(Some(head)), _) => First::Stream(head, length),
        (Ok(None), _) | (Err(_), Method::Put) => First::Http,
        (Err(why), Method::Source) => First::Bad(why),
    }
}

/// Returns the bytes up to the end of the empty line that ends a head.
fn head_bytes(bytes: &[u8]) -> Option<usize> {
    let within = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
    let ends = within.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|at| match within[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

/// Reads a whole head; `None` if it is that of a request like any other.
fn head(method: Method, text: &str, is_mount: impl Fn(&str) -> bool) -> Result<Option<Head>, &'static str> {
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let first: Vec<&str> = lines.next().unwrap_or_default().split(' ').filter(|word| !word.is_empty()).collect();
    let [_, target, version] = first[..] else { return Err("The first line is no METHOD /mount VERSION.") };
    if !["HTTP/1.0", "HTTP/1.1", "ICE/1.0"].contains(&version) {
        return Err("The version is none of HTTP/1.0, HTTP/1.1 and ICE/1.0.");
    }
    let path = target.split('?').next().unwrap_or_default();
    let mount = path.strip_prefix('/').ok_or("The mount does not begin with a slash.")?;
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines.take_while(|line| !line.is_empty()) {
        if headers.len() == HEADERS_MAX {
            return Err("There are too many headers.");
        }
        let (name, value) = line.split_once(':').ok_or("A header has no colon.")?;
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err("A header has no name.");
        }
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    // Two of these would mean one thing here and another elsewhere.
    let twice = |name: &str| headers.iter().filter(|(known, _)| known == name).count() > 1;
    if ["authorization", "content-type", "content-length", "transfer-encoding"].into_iter().any(twice) {
        return Err("A header is there twice.");
    }
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let names_stream = headers.iter().any(|(name, _)| name.starts_with("ice-"));
    let framing = match (value("content-length"), value("transfer-encoding")) {
        // What has no end has no length, whatever its program says of it.
        _ if method == Method::Source => Framing::Endless,
        (None, None) => Framing::Endless,
        (Some(length), None) => Framing::Length(length.parse().map_err(|_| "The length is no number.")?),
        (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Framing::Chunks,
        (_, Some(_)) => return Err("What is sent is coded in a way that is not taken here."),
    };
    // libshout asks first whether it needs a password, with a body of no length, and sends nothing before it was told so.
    let asks = framing == Framing::Length(0) && value("authorization").is_none() && names_stream;
    if method == Method::Put && !asks {
        // Whoever sends a file by any client of HTTP brings a password and says what it is, or where it shall go; nothing else that is
        // put here with a length does.
        let (scheme, _) = value("authorization").unwrap_or_default().split_once(' ').unwrap_or_default();
        let media = value("content-type").unwrap_or_default().to_ascii_lowercase();
        let is_sound = media.starts_with("audio/") || media.starts_with("application/ogg");
        let is_file = scheme.eq_ignore_ascii_case("basic") && (is_sound || names_stream || is_mount(mount));
        let brings = value("authorization").or(value("expect")).is_some();
        let is_endless = framing == Framing::Endless && brings && !mount.contains('/');
        let is_own = OWN_PLACES.iter().any(|place| mount.starts_with(place));
        if is_own || framing == Framing::Length(0) || !(is_file || is_endless) {
            return Ok(None);
        }
    }
    Ok(Some(Head { method, mount: mount.to_owned(), framing, headers }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_mount(mount: &str) -> bool {
        ["main", "main.mp3", "live/main", "api/main"].contains(&mount)
    }

    fn stream(text: &str) -> Head {
        match read(text.as_bytes(), is_mount) {
            First::Stream(head, length) if length == text.len() => head,
            other => panic!("{text:?} is {other:?}"),
        }
    }

    #[test]
    fn heads_of_the_programs_that_there_are_can_be_read() {
        // ffmpeg 9, as captured.
        let ffmpeg = stream(
            "PUT /live.mp3 HTTP/1.1\r\nUser-Agent: Lavf/63.1.100\r\nAccept: */*\r\nExpect: 100-continue\r\n\
             Connection: close\r\nHost: 127.0.0.1:8000\r\nContent-Type: audio/mpeg\r\nIcy-MetaData: 1\r\nIce-Name: x\r\n\
             Ice-Public: 0\r\nAuthorization: Basic c291cmNlOng=\r\n\r\n",
        );
        assert_eq!((ffmpeg.method, &*ffmpeg.mount), (Method::Put, "live.mp3"));
        assert_eq!(ffmpeg.header("expect"), Some("100-continue"));
        assert_eq!(ffmpeg.header("authorization"), Some("Basic c291cmNlOng="));
        // libshout up to 2.3, Liquidsoap, and line ends as they come.
        let shout = stream("SOURCE /main.ogg ICE/1.0\nContent-Type:application/ogg\nIce-Name: Größe: 1\n\n");
        assert_eq!((shout.method, &*shout.mount), (Method::Source, "main.ogg"));
        assert_eq!(
            (shout.header("content-type"), shout.header("ice-name")),
            (Some("application/ogg"), Some("Größe: 1"))
        );
        // libshout 2.4 asks whether it needs a password before it sends.
        let asks = stream(
            "PUT /main HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: libshout/2.4.6\r\nContent-Type: audio/mpeg\r\n\
             Content-Length: 0\r\nConnection: Keep-Alive\r\nice-public: 0\r\nice-name: no name\r\n\r\n",
        );
        assert_eq!((&*asks.mount, asks.header("authorization")), ("main", None));
        assert_eq!(stream("SOURCE / HTTP/1.0\r\n\r\n").mount, "");
        assert_eq!(stream("SOURCE /a?b=/c HTTP/1.1\r\n\r\n").mount, "a");
    }

    #[test]
    fn a_file_is_taken_with_its_length_or_in_chunks_from_whom_brings_a_password() {
        let basic = "Authorization: Basic c291cmNlOng=";
        for (mount, lines, framing) in [
            // curl 8, as captured.
            (
                "main",
                "User-Agent: curl/8.5.0\r\nAccept: */*\r\nContent-Length: 5000000\r\nExpect: 100-continue",
                Framing::Length(5_000_000),
            ),
            ("main.mp3", "Accept: */*\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue", Framing::Chunks),
            ("live/main", "Content-Length: 3", Framing::Length(3)),
            ("live/main", "Accept: */*", Framing::Endless),
            ("none", "Content-Type: audio/mpeg\r\nTransfer-Encoding: Chunked", Framing::Chunks),
            ("a/b/none", "Content-Type: Application/Ogg\r\nContent-Length: 3", Framing::Length(3)),
            ("none", "ice-name: x\r\nContent-Length: 3", Framing::Length(3)),
        ] {
            let head = stream(&format!("PUT /{mount} HTTP/1.1\r\nHost: x\r\n{basic}\r\n{lines}\r\n\r\n"));
            assert_eq!((&*head.mount, head.framing), (mount, framing), "{lines}");
        }
        let source = stream("SOURCE /main HTTP/1.0\r\nContent-Length: 0\r\nContent-Type: audio/mpeg\r\n\r\n");
        assert_eq!(source.framing, Framing::Endless);
    }

    #[test]
    fn what_brings_no_password_or_goes_to_another_place_is_a_request_like_any_other() {
        for text in [
            "GET / HTTP/1.1\r\n\r\n",
            "POST /main HTTP/1.1\r\n\r\n",
            "PUTS /main HTTP/1.1\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: a\r\nContent-Length: 3\r\n\r\n",
            "PUT /main HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PUT /main HTTP/1.1\r\nice-name: x\r\nContent-Length: 3\r\n\r\n",
            "PUT /main HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            "PUT /api/me HTTP/1.1\r\nAuthorization: a\r\n\r\n",
            // Behind a proxy that wants a password of its own.
            "PUT /api/me HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n",
            "PUT /api/main HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: 3\r\n\r\n",
            "PUT /whip/main/0/title HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Type: audio/x\r\nContent-Length: 3\r\n\r\n",
            "PUT /none HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: 3\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: 0\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: Basic a\r\nContent-Length: -3\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: Basic a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "PUT /health HTTP/1.1\r\nHost: x\r\n\r\n",
            "PUT main HTTP/1.1\r\nAuthorization: a\r\n\r\n",
            "PUT /main HTTP/2\r\nAuthorization: a\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: a\r\nnonsense\r\n\r\n",
            "PUT /main HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n",
            "\r\n",
            "\0",
        ] {
            assert_eq!(read(text.as_bytes(), is_mount), First::Http, "{text:?}");
        }
    }

    #[test]
    fn odd_heads_of_streams_are_refused_with_the_reason() {
        let many = "X: y\r\n".repeat(HEADERS_MAX + 1);
        for (rest, why) in [
            ("\r\n\r\n", "first line"),
            ("/a\r\n\r\n", "first line"),
            ("/a b HTTP/1.0\r\n\r\n", "first line"),
            ("/a HTTP/3\r\n\r\n", "version"),
            ("a HTTP/1.0\r\n\r\n", "slash"),
            ("http://h/a HTTP/1.0\r\n\r\n", "slash"),
            ("/a HTTP/1.0\r\nnonsense\r\n\r\n", "colon"),
            ("/a HTTP/1.0\r\n: x\r\n\r\n", "name"),
            ("/a HTTP/1.0\r\n folded: x\r\n\r\n", "name"),
            ("/a HTTP/1.0\r\nAuthorization: a\r\nAUTHORIZATION: b\r\n\r\n", "twice"),
            (&*format!("/a HTTP/1.0\r\n{many}\r\n"), "too many"),
            (&*"x".repeat(HEAD_BYTES_MAX), "too long"),
        ] {
            let First::Bad(said) = read(format!("SOURCE {rest}").as_bytes(), is_mount) else { panic!("{rest:.40}") };
            assert!(said.contains(why), "{rest:.40}: {said}");
        }
    }

    #[test]
    fn a_head_is_told_as_soon_as_it_is_whole_and_not_before() {
        let text = b"SOURCE /main HTTP/1.0\r\nA: b\r\n\r\n";
        for length in 0..text.len() {
            assert_eq!(read(&text[..length], is_mount), First::Unknown, "{length}");
        }
        let with_sound = [&text[..], &[0xFF, 0xFB, b'\n', b'\n']].concat();
        assert!(matches!(read(&with_sound, is_mount), First::Stream(_, length) if length == text.len()));
        assert_eq!(read(&[b"PUT /", &[b'x'; HEAD_BYTES_MAX][..]].concat(), is_mount), First::Http, "hyper answers 431");
        for n in 0..=255_u8 {
            read(&[n, n], is_mount);
            read(&[&b"SOURCE /"[..], &[n; 9], b"\n\n"].concat(), is_mount);
        }
    }
}
