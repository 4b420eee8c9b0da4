//! A WhatsApp server that speaks the real wire protocol, with phones a test or a person can drive.
//!
//! Clients connect to it as they do to WhatsApp: in process through [`Sim::dial`], or by websocket
//! through [`Sim::serve`], which also serves a control API. It is as strict as the real server:
//! whatever breaks a rule is refused as the real one would refuse it and put on record
//! ([`Report`]); whatever it does not know it says so.
//!
//! It shares no code with the gateway, and of the client library only the stanza codec, the
//! protobuf schema and the Signal ratchet; everything in which a client could be wrong together
//! with its test is written here. It reads no clock but tokio's and draws no randomness but from
//! its seed. docs/internals/sim.md tells what it simulates, from which source each fact of the
//! protocol comes, and what it leaves out.

mod account;
mod app_state;
mod app_state_requests;
mod behaviour;
mod calls;
mod certificate;
mod chat_states;
mod clock;
mod code_stages;
mod companion_platform;
mod config;
mod connection;
mod control;
mod device_identity;
mod dice;
mod digest;
mod error;
mod fault;
mod frame;
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod greeting;
mod handshake;
mod http_front;
mod inbox;
mod key_requests;
mod keys;
mod late;
mod letter;
mod link;
#[cfg(feature = "load")]
pub mod load;
mod lthash;
mod media_cipher;
mod media_host;
mod media_kind;
mod media_reading;
mod media_store;
mod media_writing;
mod message_form;
mod message_json;
mod message_kind;
mod messages;
mod noise;
mod oracle;
mod outbox;
mod pairing_code;
mod passkey;
mod passkey_assertion;
mod passkey_exchange;
mod passkey_gate;
mod payload;
mod phone;
mod phone_gate;
mod phone_mail;
mod phone_messages;
mod picture;
mod picture_requests;
mod prekeys;
mod presences;
mod receipt_routes;
mod receipts;
mod refs;
mod refusal;
mod registration;
mod report;
mod requests;
mod scanned_text;
mod script;
mod session;
mod signal_party;
mod sim;
mod slow_phone;
mod socket;
mod stanza;
mod tasks;
mod trace;
mod usync;
mod world;

pub use behaviour::{Answers, Away, Behaviour, BehaviourError, Reads, Wait, Writes};
pub use calls::{CallDeed, CallState, CallView};
pub use chat_states::ChatState;
pub use config::{Latency, SimConfig};
pub use error::{
    CallError, CodeError, DialRefused, InboxError, LinkError, MediaError, PasskeyError, PhoneError,
    PictureError, ScanError, SendError, UnlinkError,
};
pub use fault::{
    Direction, Failure, Fault, Moment, Notice, Order, OrderProblem, StandingFault, StanzaKind,
    StreamError,
};
pub use handshake::HandshakeKind;
pub use inbox::{InboxMessage, InboxReceipt};
pub use link::LinkedDevice;
pub use media_kind::MediaKind;
pub use media_reading::InboxMedia;
pub use media_writing::MediaToSend;
pub use oracle::{
    ChainRecord, DeviceRecord, ReceiptRecord, StreamRecord, Violation, ViolationKind,
};
pub use phone::{DeviceView, Phone};
pub use picture::ProfilePicture;
pub use refusal::{Refusal, RefusalKind};
pub use report::Report;
pub use sim::{Pipe, Sim};
pub use trace::TraceLine;
