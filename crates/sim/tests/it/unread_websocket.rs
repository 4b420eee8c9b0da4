//! Websockets whose client does not read, and what is no message of this protocol.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    io::AsyncWriteExt as _,
    net::{
        TcpSocket,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::timeout,
};
use wacore_binary::builder::NodeBuilder;
use waproto::buffa::Message as _;
use waygate_sim::{Fault, Pipe, RefusalKind};

use crate::{
    companion::Companion,
    http::{Served, serve},
    linking::NUMBER,
    stream::{INTRO, Stream, Wire},
    websocket::{End, ORIGIN, read_message, upgrade_on},
};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers of half a megabyte each, together more than a socket of the server takes in.
const ASKED: u32 = 12;

async fn open(served: &Served) -> (OwnedReadHalf, OwnedWriteHalf) {
    let socket = TcpSocket::new_v4().unwrap();
    // What is not read stays with the server, all but a little.
    socket.set_recv_buffer_size(4096).unwrap();
    let socket = socket.connect(served.chat.parse().unwrap()).await.unwrap();
    let (socket, head) = upgrade_on(socket, "/ws/chat", ORIGIN).await;
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    socket.into_split()
}

/// A message of up to 125 bytes, masked with zeros.
fn message(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// Sends in pieces until the server has hung up, or for good.
async fn carry(mut outgoing: mpsc::Receiver<Bytes>, writer: &mut OwnedWriteHalf) {
    while let Some(bytes) = outgoing.recv().await {
        for piece in bytes.chunks(100) {
            if writer.write_all(&message(2, piece)).await.is_err() {
                return;
            }
        }
    }
}

/// Hands on the first messages only; from then on nothing is read from the socket.
async fn read_first(
    count: usize,
    mut reader: OwnedReadHalf,
    incoming: mpsc::Sender<Bytes>,
) -> OwnedReadHalf {
    for _ in 0..count {
        let bytes = read_message(&mut reader).await.unwrap();
        incoming.send(bytes).await.unwrap();
    }
    reader
}

#[tokio::test]
async fn a_cut_reaches_a_client_that_does_not_read() {
    let served = serve().await;
    let phone = served.sim.add_phone(NUMBER).unwrap();
    let mut device = Companion::new(1);
    device.link(&served.sim, &phone).await;
    // Every answer to a question for the app state is half a megabyte long.
    phone.set_push_name(&"x".repeat(500_000));

    let (reader, mut writer) = open(&served).await;
    let (to_server, outgoing) = mpsc::channel(64);
    let (incoming, from_server) = mpsc::channel(64);
    let ephemeral = wacore_libsignal::protocol::KeyPair::generate(&mut device.rng);
    let payload = device.login().encode_to_vec();
    let root = served.sim.root_key();
    let talk = async {
        let wire = Wire::new(Pipe { to_server, from_server });
        let (mut stream, _) = wire.xx(&root, (&ephemeral, &device.noise), &payload).await;
        assert_eq!(stream.next().await.unwrap().tag, "success");
        for number in 0..ASKED {
            ask_for_app_state(&mut stream, number).await;
        }
    };
    // The server's hello and `success`.
    let reading = read_first(2, reader, incoming);
    let (unread, (), ()) = tokio::join!(reading, carry(outgoing, &mut writer), talk);

    let answered = async {
        while served.sim.report().requests.get("w:sync:app:state/set/sync")
            != Some(&u64::from(ASKED))
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, answered).await.expect("all are answered");
    served.sim.inject(Fault::cut().on(NUMBER));
    // Only a socket that is gone refuses what is written to it; one that is not read fills up.
    let refused = async { while writer.write_all(&[0; 4096]).await.is_ok() {} };
    timeout(PATIENCE, refused).await.expect("the socket is gone");
    drop(unread);
    served.sim.report().is_clean().unwrap();
    served.stop().await;
}

async fn ask_for_app_state(stream: &mut Stream, number: u32) {
    let collection =
        NodeBuilder::new("collection").attr("name", "critical_block").attr("version", 0).build();
    let iq = NodeBuilder::new("iq")
        .attr("to", "s.whatsapp.net")
        .attr("type", "set")
        .attr("xmlns", "w:sync:app:state")
        .attr("id", format!("s{number}"))
        .children([NodeBuilder::new("sync").children([collection]).build()])
        .build();
    stream.send(&iq).await;
}

#[tokio::test]
async fn a_text_message_ends_the_connection() {
    let served = serve().await;
    let (mut reader, mut writer) = open(&served).await;
    // As bytes this would be a right beginning.
    writer.write_all(&message(1, INTRO)).await.unwrap();
    let end = timeout(PATIENCE, read_message(&mut reader)).await.expect("an end");
    assert_eq!(end, Err(End::Closed));
    let report = served.sim.report();
    assert_eq!(report.refusals.iter().collect::<Vec<_>>(), [(&RefusalKind::Frame, &1)]);
    served.stop().await;
}
