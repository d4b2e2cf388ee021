//! Connections that ask without end: they keep nobody from being served, however many addresses they come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::silent::{PLACES, connect, is_served, world};
use super::world::LIMIT;

/// Asks for `path` over and over and takes what comes, until it has to go; comes back at once.
async fn asks_without_end(addr: std::net::SocketAddr, n: usize, path: &str, heard: &AtomicU64) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n").repeat(16);
    loop {
        let stream = connect(addr, [127, 1, (n / 250) as u8, (n % 250) as u8 + 1]).await;
        let (mut from_box, mut to_box) = stream.into_split();
        let asking = async { while to_box.write_all(request.as_bytes()).await.is_ok() {} };
        let hearing = async {
            let mut answers = [0; 4_096];
            while let Ok(1..) = from_box.read(&mut answers).await {
                heard.fetch_add(1, Ordering::Relaxed);
            }
        };
        tokio::select! { () = asking => {}, () = hearing => {} }
        tokio::task::yield_now().await;
    }
}

/// Lets twice as many as there are places ask for `path`, and visitors come; returns how many of `visitors` were served.
async fn beside_a_crowd(path: &'static str, visitors: usize) -> usize {
    let world = world().await;
    let addr = world.addr;
    let heard = Arc::<AtomicU64>::default();
    let mut greedy = JoinSet::new();
    for n in 0..PLACES * 2 {
        let heard = Arc::clone(&heard);
        greedy.spawn(async move { asks_without_end(addr, n, path, &heard).await });
    }
    let all_have_had_many = async {
        while heard.load(Ordering::Relaxed) < 20 * PLACES as u64 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, all_have_had_many).await.expect("they are answered");
    let mut served = 0;
    for n in 0..visitors {
        served += usize::from(is_served(addr, n).await);
    }
    greedy.shutdown().await;
    served
}

#[tokio::test]
async fn visitors_are_served_beside_twice_as_many_as_fit_that_ask_without_end() {
    for path in ["/nothing", "/api/party/status"] {
        let served = beside_a_crowd(path, 100).await;
        assert!(served >= 99, "{path}: {served} of 100 visitors were served");
    }
}
