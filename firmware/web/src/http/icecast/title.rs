//! `GET /admin/metadata`: what plays at a sender, as programs tell an Icecast server.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use percent_encoding::percent_decode;

use super::super::call::Call;
use super::super::refusal::Refusal;
use super::{CHALLENGE, channel_of, password_of};
use crate::senders::{Title, Unknown, line};

/// `GET /admin/metadata?mode=updinfo&mount=/main&song=Artist - Title`, or with `artist` and `title`, and the `charset` they are
/// written in: UTF-8 where they can be, else what a program of the west means.
pub(in super::super) fn update(call: &Call) -> Result<Response, Refusal> {
    let Some(password) = password_of(&call.headers) else { return Ok(unauthorized()) };
    let senders = &call.server.app.senders;
    let token = match senders.holder(&password, call.server.now()) {
        Ok(token) => token,
        Err(Unknown::Token) => return Ok(unauthorized()),
        Err(Unknown::TooMany) => {
            let detail = "Too many wrong tokens came; try again in a moment.";
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(1));
        }
    };
    if call.query("mode") != Some("updinfo") {
        return Ok(answer(StatusCode::BAD_REQUEST, "Unrecognised command: mode=updinfo is the only one"));
    }
    let mount = text(call.query("mount").unwrap_or_default(), None);
    let Some(channel) = channel_of(&call.server, mount.trim_start_matches('/'), &token) else {
        return Ok(answer(StatusCode::BAD_REQUEST, "Source does not exist"));
    };
    if !senders.entitle(channel, token.id, title(|name| call.query(name))) {
        return Ok(answer(StatusCode::BAD_REQUEST, "Source does not exist"));
    }
    Ok(answer(StatusCode::OK, "Metadata update successful"))
}

/// Returns what the query says that plays.
fn title<'a>(query: impl Fn(&str) -> Option<&'a str>) -> Title {
    let charset = query("charset").and_then(|label| Encoding::for_label(label.as_bytes()));
    let said = |name: &str| query(name).map(|value| text(value, charset)).unwrap_or_default();
    let (song, title, artist) = (said("song"), said("title"), said("artist"));
    // A song is artist and title in one, as everybody writes it.
    match song.split_once(" - ") {
        _ if !title.is_empty() || !artist.is_empty() => Title { title, artist },
        Some((artist, title)) => Title { title: title.trim().to_owned(), artist: artist.trim().to_owned() },
        None => Title { title: song, artist: String::new() },
    }
}

/// Returns a value of a query as people read it.
fn text(value: &str, charset: Option<&'static Encoding>) -> String {
    let spaced = value.replace('+', " ");
    let bytes: Vec<u8> = percent_decode(spaced.as_bytes()).collect();
    // What is UTF-8 is nothing else: programs name another and send this.
    let charset = if UTF_8.decode_without_bom_handling_and_without_replacement(&bytes).is_some() {
        UTF_8
    } else {
        charset.filter(|charset| *charset != UTF_8).unwrap_or(WINDOWS_1252)
    };
    let (text, _) = charset.decode_without_bom_handling(&bytes);
    line(&text)
}

fn unauthorized() -> Response {
    let mut response = answer(StatusCode::UNAUTHORIZED, "You need the token of a sender, as the password.");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static(CHALLENGE));
    response
}

/// The answer as Icecast writes it.
fn answer(status: StatusCode, message: &str) -> Response {
    let is_done = u8::from(status.is_success());
    let body = format!(
        "<?xml version=\"1.0\"?>\n<iceresponse><message>{message}</message><return>{is_done}</return></iceresponse>\n"
    );
    let headers = [(header::CONTENT_TYPE, "text/xml; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::senders::TITLE_CHARS_MAX;

    fn read(query: &str) -> (String, String) {
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let said = title(|name| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| *value));
        (said.artist, said.title)
    }

    #[test]
    fn titles_are_read_as_programs_write_them() {
        for (query, artist, title) in [
            ("song=Ann+-+Song", "Ann", "Song"),
            ("song=Gr%C3%B6%C3%9Fe", "", "Größe"),
            ("song=Gr%F6%DFe", "", "Größe"),
            ("song=Gr%F6%DFe&charset=ISO-8859-1", "", "Größe"),
            ("song=%D2%C5&charset=KOI8-R", "", "ре"),
            ("song=Gr%C3%B6%C3%9Fe&charset=latin1", "", "Größe"),
            ("song=Gr%F6%DFe&charset=UTF-8", "", "Größe"),
            ("song=x&charset=nonsense", "", "x"),
            ("artist=Ann&title=A+-+B", "Ann", "A - B"),
            ("artist=Ann&song=ignored", "Ann", ""),
            ("song=%00a%0D%0Ab%zz", "", "ab%zz"),
            ("", "", ""),
        ] {
            assert_eq!(read(query), (artist.to_owned(), title.to_owned()), "{query}");
        }
        assert_eq!(read(&format!("song={}", "x".repeat(999))).1.len(), TITLE_CHARS_MAX);
    }
}
