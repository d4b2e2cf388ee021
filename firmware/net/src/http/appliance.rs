//! What a host may see and choose of the box itself: radio, power, update, and how its own network behaves.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::party::parse_json;
use super::refusal::{Refusal, unavailable};
use super::signaling::ask;
use crate::appliance::{Facts, Refused, Request};
use crate::portal::Mode;

/// Portal modes by their names in the API.
const MODES: [(&str, Mode); 3] = [("quiet", Mode::Quiet), ("sign-in", Mode::SignIn), ("off", Mode::Off)];

#[derive(Serialize)]
struct NetworkView {
    portal: &'static str,
    forward: bool,
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a Facts,
    network: Option<NetworkView>,
    address: String,
    uptime_s: u64,
}

/// `GET /api/box`.
pub(super) fn about(call: &Call) -> Response {
    let facts = call.server.app.appliance.facts.borrow().clone();
    let network = facts.network.as_ref().map(|network| NetworkView {
        portal: MODES.iter().find(|(_, mode)| *mode == network.portal).map_or("", |(name, _)| name),
        forward: network.forward,
    });
    let uptime_s = call.server.started.elapsed().as_secs();
    let view = View { facts: &facts, network, address: call.ends.local.ip().to_string(), uptime_s };
    let json = serde_json::to_string(&view).expect("a view holds only strings and numbers");
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NetworkBody {
    portal: Option<String>,
    forward: Option<bool>,
}

/// `PUT /api/box/network` with any of `{"portal":"quiet","forward":false}`.
pub(super) async fn set_network(call: Call) -> Result<Response, Refusal> {
    let allowed = r#"any of {"portal":"quiet|sign-in|off","forward":true|false}"#;
    let body: NetworkBody = parse_json(&call.body, allowed)?;
    let mode = |name: &String| MODES.iter().find(|(known, _)| known == name).map(|(_, mode)| *mode);
    let portal = match &body.portal {
        None => None,
        Some(name) => Some(mode(name).ok_or_else(|| {
            Refusal::new(StatusCode::BAD_REQUEST, "There is no such way.").field("portal", name, "quiet, sign-in, off")
        })?),
    };
    let forward = body.forward;
    let queue = &call.server.app.appliance.requests;
    done(ask(queue, |reply| Request::SetNetwork { portal, forward, reply }).await)
}

/// `POST /api/update/stick`: takes the update that lies on a stick.
pub(super) async fn take_from_stick(call: Call) -> Result<Response, Refusal> {
    done(ask(&call.server.app.appliance.requests, |reply| Request::TakeFromStick { reply }).await)
}

/// `POST /api/update/restart`: begins with the new version.
pub(super) async fn restart(call: Call) -> Result<Response, Refusal> {
    done(ask(&call.server.app.appliance.requests, |reply| Request::Restart { reply }).await)
}

/// The answer for what was asked; `None` counts as being busy.
fn done(outcome: Option<Result<(), Refused>>) -> Result<Response, Refusal> {
    match outcome {
        Some(Ok(())) => Ok(StatusCode::NO_CONTENT.into_response()),
        Some(Err(Refused { code, why })) => Err(Refusal::new(StatusCode::CONFLICT, why).code(code)),
        None => Err(unavailable()),
    }
}
