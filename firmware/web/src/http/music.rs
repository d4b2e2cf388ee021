//! What can be asked about the box's music: search, lists by album, artist, genre and year, and files that are broken.
//!
//! All of it only reads. An answer is `{"tracks": [...], "next": ...}` (or `groups`, `files`): at most `limit` rows
//! ([`LIMIT_DEFAULT`] unless asked for, [`LIMIT_MAX`] at most), and what to send as `after` for the next page, `null`
//! on the last one. A track is `{"id", "title", "artist", "album", "album_artist", "album_key", "artist_key",
//! "track_number", "disc_number", "year", "genre", "duration_ms", "has_picture", "art", "uploaded", "gain_db"}`; texts may be empty, numbers that are
//! not known are 0, an unknown length is `null`. A key is what to send as `album` or `artist` for the tracks of that
//! album or artist; `art` is the address of its cover or `null` (see `art`),
//! `gain_db` what its level is changed by when tracks are levelled (0 until its loudness is known). Texts come from files: whoever shows them must not take them for markup.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use ::library::{
    AskError, Filter, Folder, Group, GroupBy, LIMIT_DEFAULT, LIMIT_MAX, Library, Playlist, QUERY_CHARS_MAX, RootKind,
    Track, TroubledList,
};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::TrackId;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde_json::{Value, json};

use super::call::Call;
use super::limits::REPLY_TIMEOUT;
use super::refusal::{Refusal, unavailable};
use super::turns::Turns;
use crate::track::art_url;

/// `GET /api/library/search?q=&limit=&after=`: tracks in whose title, artist or album every word of `q` begins a word,
/// whatever its capitals and diacritics, the likeliest first. At most [`QUERY_CHARS_MAX`] characters of `q` count.
pub(super) async fn search(call: Call) -> Result<Response, Refusal> {
    let (limit, after) = (limit(&call)?, number(&call, "after")?.map(TrackId));
    let typed: String = text(&call, "q").unwrap_or_default().chars().take(QUERY_CHARS_MAX).collect();
    page(&call, move |library| library.search(&typed, after, limit), move |found| tracks_page(&found, limit)).await
}

/// `GET /api/library/tracks?album=&artist=&genre=&year=&limit=&after=`: tracks by album, disc, number and title. The
/// first three are keys of groups. With `playlist=` those of a playlist, in its order.
pub(super) async fn tracks(call: Call) -> Result<Response, Refusal> {
    let limit = limit(&call)?;
    let after = number(&call, "after")?;
    if let Some(list) = number(&call, "playlist")? {
        let shown = move |found: Vec<(u64, Track)>| {
            let next = found.last().filter(|_| found.len() == limit).map(|(place, _)| *place);
            let rows: Vec<Value> = found.iter().map(|(_, track)| row(track)).collect();
            answer(&json!({ "tracks": rows, "next": next }))
        };
        return page(&call, move |library| library.playlist(list, after, limit), shown).await;
    }
    let key = |name| text(&call, name).filter(|key| !key.is_empty());
    let year = number(&call, "year")?.map(|year| u32::try_from(year).unwrap_or(u32::MAX));
    let filter = Filter { album: key("album"), artist: key("artist"), genre: key("genre"), year };
    let question = move |library: &Library| library.tracks(&filter, after.map(TrackId), limit);
    page(&call, question, move |found| tracks_page(&found, limit)).await
}

/// `GET /api/library/newest?limit=&after=`: the tracks that came to the box last, the newest first.
pub(super) async fn newest(call: Call) -> Result<Response, Refusal> {
    let (limit, after) = (limit(&call)?, number(&call, "after")?.map(TrackId));
    page(&call, move |library| library.newest(after, limit), move |found| tracks_page(&found, limit)).await
}

/// `GET /api/library/folders?in=&limit=&after=`, for hosts: the folders with music in the one of the key `in`, by name, as
/// `{"key", "name", "kind", "present", "tracks", "has_folders"}`; without it the places of music, whose `kind` is not `null`.
/// The key is what a channel's repertoire is set to.
pub(super) async fn folders(call: Call) -> Result<Response, Refusal> {
    let limit = limit(&call)?;
    let (within, after) = (text(&call, "in").filter(|key| !key.is_empty()), text(&call, "after"));
    let is_within = within.is_some();
    let found = ask(&call, move |library| library.folders(within.as_deref(), after.as_deref(), limit)).await?;
    let rows = found.iter().map(|folder| {
        let Folder { key, name, kind, is_present, tracks, has_folders } = folder;
        let kind = kind.map(RootKind::id);
        json!({
            "key": key,
            "name": name,
            "kind": kind,
            "present": is_present,
            "tracks": tracks,
            "has_folders": has_folders,
        })
    });
    // Of places there is one page.
    let next = found.last().filter(|_| is_within && found.len() == limit).map(|folder| folder.key.clone());
    Ok(answer(&json!({ "folders": rows.collect::<Vec<_>>(), "next": next })))
}

