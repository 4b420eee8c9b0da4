//! Linking an account that WhatsApp guards with a passkey, by the library's manual calls
//! (whatsapp-rust 0.7.0, `passkey/flow.rs`).
//!
//! What the library tells by an event is translated like every other. What a call of ours comes to
//! it tells only to the caller, so a failure takes the way back over [`PasskeyCalls`]. Its words may
//! quote what was sent, so they go nowhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;
use waygate_core::instance::passkey::{CHALLENGE_FOR, PasskeyAssertion, PasskeyFailure};
use waygate_core::port::link::LinkEvent;
use waygate_core::secret::{PasskeyCodeText, PasskeyOptions};
use whatsapp_rust::Client;
use whatsapp_rust::passkey::{Assertion, PasskeyError, parse_request_options};
use whatsapp_rust::types::events::{PairPasskeyConfirmation, PairPasskeyError, PairPasskeyRequest};

use crate::library_clock;
use crate::runtime::ConnectionTasks;
use crate::turn::Turn;

/// How long WhatsApp may take to answer a call; the library alone would wait longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Failures that wait to be told. There is one call at a time, and a failure is its end.
const FAILURES_MAX: usize = 4;

/// What WhatsApp asks for. A challenge that no browser could be given is none.
pub(crate) fn challenge(request: &PairPasskeyRequest) -> LinkEvent {
    let json = &request.request_options_json;
    let Ok(parsed) = parse_request_options(json) else {
        return LinkEvent::PasskeyFailed(PasskeyFailure::NoChallenge);
    };
    LinkEvent::PasskeyChallenged {
        options: PasskeyOptions::new(json.as_str()),
        issued_at: library_clock::now(),
        valid_for: parsed.timeout_ms.map_or(CHALLENGE_FOR, Duration::from_millis),
    }
}

/// What phone and gateway have in common now. On a link that takes the place of another, the
/// library has shown WhatsApp that the device is the same one.
pub(crate) fn code(confirmation: &PairPasskeyConfirmation) -> LinkEvent {
    let text = PasskeyCodeText::new(confirmation.code.as_str());
    LinkEvent::PasskeyCodeIssued { text, to_compare: !confirmation.skip_handoff_ux }
}

/// What went wrong without a call of ours.
pub(crate) fn failure(error: &PairPasskeyError) -> LinkEvent {
    let failure =
        if error.continuation { PasskeyFailure::NoCode } else { PasskeyFailure::NoChallenge };
    LinkEvent::PasskeyFailed(failure)
}

/// The calls of one connection.
pub(crate) struct PasskeyCalls {
    tell: mpsc::Sender<PasskeyFailure>,
    failures: mpsc::Receiver<PasskeyFailure>,
    turn: Turn,
}

impl PasskeyCalls {
    pub(crate) fn new(turn: &Turn) -> Self {
        let (tell, failures) = mpsc::channel(FAILURES_MAX);
        Self { tell, failures, turn: turn.clone() }
    }

    /// Waits for a call that fails. May be dropped half-way.
    pub(crate) async fn failed(&mut self) -> LinkEvent {
        match self.failures.recv().await {
            Some(failure) => LinkEvent::PasskeyFailed(failure),
            // Never: this side holds a sender too.
            None => std::future::pending().await,
        }
    }

    /// Gives WhatsApp the answer of a passkey.
    pub(crate) fn answer(
        &self,
        client: Arc<Client>,
        tasks: &ConnectionTasks,
        assertion: PasskeyAssertion,
    ) {
        let assertion = Assertion {
            assertion_json: assertion.json.into_vec(),
            credential_id: assertion.credential_id.into_vec(),
        };
        self.call(tasks, PasskeyFailure::AnswerRefused, async move {
            client.send_passkey_response(assertion).await
        });
    }

    /// Says that phone and gateway show the same code.
    pub(crate) fn confirm(&self, client: Arc<Client>, tasks: &ConnectionTasks) {
        let turn = self.turn.begin();
        self.call(tasks, PasskeyFailure::ConfirmationRefused, async move {
            let confirmed = client.send_passkey_confirmation().await;
            drop(turn);
            confirmed
        });
    }

    fn call(
        &self,
        tasks: &ConnectionTasks,
        refused: PasskeyFailure,
        call: impl Future<Output = Result<(), PasskeyError>> + Send + 'static,
    ) {
        let tell = self.tell.clone();
        tasks.start(Box::pin(async move {
            let failure = match timeout(ANSWER_WITHIN, call).await {
                Ok(Ok(())) => return,
                Ok(Err(_words)) => refused,
                Err(_elapsed) => PasskeyFailure::Unanswered,
            };
            if tell.send(failure).await.is_err() {
                tracing::debug!("a connection that is over was told of a failed passkey");
            }
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(json: &str) -> PairPasskeyRequest {
        PairPasskeyRequest::builder().request_options_json(json.to_owned()).build()
    }

    #[test]
    fn a_challenge_says_how_long_it_waits() {
        for (json, seconds) in [
            (r#"{"challenge":"AAAA","rpId":"whatsapp.com","timeout":600000}"#, 600),
            (r#"{"challenge":"AAAA","timeout":1000}"#, 1),
            (r#"{"challenge":"AAAA"}"#, 600),
        ] {
            let LinkEvent::PasskeyChallenged { options, valid_for, .. } = challenge(&request(json))
            else {
                panic!("{json}");
            };
            assert_eq!((options.expose(), valid_for), (json, Duration::from_secs(seconds)));
        }
    }

    #[test]
    fn a_challenge_that_no_browser_could_be_given_is_none() {
        for json in ["", "[]", "{}", r#"{"challenge":"!"}"#, r#"{"challenge":""}"#] {
            let expected = LinkEvent::PasskeyFailed(PasskeyFailure::NoChallenge);
            assert_eq!(challenge(&request(json)), expected, "{json}");
        }
    }

    #[test]
    fn a_code_is_compared_unless_the_device_has_shown_who_it_is() {
        for skip in [true, false] {
            let confirmation = PairPasskeyConfirmation::builder()
                .code("ABCD-1234".to_owned())
                .skip_handoff_ux(skip)
                .build();
            let text = PasskeyCodeText::new("ABCD-1234");
            let expected = LinkEvent::PasskeyCodeIssued { text, to_compare: !skip };
            assert_eq!(code(&confirmation), expected);
        }
    }

    #[test]
    fn a_failure_without_a_call_says_at_which_step_it_came() {
        for (continuation, expected) in
            [(false, PasskeyFailure::NoChallenge), (true, PasskeyFailure::NoCode)]
        {
            let error = "about 15550001111".to_owned();
            let error = PairPasskeyError::builder().error(error).continuation(continuation).build();
            assert_eq!(failure(&error), LinkEvent::PasskeyFailed(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_that_fails_or_is_not_answered_is_told_and_one_that_succeeds_is_not() {
        let (mut calls, tasks) = (PasskeyCalls::new(&Turn::default()), ConnectionTasks::new());
        let refused = PasskeyFailure::AnswerRefused;
        calls.call(&tasks, refused, async { Ok(()) });
        calls.call(&tasks, refused, async { Err(PasskeyError::Cancelled) });
        assert_eq!(calls.failed().await, LinkEvent::PasskeyFailed(refused));
        calls.call(&tasks, refused, std::future::pending());
        let unanswered = LinkEvent::PasskeyFailed(PasskeyFailure::Unanswered);
        assert_eq!(calls.failed().await, unanswered);
    }
}
