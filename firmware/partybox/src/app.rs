//! Starts the box, lets it run until it is told to stop, and ends it.

use std::io;
use std::net::SocketAddr;

use appliance::certificate::Certificates;
use appliance::mdns::Announcer;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use web::http::{Listeners, Secure};

use crate::assemble::Assembled;
use crate::config::Config;
use crate::error::Error;
use crate::running::Running;
use crate::supervise::{self, Trouble};
use crate::{console, keys, logger, resident, system};

/// Connections that the kernel holds for us until they are accepted: more than phones that come in one moment.
const BACKLOG: u32 = 1_024;

/// The variable by which a unit says that the program is started again whenever it ends.
pub const RESTARTED_BY_OTHERS: &str = "PARTYBOX_RESTARTED_BY_OTHERS";

/// Why the box ended in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Somebody asked it to stop.
    Stopped,
    /// A host asked it to begin again.
    Restart,
}

/// Runs the box until SIGINT or SIGTERM, or until a host wants it to begin again.
///
/// # Errors
/// It cannot start, or something essential ends; see [`Error`].
pub async fn run(config: Config) -> Result<Ended, Error> {
    let mut stop = Stop::listen().map_err(Error::System)?;
    let listener = listen(config.listen).map_err(|error| Error::Listen(config.listen, error))?;
    let bound = listener.local_addr().map_err(Error::System)?;
    let mut assembled = Assembled::new(&config, bound)?;
    let config = assembled.running.settings.config();
    log::set_max_level(config.log.level.0);
    tokio::spawn(resident::give_back());
    let (stop_http, http_stops) = oneshot::channel::<()>();
    let secure = secure(&mut assembled.running.certificates, config.http.https_port, bound);
    let listeners = Listeners { plain: listener, secure };
    let server = tokio::spawn(web::http::serve(listeners, assembled.app, async move { _ = http_stops.await }));

    let urls = assembled.running.page.urls();
    print!("{}", console::greeting(&config.name, urls));
    supervise::ready(&format!("playing on {}", urls.first().map_or("", String::as_str)));

    let _announcer = Announcer::new(&config.http.names, &config.name, bound.port());
    let mut running = assembled.running;
    running.keys = running.panel.sim().and_then(keys::open);
    run_until(stop.requested(), running, server, stop_http).await
}

/// Takes the port of the secure page, if there shall be one. A box whose port is taken goes on without: nobody but a DJ needs it.
fn secure(certificates: &mut Option<Certificates>, port: u16, bound: SocketAddr) -> Option<Secure> {
    let certificate = certificates.as_ref()?.follow();
    let address = SocketAddr::new(bound.ip(), port);
    match listen(address) {
        Ok(listener) => Some(Secure { listener, certificate }),
        Err(error) => {
            log::warn!("there is no secure page at {address}: {error}");
            // Pages are told of none, and none is made anew.
            *certificates = None;
            None
        }
    }
}

/// Takes the port of the pages. Nothing runs yet, so this may wait for somebody who is about to give it back.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let bind = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // The last box's connections may still be ending.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    system::bind_patiently(bind, system::is_in_use)
}

/// Lets the box run until `stop` is ready or something essential ends; then ends everything that still works, in order.
/// `stop_http` asks `server` to end.
async fn run_until(
    stop: impl Future<Output = ()>,
    mut running: Running,
    mut server: JoinHandle<()>,
    stop_http: oneshot::Sender<()>,
) -> Result<Ended, Error> {
    let (mut served, mut how) = (None, Ended::Stopped);
    let trouble = tokio::select! {
        () = stop => None,
        ran = running.run() => {
            how = Ended::Restart;
            ran.err()
        }
        ended = &mut server => {
            served = Some(ended);
            None
        }
    };
    // Whoever watches us shall not wait for an end that does not come.
    if how == Ended::Stopped || trouble.is_some() {
        supervise::stopping();
    }
    running.panel.shut_down();
    running.keys = None;
    logger::close_foot();
    log::info!("stopping");
    _ = stop_http.send(());
    let without_server = served.is_some();
    let ended = match served {
        Some(ended) => ended,
        None => server.await,
    };
    if ended.is_err() {
        log::error!("the HTTP server panicked");
    }
    match trouble {
        // A thread that has died or hangs is not waited for.
        Some(trouble) => Err(Error::Trouble(trouble)),
        None => {
            running.end().await;
            if without_server { Err(Error::Trouble(Trouble::Died("HTTP"))) } else { Ok(how) }
        }
    }
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

#[cfg(test)]
mod tests {
    use appliance::state::peek;

    use party::{Asker, Wish};

    use super::*;
    use crate::buttons::Action;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_people_changed_last_is_kept_even_if_the_server_ends_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.state.folder = directory.path().to_owned();
        let free = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let Assembled { mut running, app: _app } = Assembled::new(&config, free).unwrap();
        let channel = running.channels.first().0.id;
        let what = Action::VolumeDown.what(3).expect("it is about a channel");
        running.channels.ask(Wish { channel, who: Asker::BOX, what }).unwrap().unwrap();
        let (stop_http, _stopped) = oneshot::channel();
        let server = tokio::spawn(async {});
        let result = run_until(std::future::pending(), running, server, stop_http).await;
        assert!(matches!(result, Err(Error::Trouble(Trouble::Died("HTTP")))), "{result:?}");
        let kept = peek(directory.path(), "party").expect("it was written");
        assert!(kept.contains("volume_db = -6.0"), "{kept}");
    }
}