/// `GET /api/library/playlists?limit=&after=`: playlists, as `{"id", "key", "name", "tracks", "missing", "cut"}`; the number is
/// what to send as `playlist` for their tracks, the key what a channel's repertoire is set to, `missing` how many names in it lead to
/// no file, `cut` whether it is longer than what is read of it.
pub(super) async fn playlists(call: Call) -> Result<Response, Refusal> {
    let (limit, after) = (limit(&call)?, number(&call, "after")?.unwrap_or(0));
    let shown = move |found: Vec<Playlist>| {
        let rows = found.iter().map(|list| {
            json!({
                "id": list.id,
                "key": list.key,
                "name": list.name,
                "tracks": list.tracks,
                "missing": list.missing,
                "cut": list.is_cut,
            })
        });
        let next = found.last().filter(|_| found.len() == limit).map(|list| list.id);
        answer(&json!({ "playlists": rows.collect::<Vec<_>>(), "next": next }))
    };
    page(&call, move |library| library.playlists(after, limit), shown).await
}

/// `GET /api/library/lists?limit=&after=`, for hosts: cue sheets and playlists of which not all is understood, as `{"id", "path",
/// "trouble", "missing", "missing_total", "cut"}`: why a sheet is not applied (as a whole) or `null`, the first names that lead to
/// no file and how many do, and whether the list is longer than what is read of it.
pub(super) async fn lists(call: Call) -> Result<Response, Refusal> {
    let (limit, after) = (limit(&call)?, number(&call, "after")?.unwrap_or(0));
    let found = ask(&call, move |library| library.troubled_lists(after, limit)).await?;
    let rows = found.iter().map(|list| {
        let TroubledList { id, path, trouble, missing, missing_total, is_cut } = list;
        let path = path.to_string_lossy();
        json!({
            "id": id,
            "path": path,
            "trouble": trouble,
            "missing": missing,
            "missing_total": missing_total,
            "cut": is_cut,
        })
    });
    let next = found.last().filter(|_| found.len() == limit).map(|list| list.id);
    Ok(answer(&json!({ "lists": rows.collect::<Vec<_>>(), "next": next })))
}

/// `GET /api/library/groups?by=&limit=&after=`: albums, artists, genres or years (`by`: `album`, `artist`, `genre`,
/// `year`) in their order, articles and diacritics left out, as `{"key", "name", "artist", "tracks", "art"}`; `art` is the
/// address of an album's cover or `null`.
pub(super) async fn groups(call: Call) -> Result<Response, Refusal> {
    let limit = limit(&call)?;
    let asked = text(&call, "by").unwrap_or_default();
    let Some(by) = GroupBy::ALL.into_iter().find(|by| by.id() == asked) else {
        let allowed = GroupBy::ALL.map(GroupBy::id).join(", ");
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Music is not grouped by that.").field("by", &asked, allowed));
    };
    let after = text(&call, "after");
    let shown = move |found: Vec<Group>| {
        let rows = found.iter().map(|group| {
            let art = group.cover.as_ref().and_then(art_url);
            json!({ "key": group.key, "name": group.name, "artist": group.artist, "tracks": group.tracks, "art": art })
        });
        let next = found.last().filter(|_| found.len() == limit).map(|group| group.key.clone());
        answer(&json!({ "groups": rows.collect::<Vec<_>>(), "next": next }))
    };
    page(&call, move |library| library.groups(by, after.as_deref(), limit), shown).await
}

/// `GET /api/library/broken?limit=&after=`, for hosts: files that are no tracks, as `{"path", "reason"}`, by path. What
/// is not UTF-8 in a path is shown as `�`.
pub(super) async fn broken(call: Call) -> Result<Response, Refusal> {
    let limit = limit(&call)?;
    // A path need not be UTF-8, so what stands for it in `next` is its bytes in percent signs.
    let after: Vec<u8> = percent_decode_str(&text(&call, "after").unwrap_or_default()).collect();
    let found = ask(&call, move |library| library.broken(Path::new(OsStr::from_bytes(&after)), limit)).await?;
    let rows = found.iter().map(|file| json!({ "path": file.path.to_string_lossy(), "reason": file.reason }));
    let next = found.last().filter(|_| found.len() == limit);
    let next = next.map(|file| percent_encode(file.path.as_os_str().as_bytes(), NON_ALPHANUMERIC).to_string());
    Ok(answer(&json!({ "files": rows.collect::<Vec<_>>(), "next": next })))
}

