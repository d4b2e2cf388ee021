//! Starts the box, lets it run until it is told to stop, and ends it.

use std::io;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::assemble::Assembled;
use crate::config::Config;
use crate::error::Error;
use crate::mdns::Announcer;
use crate::supervise::{self, Trouble};
use crate::{console, keys, logger};

/// Runs the box until SIGINT or SIGTERM.
///
/// # Errors
/// It cannot start, or something essential ends; see [`Error`].
pub async fn run(config: Config) -> Result<(), Error> {
    let mut stop = Stop::listen().map_err(Error::System)?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| Error::Listen(config.listen, error))?;
    let bound = listener.local_addr().map_err(Error::System)?;
    let assembled = Assembled::new(&config, bound)?;
    let (stop_http, http_stops) = oneshot::channel::<()>();
    let mut server = tokio::spawn(net::http::serve(listener, assembled.app, async move { _ = http_stops.await }));

    let urls = assembled.running.page.urls();
    print!("{}", console::greeting(&config.name, urls));
    supervise::ready(&format!("playing on {}", urls.first().map_or("", String::as_str)));

    let _announcer = Announcer::new(&config.http.names, &config.name, bound.port());
    let mut running = assembled.running;
    running.keys = running.panel.sim().and_then(keys::open);
    let result = tokio::select! {
        () = stop.requested() => Ok(()),
        trouble = running.run(&config) => Err(Error::Trouble(trouble)),
        _ = &mut server => return Err(Error::Trouble(Trouble::Died("HTTP"))),
    };
    supervise::stopping();
    running.panel.shut_down();
    running.keys = None;
    logger::close_foot();
    log::info!("stopping");
    _ = stop_http.send(());
    if server.await.is_err() {
        log::error!("the HTTP server panicked");
    }
    if result.is_ok() {
        running.end().await;
    }
    result
}

/// SIGINT and SIGTERM.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn requested(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
