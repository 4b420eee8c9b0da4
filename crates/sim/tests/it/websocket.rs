//! The chat listener: the version file, the origin, frames cut at will.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, tcp::OwnedReadHalf},
    sync::mpsc,
    time::timeout,
};
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waygate_sim::{Fault, Moment, Pipe};

use crate::{
    companion::Companion,
    http::{Served, call, serve},
    linking::NUMBER,
    stream::Wire,
};

async fn upgrade(address: &str, path: &str, origin: &str) -> (TcpStream, String) {
    upgrade_on(TcpStream::connect(address).await.unwrap(), path, origin).await
}

/// As [`upgrade`], on a connection that is open.
pub(crate) async fn upgrade_on(
    mut socket: TcpStream,
    path: &str,
    origin: &str,
) -> (TcpStream, String) {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{origin}\r\n"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    (socket, String::from_utf8(head).unwrap())
}

pub(crate) const ORIGIN: &str = "Origin: https://web.whatsapp.com\r\n";

/// How a server's side of a websocket ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Dropped,
}

pub(crate) async fn read_message(reader: &mut OwnedReadHalf) -> Result<Bytes, End> {
    let opcode = reader.read_u8().await.map_err(|_end_of_file| End::Dropped)? & 0x0f;
    let length = match reader.read_u8().await.map_err(|_end_of_file| End::Dropped)? {
        126 => usize::from(reader.read_u16().await.unwrap()),
        127 => usize::try_from(reader.read_u64().await.unwrap()).unwrap(),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    reader.read_exact(&mut payload).await.map_err(|_end_of_file| End::Dropped)?;
    if opcode == 8 { Err(End::Closed) } else { Ok(payload.into()) }
}

/// A websocket as a pipe whose bytes go out `cut` at a time, and how it ends.
async fn dial(served: &Served, path: &str, cut: usize) -> (Pipe, mpsc::Receiver<End>) {
    let (socket, head) = upgrade(&served.chat, path, ORIGIN).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let (mut reader, mut writer) = socket.into_split();
    let (to_server, mut outgoing) = mpsc::channel::<Bytes>(64);
    let (incoming, from_server) = mpsc::channel(64);
    let (ended, end) = mpsc::channel(1);
    let write = async move {
        while let Some(bytes) = outgoing.recv().await {
            for piece in bytes.chunks(cut) {
                let length = u8::try_from(piece.len()).unwrap();
                assert!(length < 126);
                // Masked with zeros, as RFC 6455 allows.
                let frame = [&[0x82, 0x80 | length, 0, 0, 0, 0], piece].concat();
                if writer.write_all(&frame).await.is_err() {
                    return;
                }
            }
        }
    };
    let read = async move {
        loop {
            match read_message(&mut reader).await {
                Ok(bytes) => drop(incoming.send(bytes).await),
                Err(how) => {
                    drop(ended.send(how).await);
                    return;
                }
            }
        }
    };
    #[expect(clippy::disallowed_methods, reason = "a test has no task table")]
    drop((tokio::spawn(write), tokio::spawn(read)));
    (Pipe { to_server, from_server }, end)
}

#[tokio::test]
async fn the_version_file_names_the_configured_version() {
    let served = serve().await;
    let (status, body) = call(&served.chat, "GET /sw.js", None).await;
    assert_eq!(status, 200);
    assert!(body.contains(r#""client_revision":1035194821"#), "{body}");
    served.stop().await;
}

#[tokio::test]
async fn only_the_web_clients_origin_is_let_in() {
    let served = serve().await;
    for origin in ["", "Origin: https://example.org\r\n", "Origin: http://web.whatsapp.com\r\n"] {
        let (_, head) = upgrade(&served.chat, "/ws/chat", origin).await;
        assert!(head.starts_with("HTTP/1.1 403"), "{origin}: {head}");
    }
    let (status, _) = call(&served.chat, "GET /ws/chat", None).await;
    assert_eq!(status, 400);
    assert_eq!(served.sim.report().dials, 0);
    served.stop().await;
}

#[tokio::test]
async fn a_device_is_linked_over_websockets_that_cut_frames_at_will() {
    let served = serve().await;
    let phone = served.sim.add_phone(NUMBER).unwrap();
    let mut device = Companion::new(1);
    let (pipe, _end) = dial(&served, "/ws/chat", 7).await;
    let ephemeral = wacore_libsignal::protocol::KeyPair::generate(&mut device.rng);
    let payload = device.registration().encode_to_vec();
    let keys = (&ephemeral, &device.noise);
    let (mut stream, _) = Wire::new(pipe).xx(&served.sim.root_key(), keys, &payload).await;
    let iq = stream.next_of("iq").await;
    let reference = &iq.get_optional_child("pair-device").unwrap().children().unwrap()[0];
    let reference = String::from_utf8(crate::stream::content(reference)).unwrap();
    let qr = device.qr(&reference);
    let (linked, ()) = tokio::join!(phone.scan(&qr), async {
        let signed = device.countersign(&mut stream).await;
        stream.send(&signed.answer()).await;
    });
    assert_eq!(linked.unwrap().device, 1);
    assert_eq!(stream.next_of("stream:error").await.tag, "stream:error");
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

#[tokio::test]
async fn a_cut_connection_has_no_close_and_a_stopped_simulator_ends_all() {
    let served = serve().await;
    let (pipe, mut end) = dial(&served, "/anything", 100).await;
    pipe.to_server.send(b"WA\x06\x02".as_slice().into()).await.unwrap();
    assert_eq!(end.recv().await, Some(End::Closed), "a refusal closes");

    let (_pipe, mut end) = dial(&served, "/ws/chat", 100).await;
    let connected = async {
        while served.sim.report().live_connections == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(10), connected).await.expect("it connects");
    served.sim.inject(Fault::cut());
    assert_eq!(end.recv().await, Some(End::Dropped));

    served.sim.inject(Fault::refuse_dials().times(1));
    let (_, head) = upgrade(&served.chat, "/ws/chat", ORIGIN).await;
    assert!(head.starts_with("HTTP/1.1 503"), "{head}");
    served.sim.inject(Fault::RefuseDials { status: 429 }.times(1));
    let (_, head) = upgrade(&served.chat, "/ws/chat", ORIGIN).await;
    assert!(head.starts_with("HTTP/1.1 429"), "{head}");
    served.sim.inject(Fault::HangDials.times(1));
    let hanging = upgrade(&served.chat, "/ws/chat", ORIGIN);
    timeout(Duration::from_millis(300), hanging).await.map(|_| ()).unwrap_err();

    let (_pipe, mut end) = dial(&served, "/ws/chat", 100).await;
    served.stop().await;
    assert_eq!(end.recv().await, Some(End::Dropped));
}

#[tokio::test]
async fn a_connection_that_is_cut_after_an_answer_drops_behind_the_answer() {
    let served = serve().await;
    let phone = served.sim.add_phone(NUMBER).unwrap();
    let mut device = Companion::new(1);
    device.link(&served.sim, &phone).await;
    let (pipe, mut end) = dial(&served, "/ws/chat", 100).await;
    let ephemeral = wacore_libsignal::protocol::KeyPair::generate(&mut device.rng);
    let (keys, payload) = ((&ephemeral, &device.noise), device.login().encode_to_vec());
    let (mut stream, _) = Wire::new(pipe).xx(&served.sim.root_key(), keys, &payload).await;
    assert_eq!(stream.next().await.unwrap().tag, "success");
    served.sim.inject(Fault::CutConnection { at: Moment::AfterClientAck }.on(NUMBER).times(1));
    let ping = NodeBuilder::new("iq").attr("to", "s.whatsapp.net").attr("type", "get");
    stream.send(&ping.attr("xmlns", "w:p").attr("id", "1").build()).await;
    stream.send(&NodeBuilder::new("ack").attr("class", "receipt").attr("id", "x").build()).await;
    assert_eq!(stream.next().await.unwrap().tag, "iq");
    assert_eq!(end.recv().await, Some(End::Dropped));
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}
