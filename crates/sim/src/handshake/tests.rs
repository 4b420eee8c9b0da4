//! The responder against an initiator written out step by step.

use waproto::whatsapp::handshake_message::HandshakePqMode;

use super::*;

struct Server {
    certificate: ServerCertificate,
    dice: Dice,
    responder: Responder,
}

fn server() -> Server {
    let mut dice = Dice::derive(1, "server", 0);
    let root = KeyPair::generate(&mut dice);
    let certificate = ServerCertificate::issue(&root, &mut dice, 2);
    Server { certificate, dice, responder: Responder::AwaitHello }
}

impl Server {
    fn take(&mut self, message: &HandshakeMessage) -> Result<Progress, HandshakeError> {
        let frame = handshake_message_to_vec(message);
        self.responder.take(&frame, &self.certificate, &mut self.dice)
    }
}

fn hello(ephemeral: &KeyPair, sealed: Option<(Vec<u8>, Vec<u8>)>) -> HandshakeMessage {
    let (sealed_static, payload) = sealed.unzip();
    HandshakeMessage {
        client_hello: MessageField::some(ClientHello {
            ephemeral: Some(ephemeral.public().to_vec()),
            r#static: sealed_static,
            payload,
            ..ClientHello::default()
        }),
        ..HandshakeMessage::default()
    }
}

fn finish(sealed_static: Vec<u8>, payload: Vec<u8>) -> HandshakeMessage {
    HandshakeMessage {
        client_finish: MessageField::some(ClientFinish {
            r#static: Some(sealed_static),
            payload: Some(payload),
            ..ClientFinish::default()
        }),
        ..HandshakeMessage::default()
    }
}

fn parse_reply(progress: Progress) -> (ServerHello, Option<Box<Outcome>>) {
    let (bytes, outcome) = match progress {
        Progress::Reply(bytes) => (bytes, None),
        Progress::Done(outcome) => (outcome.reply.clone().unwrap(), Some(outcome)),
    };
    let message = handshake_message_decode(&bytes).unwrap();
    (message.server_hello.as_option().unwrap().clone(), outcome)
}

