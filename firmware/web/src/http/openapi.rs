//! `GET /openapi.json`: what can be asked of the box, for whoever writes a program for it. Written by hand, but for what is
//! asked of a channel: that is described once and has two addresses. Tests hold it against the table of routes and against
//! real answers.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::route::Route;

/// What is written by hand.
const WRITTEN: &str = include_str!("../../openapi.json");

/// Returns the whole description. Before each route of a channel in `of_channel` stands the address that means the first.
pub(super) fn text(of_channel: &[(&str, Route)]) -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let mut document: Value = serde_json::from_str(WRITTEN).expect("it is JSON");
        if let Some(paths) = document["paths"].as_object_mut() {
            add_addresses(paths, of_channel);
        }
        document.to_string()
    })
}

/// Gives what is asked of a channel its parameter, and the address that means the first channel.
fn add_addresses(paths: &mut Map<String, Value>, of_channel: &[(&str, Route)]) {
    for (first, route) in of_channel {
        if let Some(operations) = paths.get(route.path).cloned() {
            paths.entry(*first).or_insert(operations);
        }
    }
    let of_channel = paths.iter_mut().filter(|(path, _)| path.contains("{channel}"));
    for operation in of_channel.filter_map(|(_, operations)| operations.as_object_mut()).flat_map(Map::values_mut) {
        let channel = json!({ "name": "channel", "in": "path", "required": true, "schema": { "type": "string" } });
        match operation["parameters"].as_array_mut() {
            Some(parameters) => parameters.push(channel),
            None => operation["parameters"] = json!([channel]),
        }
    }
}

/// Hands it out.
pub(super) fn describe(of_channel: &[(&str, Route)]) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, text(of_channel)).into_response()
}
