//! The same answers by TLS, to pages that came by it, and an end for whoever says nothing.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::world::{LIMIT, World, hosts};

#[tokio::test]
async fn pages_and_questions_are_answered_by_tls_as_they_are_without() {
    let world = World::new(hosts()).await;
    let page = world.tls.ask("GET", "/", &[]).await;
    assert_eq!((page.status, page.body.len()), (200, world.get("/").await.body.len()));
    assert_eq!(page.header("strict-transport-security"), "", "it would shut the other port");
    let cookie = world.tls.ask("PUT", "/api/channels/main/heart", &[]).await;
    assert!(!cookie.header("set-cookie").contains("Secure"), "guests are the same on both ports");
    assert_eq!(world.tls.ask("GET", "/api/party/status", &[]).await.status, 200);
    assert_eq!(world.tls.ask("GET", "/nothing", &[]).await.status, 404);
    let named =
        world.tls.raw("party.internal", b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    assert_eq!(named.await.status, 421);
}

#[tokio::test]
async fn each_port_obeys_its_own_pages_alone() {
    let world = World::new(hosts()).await;
    let (plain, tls) = (world.addr, world.tls.addr);
    let by_tls = async |origin: String| world.tls.ask("POST", "/api/party/play", &[&format!("Origin: {origin}")]).await;
    assert_eq!(by_tls(format!("https://{tls}")).await.status, 204);
    for origin in
        [format!("http://{tls}"), format!("http://{plain}"), format!("https://{plain}"), "https://evil.example".into()]
    {
        assert_eq!(by_tls(origin.clone()).await.status, 403, "{origin}");
    }
    for origin in [format!("https://{plain}"), format!("https://{tls}")] {
        let reply = world.ask("POST", "/api/party/play", &[&format!("Origin: {origin}")], &[]).await;
        assert_eq!(reply.status, 403, "{origin}");
    }
}

#[tokio::test]
async fn whoever_comes_to_no_session_is_let_go() {
    let world = World::new(hosts()).await;
    for said in [&b""[..], b"GET / HTTP/1.1\r\n\r\n", &[0x16, 3, 1, 0, 200, 1]] {
        let mut socket = TcpStream::connect(world.tls.addr).await.unwrap();
        socket.write_all(said).await.unwrap();
        let mut all = Vec::new();
        // A reset is an end as well.
        _ = timeout(LIMIT, socket.read_to_end(&mut all)).await.expect("the server closes in time");
        assert!(!all.starts_with(b"HTTP"), "nothing is answered without");
    }
    assert_eq!(world.tls.ask("GET", "/health", &[]).await.status, 200);
}
