//! The settings of the box, for hosts: what each is and who said so, some of them changed, and the restart that others need.

use std::sync::Arc;

use ::appliance::clock::NotSet;
use ::appliance::facts::Facts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::Origin;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::ask::parse_json;
use super::call::Call;
use super::refusal::{Refusal, unavailable};
use super::signaling::ask;
use crate::settings::{Map, NotRestored, Outcome, Refused, Request, Said, Settings, Value};

/// What a change looks like.
const ALLOWED: &str = r#"an object of keys and values, such as {"name":"Garden","wifi.country":null}"#;

/// `GET /api/box/settings`.
pub(super) async fn read(call: Call) -> Result<Response, Refusal> {
    let settings = put(&call, |reply| Request::Read { reply }).await?;
    Ok(answer(&call, settings))
}

/// `PATCH /api/box/settings` with values by key; `null` takes back what a host had set.
pub(super) async fn change(call: Call) -> Result<Response, Refusal> {
    let some: Map<String, Value> = parse_json(&call.body, ALLOWED)?;
    outcome(&call, put(&call, |reply| Request::Change { some, reply }).await?)
}

/// `POST /api/box/settings/asked`: the first host was asked, and nobody is again.
pub(super) async fn asked(call: Call) -> Result<Response, Refusal> {
    outcome(&call, put(&call, |reply| Request::Asked { reply }).await?)
}

/// `GET /api/box/backup`, with `?hosts=yes` with the hosts: a file to keep.
pub(super) async fn back_up(call: Call) -> Result<Response, Refusal> {
    let hosts = call.query("hosts") == Some("yes");
    let backup = put(&call, |reply| Request::Backup { hosts, reply }).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"partybox-backup.json\""),
    ];
    Ok((headers, backup.to_string()).into_response())
}

/// `PUT /api/box/backup`: such a file takes the place of what the box keeps, from the next start on.
pub(super) async fn restore(call: Call) -> Result<Response, Refusal> {
    let no_backup = || Refusal::new(StatusCode::BAD_REQUEST, "This is no backup of such a box.").code("no-backup");
    let backup: Value = serde_json::from_slice(&call.body).map_err(|_| no_backup())?;
    match put(&call, |reply| Request::Restore { backup, reply }).await? {
        Ok(left_out) => {
            let body = json!({ "left_out": left_out }).to_string();
            Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body)
                .into_response())
        }
        Err(NotRestored::NoBackup) => Err(no_backup()),
        Err(NotRestored::TooNew) => {
            let detail = "This backup is of a later version of the box; update this one first.";
            Err(Refusal::new(StatusCode::CONFLICT, detail).code("backup-too-new"))
        }
        Err(NotRestored::NotKept) => Err(refused(Refused::NotKept)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockBody {
    unix_ms: u64,
    #[serde(default)]
    set: bool,
}

/// `POST /api/box/clock` with `{"unix_ms":1764444000000}`: what time it is by a host's phone, for a box whose clock was never set; with
/// `"set":true` that clock is set.
pub(super) async fn learn_time(call: Call) -> Result<Response, Refusal> {
    let ClockBody { unix_ms, set } = parse_json(&call.body, r#"{"unix_ms":1764444000000,"set":true}"#)?;
    match put(&call, |reply| Request::Clock { unix_ms, set, reply }).await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(NotSet::Impossible) => {
            let detail = "It cannot be that late, or that early.";
            let refusal = Refusal::new(StatusCode::BAD_REQUEST, detail).code("no-such-time");
            Err(refusal.field("unix_ms", &unix_ms.to_string(), "a time of this century or the next"))
        }
        Err(NotSet::Elsewhere) => {
            let detail = "The clock of this machine is set by its system.";
            Err(Refusal::new(StatusCode::CONFLICT, detail).code("clock-elsewhere"))
        }
    }
}

/// `POST /api/box/restart`: the program begins again, with what was set.
pub(super) async fn restart(call: Call) -> Result<Response, Refusal> {
    put(&call, |reply| Request::Restart { reply }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Puts a question to whoever keeps the settings.
async fn put<T>(call: &Call, question: impl FnOnce(oneshot::Sender<T>) -> Request) -> Result<T, Refusal> {
    ask(&call.server.app.settings, question).await.ok_or_else(unavailable)
}

fn outcome(call: &Call, outcome: Outcome) -> Result<Response, Refusal> {
    outcome.map(|settings| answer(call, settings)).map_err(refused)
}

fn answer(call: &Call, mut settings: Settings) -> Response {
    let facts = Arc::clone(&call.server.app.appliance.facts.borrow());
    join_network(&facts, &mut settings);
    settings.clock = facts.clock;
    let json = serde_json::to_string(&settings).expect("settings hold only strings and numbers");
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

/// Fills in the rules of the box's own network, which are kept elsewhere.
fn join_network(facts: &Facts, settings: &mut Settings) {
    let Some(network) = &facts.network else { return };
    let (origins, below) = (network.origins, network.below);
    let portal = |portal| json!(super::appliance::portal_name(portal));
    let cable = |cable| json!(super::appliance::cable_name(cable));
    let said = |value: Value, origin: Origin| Said { value, origin };
    for setting in &mut settings.settings {
        let (said, back) = match &*setting.key {
            "wifi.portal" => {
                (said(portal(network.portal), origins.portal), said(portal(below.rules.portal), below.origins.portal))
            }
            "wifi.forward" => {
                (said(json!(network.forward), origins.forward), said(json!(below.rules.forward), below.origins.forward))
            }
            "wifi.cable" => {
                (said(cable(network.cable), origins.cable), said(cable(below.rules.cable), below.origins.cable))
            }
            _ => continue,
        };
        setting.back = (said.origin == Origin::Page).then_some(back);
        setting.said = said;
    }
}

fn refused(why: Refused) -> Refusal {
    match why {
        Refused::Unknown { key } => Refusal::new(StatusCode::BAD_REQUEST, "There is no such setting.")
            .code("no-such-setting")
            .field(key, "", "see /api/box/settings"),
        Refused::NotHere { key, at } => {
            Refusal::new(StatusCode::CONFLICT, "This cannot be set here.").code("set-elsewhere").field(key, "", at)
        }
        Refused::Value { key, value, allowed } => {
            Refusal::new(StatusCode::BAD_REQUEST, "A setting cannot have this value.")
                .code("setting-value")
                .field(key, &value, allowed)
        }
        Refused::NotKept => {
            Refusal::new(StatusCode::INSUFFICIENT_STORAGE, "It cannot be kept, so nothing was changed.")
                .code("not-kept")
        }
    }
}