/// The client's side from the server's hello on, in XX and in `XXfallback`.
fn finish_xx(
    pattern: Pattern,
    ephemeral: &KeyPair,
    own: &KeyPair,
    reply: &ServerHello,
) -> (Symmetric, HandshakeMessage) {
    let mut state = Symmetric::new(pattern);
    state.mix_hash(&ephemeral.public());
    let theirs: [u8; 32] = reply.ephemeral.clone().unwrap().try_into().unwrap();
    state.mix_hash(&theirs);
    state.mix_key(&ephemeral.agree(&theirs).unwrap());
    let server_static: [u8; 32] =
        state.open(reply.r#static.as_deref().unwrap()).unwrap().try_into().unwrap();
    state.mix_key(&ephemeral.agree(&server_static).unwrap());
    assert!(state.open(reply.payload.as_deref().unwrap()).is_some(), "the chain opens");
    let sealed_static = state.seal(&own.public()).unwrap();
    state.mix_key(&own.agree(&theirs).unwrap());
    let payload = state.seal(b"payload").unwrap();
    (state, finish(sealed_static, payload))
}

fn open_ik_hello(
    ephemeral: &KeyPair,
    own: &KeyPair,
    server_static: &[u8; 32],
) -> (Symmetric, HandshakeMessage) {
    let mut state = Symmetric::new(Pattern::Ik);
    state.mix_hash(server_static);
    state.mix_hash(&ephemeral.public());
    state.mix_key(&ephemeral.agree(server_static).unwrap());
    let sealed_static = state.seal(&own.public()).unwrap();
    state.mix_key(&own.agree(server_static).unwrap());
    let payload = state.seal(b"payload").unwrap();
    let message = hello(ephemeral, Some((sealed_static, payload)));
    (state, message)
}

fn assert_shared(state: &Symmetric, outcome: &mut Outcome, own: &KeyPair) {
    let (mut forth, mut back) = state.split();
    assert_eq!(outcome.receive.open(&forth.seal(b"ping", &[]).unwrap(), &[]).unwrap(), b"ping");
    assert_eq!(back.open(&outcome.send.seal(b"pong", &[]).unwrap(), &[]).unwrap(), b"pong");
    assert_eq!(outcome.client_static, own.public());
    assert_eq!(outcome.payload, b"payload");
}

fn pairs() -> (KeyPair, KeyPair) {
    let mut dice = Dice::derive(1, "client", 0);
    (KeyPair::generate(&mut dice), KeyPair::generate(&mut dice))
}

#[test]
fn xx_ends_with_the_same_keys_on_both_sides() {
    let (mut server, (ephemeral, own)) = (server(), pairs());
    let (reply, outcome) = parse_reply(server.take(&hello(&ephemeral, None)).unwrap());
    assert!(outcome.is_none());
    let (state, message) = finish_xx(Pattern::Xx, &ephemeral, &own, &reply);
    let Progress::Done(mut outcome) = server.take(&message).unwrap() else {
        panic!("the handshake is over");
    };
    assert_eq!(outcome.kind, HandshakeKind::Xx);
    assert_shared(&state, &mut outcome, &own);
}

#[test]
fn ik_needs_one_round_trip_and_sends_no_static_key() {
    let (mut server, (ephemeral, own)) = (server(), pairs());
    let leaf = server.certificate.leaf().public();
    let (mut state, message) = open_ik_hello(&ephemeral, &own, &leaf);
    let (reply, outcome) = parse_reply(server.take(&message).unwrap());
    assert_eq!(reply.r#static, None);
    let theirs: [u8; 32] = reply.ephemeral.unwrap().try_into().unwrap();
    state.mix_hash(&theirs);
    state.mix_key(&ephemeral.agree(&theirs).unwrap());
    state.mix_key(&own.agree(&theirs).unwrap());
    assert!(state.open(&reply.payload.unwrap()).is_some());
    let mut outcome = outcome.unwrap();
    assert_eq!(outcome.kind, HandshakeKind::Ik);
    assert_shared(&state, &mut outcome, &own);
}

#[test]
fn an_ik_hello_for_a_stale_leaf_falls_back() {
    let (mut server, (ephemeral, own)) = (server(), pairs());
    let stale = KeyPair::from_secret([9; 32]).public();
    let (_, message) = open_ik_hello(&ephemeral, &own, &stale);
    let (reply, _) = parse_reply(server.take(&message).unwrap());
    let (state, message) = finish_xx(Pattern::XxFallback, &ephemeral, &own, &reply);
    let Progress::Done(mut outcome) = server.take(&message).unwrap() else {
        panic!("the handshake is over");
    };
    assert_eq!(outcome.kind, HandshakeKind::XxFallback);
    assert_shared(&state, &mut outcome, &own);
}

#[test]
fn messages_that_do_not_fit_are_refused() {
    let (ephemeral, own) = pairs();
    let short = HandshakeMessage {
        client_hello: MessageField::some(ClientHello {
            ephemeral: Some(vec![1; 31]),
            ..ClientHello::default()
        }),
        ..HandshakeMessage::default()
    };
    let malformed = HandshakeError::Malformed;
    assert_eq!(server().take(&short).unwrap_err(), malformed("client ephemeral"));
    let finish_first = finish(vec![1; 48], vec![1; 48]);
    assert_eq!(server().take(&finish_first).unwrap_err(), malformed("client hello"));
    let half = HandshakeMessage {
        client_hello: MessageField::some(ClientHello {
            ephemeral: Some(ephemeral.public().to_vec()),
            r#static: Some(vec![1; 48]),
            ..ClientHello::default()
        }),
        ..HandshakeMessage::default()
    };
    assert_eq!(server().take(&half).unwrap_err(), malformed("half an IK hello"));
    let mut garbage = server();
    let taken = garbage.responder.take(&[0xff; 9], &garbage.certificate, &mut garbage.dice);
    assert_eq!(taken.unwrap_err(), malformed("handshake message"));

    let mut tampered = server();
    let (reply, _) = parse_reply(tampered.take(&hello(&ephemeral, None)).unwrap());
    let (_, mut message) = finish_xx(Pattern::Xx, &ephemeral, &own, &reply);
    if let Some(finish) = message.client_finish.as_option_mut() {
        finish.payload.as_mut().unwrap()[0] ^= 1;
    }
    assert_eq!(tampered.take(&message).unwrap_err(), HandshakeError::Unopened("client payload"));
}

#[test]
fn an_ephemeral_key_that_contributes_nothing_is_refused() {
    let message = HandshakeMessage {
        client_hello: MessageField::some(ClientHello {
            ephemeral: Some(vec![0; 32]),
            ..ClientHello::default()
        }),
        ..HandshakeMessage::default()
    };
    assert_eq!(server().take(&message).unwrap_err(), HandshakeError::Unopened("key agreement"));
}

#[test]
fn a_hello_or_finish_that_asks_for_more_than_the_plain_handshake_is_refused() {
    let (ephemeral, own) = pairs();
    let refused = HandshakeError::Malformed("post-quantum extension");
    let hellos: [fn(&mut ClientHello); 7] = [
        |it| it.use_extended = Some(true),
        |it| it.extended_ciphertext = Some(vec![1]),
        |it| it.padded_bytes = Some(vec![1]),
        |it| it.send_server_hello_padded_bytes = Some(true),
        |it| it.simulate_xxkem_fs = Some(true),
        |it| it.pq_mode = Some(HandshakePqMode::XXKEM),
        |it| it.extended_ephemeral = Some(vec![1]),
    ];
    for (row, extend) in hellos.into_iter().enumerate() {
        let mut message = hello(&ephemeral, None);
        extend(message.client_hello.as_option_mut().unwrap());
        assert_eq!(server().take(&message).unwrap_err(), refused, "hello {row}");
    }
    let finishes: [fn(&mut ClientFinish); 3] = [
        |it| it.extended_ciphertext = Some(vec![1]),
        |it| it.padded_bytes = Some(vec![1]),
        |it| it.simulate_xxkem_fs = Some(true),
    ];
    for (row, extend) in finishes.into_iter().enumerate() {
        let mut server = server();
        let (reply, _) = parse_reply(server.take(&hello(&ephemeral, None)).unwrap());
        let (_, mut message) = finish_xx(Pattern::Xx, &ephemeral, &own, &reply);
        extend(message.client_finish.as_option_mut().unwrap());
        assert_eq!(server.take(&message).unwrap_err(), refused, "finish {row}");
    }
}
