//! The router made of the table of routes: who is asked, `405` with `Allow`, `OPTIONS`, and the embedded pages for whatever the table does
//! not name.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, any, on};

use super::call::Server;
use super::refusal::Refusal;
use super::route::{Route, Takes};
use super::routes::{STREAM, paths};
use super::{foreign, guard, pages, portal};

/// The `Allow` header of a path with these routes.
fn allow(routes: &[&'static Route]) -> HeaderValue {
    let mut methods = Vec::new();
    for route in routes {
        methods.push(route.method.as_str());
        if route.method == Method::GET {
            methods.push("HEAD");
        }
    }
    methods.push("OPTIONS");
    HeaderValue::from_str(&methods.join(", ")).expect("method names are plain text")
}

/// The answer to `OPTIONS`: what the path allows and, for WHEP, what it accepts (RFC 9725 section 4.2).
fn options(routes: &[&'static Route]) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().insert(header::ALLOW, allow(routes));
    for route in routes {
        if let (&Method::POST, Takes::Media(media, _)) = (&route.method, route.takes) {
            response.headers_mut().insert("accept-post", HeaderValue::from_static(media));
        }
        if let (&Method::PATCH, Takes::Media(media, _)) = (&route.method, route.takes) {
            response.headers_mut().insert("accept-patch", HeaderValue::from_static(media));
        }
    }
    let open: Vec<&Method> = routes.iter().filter(|route| route.is_open()).map(|route| &route.method).collect();
    if !open.is_empty() {
        foreign::preflight(response.headers_mut(), &open);
    }
    response
}

fn not_allowed(method: &Method, routes: &[&'static Route]) -> Refusal {
    let allowed = allow(routes);
    let text = allowed.to_str().unwrap_or_default().to_owned();
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This address does not take this method.")
        .field("method", method.as_str(), text)
        .header(header::ALLOW, allowed)
        .closing()
}

/// The router made from the table.
pub(super) fn router(server: &Arc<Server>) -> Router {
    let mut router = Router::new();
    for (path, routes) in paths() {
        let mut methods: MethodRouter<(), Infallible> = MethodRouter::new();
        for route in routes.clone() {
            let filter = MethodFilter::try_from(route.method.clone()).expect("the table holds standard methods");
            let server = Arc::clone(server);
            methods = methods.on(filter, move |request: Request| guard::answer(server, route, request));
        }
        let is_open = routes.iter().any(|route| route.is_open());
        let (for_options, for_others) = (routes.clone(), routes);
        let (server_1, server_2) = (Arc::clone(server), Arc::clone(server));
        methods = methods
            .merge(on(MethodFilter::OPTIONS, move |request: Request<Body>| async move {
                guard::checked(&server_1, &request, || Ok(options(&for_options)))
            }))
            .fallback(move |request: Request<Body>| async move {
                let mut refused =
                    guard::checked(&server_2, &request, || Err(not_allowed(request.method(), &for_others)));
                if is_open {
                    foreign::open(refused.headers_mut());
                }
                refused
            });
        router = router.route(path, methods);
    }
    // A page that lies where the table has a pattern.
    for page in webui::all().iter().filter(|page| !page.from_right && page.path.starts_with(STREAM)) {
        let server = Arc::clone(server);
        let answer =
            move |request: Request<Body>| async move { guard::checked(&server, &request, || pages::page(&request)) };
        router = router.route(page.path, any(answer));
    }
    let (at_the_door, server) = (Arc::clone(server), Arc::clone(server));
    router
        .fallback(
            move |request: Request<Body>| async move { guard::checked(&server, &request, || pages::page(&request)) },
        )
        .layer(middleware::from_fn(move |request, next| portal::door(Arc::clone(&at_the_door), request, next)))
}
