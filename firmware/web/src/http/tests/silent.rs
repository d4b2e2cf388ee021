//! Connections that say nothing, or not enough: they keep nobody from being served, however many addresses they come from.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::world::{LIMIT, Reply, World};
use crate::http::Config;
use crate::http::limits::Limits;

/// Connections that this server takes.
pub(super) const PLACES: usize = 64;

pub(super) async fn world() -> World {
    let limits = Limits {
        connections_max: PLACES,
        connections_kept_for_hosts: 4,
        // Nothing of this is to be the reason why somebody finds a place.
        head_timeout: LIMIT * 10,
        idle_timeout: LIMIT * 10,
        body_timeout: LIMIT * 10,
        write_timeout: LIMIT * 10,
        ..Limits::default()
    };
    World::new(Config { limits, ..Config::default() }).await
}

/// Opens a connection to `to` from an address of its own.
pub(super) async fn connect(to: SocketAddr, from: [u8; 4]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::from(from), 0).into()).unwrap();
    timeout(LIMIT, socket.connect(to)).await.expect("in time").unwrap()
}

/// What the `n`th of those says who never come to an end.
fn said(n: usize, addr: SocketAddr) -> String {
    let post = "POST /whep/main HTTP/1.1";
    match n % 4 {
        0 => String::new(),
        1 => "GET /health HTTP/1.1\r\nHost: ".to_owned(),
        2 => format!("GET /health HTTP/1.1\r\nHost: {addr}\r\n\r\n"),
        _ => format!("{post}\r\nHost: {addr}\r\nContent-Type: application/sdp\r\nContent-Length: 20\r\n\r\nv"),
    }
}

/// Asks from an address of its own, and says whether it was served.
pub(super) async fn is_served(addr: SocketAddr, n: usize) -> bool {
    let mut visitor = connect(addr, [127, 2, (n / 250) as u8, (n % 250) as u8 + 1]).await;
    let request = format!("GET /api/party/status HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let asking = async {
        visitor.write_all(request.as_bytes()).await?;
        visitor.read_to_end(&mut answer).await
    };
    let asked = timeout(LIMIT, asking).await.expect("nobody waits");
    asked.is_ok() && !answer.is_empty() && Reply::parse(&answer).status == 200
}

#[tokio::test]
async fn a_thousand_addresses_that_do_not_come_to_an_end_keep_no_visitor_out() {
    let world = world().await;
    let addr = world.addr;
    let mut idle = JoinSet::new();
    for n in 0..500 {
        idle.spawn(async move {
            let from = [127, 1, (n / 250) as u8, (n % 250) as u8 + 1];
            // Whoever has to go comes back once; the second time for good.
            for _ in 0..2 {
                let mut stream = connect(addr, from).await;
                let _ = stream.write_all(said(n, addr).as_bytes()).await;
                let _ = stream.read_to_end(&mut Vec::new()).await;
            }
        });
    }
    let mut served = 0;
    for n in 0..1_000 {
        served += usize::from(is_served(addr, n).await);
    }
    assert!(served >= 990, "{served} of 1,000 visitors were served");
    idle.shutdown().await;
}

#[tokio::test]
async fn who_is_served_stays_and_where_all_are_nobody_else_gets_in() {
    let world = world().await;
    let mut events = Vec::new();
    // What lasts takes all but a part: the rest is for who asks for something short.
    for n in 0..PLACES {
        let mut stream = connect(world.addr, [127, 3, 0, n as u8 + 1]).await;
        let request = format!("GET /api/party/events HTTP/1.1\r\nHost: {}\r\n\r\n", world.addr);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut status = [0; 12];
        timeout(LIMIT, stream.read_exact(&mut status)).await.expect("in time").unwrap();
        events.push((stream, status));
    }
    let lasting = events.iter().filter(|(_, status)| status.ends_with(b"200")).count();
    assert_eq!(lasting, PLACES - PLACES / 16);
    for n in 0..100 {
        assert!(is_served(world.addr, n).await, "visitor {n}");
    }
    let (first, _) = &mut events[0];
    let mut more = [0; 1];
    let went_on = timeout(Duration::from_secs(20), first.read_exact(&mut more)).await.expect("events go on");
    assert!(went_on.is_ok(), "who is served has not given way");
}

#[tokio::test]
async fn an_offer_too_many_is_refused_before_its_body_and_the_fan_out_hears_nothing_of_it() {
    let proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let world = World::new(Config { proxies, ..Config::default() }).await;
    let offer = async |from: &str| {
        let lines = ["Content-Type: application/sdp", &format!("X-Forwarded-For: {from}")];
        world.ask("POST", "/whep/main", &lines, b"v=0\r\n").await.status
    };
    let mut taken = 0;
    while offer("10.0.0.9").await == 201 {
        taken += 1;
    }
    let asked = world.asked.lock().unwrap().len();
    assert_eq!((taken, asked), (8, 8), "as many as somebody who is no guest may hold");
    assert_eq!(offer("10.0.0.9").await, 503);
    // Of this one, nothing will ever come.
    let head = format!(
        "POST /whep/main HTTP/1.1\r\nHost: {}\r\nContent-Type: application/sdp\r\nX-Forwarded-For: 10.0.0.9\r\n\
         Content-Length: 15000\r\nConnection: close\r\n\r\n",
        world.addr
    );
    assert_eq!(world.raw(head.as_bytes()).await.status, 503);
    assert_eq!(world.asked.lock().unwrap().len(), asked, "the fan-out was not asked");
    assert_eq!(offer("10.0.0.10").await, 201, "nobody's offers are another's refusal");
}