/// How far the scan has got, for `/health`; `null` without a library.
pub(super) fn progress(library: Option<&Library>) -> Value {
    let Some(progress) = library.map(Library::progress) else { return Value::Null };
    json!({
        "scanning": progress.scanning,
        "files_seen": progress.files_seen,
        "files_done": progress.files_done,
        "files_per_s": progress.files_per_s.round(),
        "left_s": progress.left.map(|left| left.as_secs()),
        "tracks": progress.tracks,
        "broken": progress.broken,
    })
}

/// Puts a question to the library, on a thread that may wait for storage. Without a library there is nothing.
pub(super) async fn ask<T: Default + Send + 'static>(
    call: &Call,
    question: impl FnOnce(&Library) -> Result<T, AskError> + Send + 'static,
) -> Result<T, Refusal> {
    ask_within(call, &call.server.questions, REPLY_TIMEOUT, question).await
}

/// Answers with what is `shown` of what the library says to a question. A page of rows is written on the same thread: it takes
/// longer than most answers as a whole, and would keep others waiting.
async fn page<T: Default + Send + 'static>(
    call: &Call,
    question: impl FnOnce(&Library) -> Result<T, AskError> + Send + 'static,
    shown: impl FnOnce(T) -> Response + Send + 'static,
) -> Result<Response, Refusal> {
    // Without a library nobody is asked, and nothing is shown of nothing.
    if call.server.app.library.is_none() {
        return Ok(shown(T::default()));
    }
    ask(call, move |library| question(library).map(|found| Some(shown(found)))).await?.ok_or_else(unavailable)
}

/// The same as soon as it is this call's turn, if that is within `patience`.
pub(super) async fn ask_within<T: Default + Send + 'static>(
    call: &Call,
    turns: &Turns,
    patience: Duration,
    question: impl FnOnce(&Library) -> Result<T, AskError> + Send + 'static,
) -> Result<T, Refusal> {
    let Some(library) = call.server.app.library.clone() else { return Ok(T::default()) };
    let _turn = turns.wait(call.ends.peer.ip(), patience).await?;
    match tokio::task::spawn_blocking(move || question(&library)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(AskError::Slow)) => Err(unavailable()),
        Ok(Err(AskError::UnknownTrack(id))) => {
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, "There is no such track to go on after.");
            Err(refusal.field("after", &id.to_string(), "what `next` said"))
        }
        Ok(Err(error @ AskError::Database(_))) => {
            log::error!("{error}");
            Err(unavailable())
        }
        Err(_) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The library has failed.")),
    }
}

/// The value of `name` in the query, decoded; what is not UTF-8 becomes `�`.
pub(super) fn text(call: &Call, name: &str) -> Option<String> {
    // A plus is a space in what forms send.
    let value = call.query(name)?.replace('+', " ");
    Some(percent_decode_str(&value).decode_utf8_lossy().into_owned())
}

pub(super) fn number(call: &Call, name: &'static str) -> Result<Option<u64>, Refusal> {
    let Some(value) = call.query(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let refused = |_| Refusal::new(StatusCode::BAD_REQUEST, "This is no number.").field(name, value, "a number");
    value.parse().map(Some).map_err(refused)
}

fn limit(call: &Call) -> Result<usize, Refusal> {
    let limit = number(call, "limit")?.map_or(LIMIT_DEFAULT, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if (1..=LIMIT_MAX).contains(&limit) {
        return Ok(limit);
    }
    let refusal = Refusal::new(StatusCode::BAD_REQUEST, "A page does not have so many rows.");
    Err(refusal.field("limit", &limit.to_string(), format!("1 to {LIMIT_MAX}")))
}

/// What is told of a track.
fn row(track: &Track) -> Value {
    let tags = &track.tags;
    json!({
            "id": track.id,
            "title": tags.title,
            "artist": tags.artist,
            "album": tags.album,
            "album_artist": tags.album_artist,
            "album_key": track.album_key,
            "artist_key": track.artist_key,
            "track_number": tags.track_number,
            "disc_number": tags.disc_number,
            "year": tags.year,
            "genre": tags.genre,
            "duration_ms": tags.duration_ms,
            "has_picture": tags.has_picture,
            "art": art_url(track),
            "uploaded": track.is_upload,
            "gain_db": (f64::from(track.gain_db()) * 10.0).round() / 10.0,
    })
}

fn tracks_page(found: &[Track], limit: usize) -> Response {
    let next = found.last().filter(|_| found.len() == limit).map(|track| track.id);
    answer(&json!({ "tracks": found.iter().map(row).collect::<Vec<_>>(), "next": next }))
}

pub(super) fn answer(body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, body.to_string()).into_response()
}
