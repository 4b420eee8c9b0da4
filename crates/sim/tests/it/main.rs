//! The simulator against a client written for these tests alone: it shares the stanza codec, the
//! schema and the curve with it and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on ends here"
)]

mod addresses;
mod asked;
mod calls;
mod chat_states;
mod client_payload;
mod code;
mod code_refusals;
mod companion;
mod control;
mod control_faults;
mod control_gate;
mod control_mail;
mod control_requests;
mod control_scripts;
mod correspondent;
mod deviations;
mod fault_moments;
mod fault_stanzas;
mod fault_words;
mod faults;
mod gate;
mod gate_refusals;
mod http;
mod keep_alive;
mod linking;
mod media_host;
mod media_messages;
mod message_receipts;
mod message_refusals;
mod messages;
mod noise;
mod old_phone;
mod oracle;
mod oracle_plants;
mod pictures;
mod presences;
mod queue;
mod receipts;
mod refs;
mod refused_requests;
mod request_form;
mod requests;
mod requests_inside;
mod retries;
mod same_run;
mod scans_at_once;
mod schema;
mod scripts;
mod signal;
mod stream;
mod unread_websocket;
mod websocket;
