//! The port to WhatsApp: one connection of one instance at a time.
//!
//! The application decides when to dial and what an end means; the implementation (crate `link`)
//! runs exactly one connection per call and never dials again by itself. What takes time is only
//! started by a call; its outcome comes back as a [`LinkEvent`], in order, ending with exactly one
//! [`LinkEvent::Ended`].

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::account::LinkedAccount;
use crate::error::Error;
use crate::id::InstanceId;
use crate::instance::pairing::PairingRefusal;
use crate::instance::passkey::{PasskeyAssertion, PasskeyFailure};
use crate::message::arrival::Arrived;
use crate::message::media::{MediaFile, MediaKind};
use crate::message::outgoing::{Outgoing, Unsent};
use crate::phone::PhoneNumber;
use crate::reason::EndReason;
use crate::secret::{PairingText, PasskeyCodeText, PasskeyOptions, QrText};

/// A deed in progress. Boxed, so that ports stay usable as trait objects without a runtime.
pub type Deed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What one connection tells, in the order in which it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEvent {
    /// A code that a phone can scan for as long as stated; it replaces the one before.
    QrIssued {
        /// The code.
        text: QrText,
        /// When WhatsApp gave it; a time that is ahead counts as just now.
        issued_at: Timestamp,
        /// How long it can be scanned.
        valid_for: Duration,
    },
    /// WhatsApp gave the pairing code that [`Line::request_pairing_code`] asked for.
    PairingCodeIssued {
        /// The code.
        text: PairingText,
        /// When WhatsApp gave it; a time that is ahead counts as just now.
        issued_at: Timestamp,
        /// How long it can be typed.
        valid_for: Duration,
    },
    /// WhatsApp gave no pairing code, or takes back the one it gave. The connection goes on.
    PairingCodeRefused(PairingRefusal),
    /// A phone typed the pairing code, rightly or not. QR codes of this connection are worth
    /// nothing from here on.
    PairingCodeTyped,
    /// Nothing will come of the pairing code any more: the phone that typed it went silent, or
    /// WhatsApp wants another one to be asked for.
    PairingCodeSpent,
    /// A phone accepted the device, and the keys are safely stored. Not usable yet: WhatsApp ends
    /// this connection with [`EndReason::RestartRequired`] and the next one is a login.
    Paired(LinkedAccount),
    /// A phone answered, but its proof did not verify. The connection is of no further use.
    PairingFailed,
    /// WhatsApp asks for a passkey before it links this account. Codes of this connection are worth
    /// nothing from here on, and none follow.
    PasskeyChallenged {
        /// What the passkey has to be asked.
        options: PasskeyOptions,
        /// When WhatsApp asked; a time that is ahead counts as just now.
        issued_at: Timestamp,
        /// How long it waits.
        valid_for: Duration,
    },
    /// WhatsApp took what [`Line::answer_passkey`] gave it, and phone and gateway have a code in
    /// common.
    PasskeyCodeIssued {
        /// The code.
        text: PasskeyCodeText,
        /// Whether a person has to say that the phone shows the same one.
        to_compare: bool,
    },
    /// Nothing will come of the passkey any more. The connection is of no further use.
    PasskeyFailed(PasskeyFailure),
    /// Logged in, first state synchronised: usable.
    Connected {
        /// The account.
        account: LinkedAccount,
        /// The account's display name, when known.
        push_name: Option<String>,
    },
    /// The account's display name changed.
    PushNameChanged(String),
    /// The connection is over; nothing follows.
    Ended(EndReason),
}

/// Takes what one connection tells. A slow taker slows the connection, never loses anything.
pub trait LinkSink: Send + Sync + 'static {
    /// Hands over one event.
    fn deliver(&self, event: LinkEvent) -> Deed<'_, ()>;

    /// Hands over what came for the account, in the order in which it came. When this succeeds, all of
    /// it is written down and survives a loss of power; only then WhatsApp may hear that it arrived.
    /// When it fails, nothing of it is, and WhatsApp delivers it again. What comes a second time is not
    /// written down twice.
    fn receive(&self, arrived: Vec<Arrived>) -> Deed<'_, Result<(), Error>>;
}

/// A running connection. Dropping it tears the connection down at once, without farewell.
pub trait Line: fmt::Debug + Send + Sync {
    /// Starts a graceful close: buffers are flushed, then `Ended(HungUp)` comes.
    fn hang_up(&self);

    /// Starts the removal of this device from its account; `Ended(LoggedOutByUs)` comes when
    /// WhatsApp agreed, `Ended(HungUp)` when it did not answer in time.
    fn log_out(&self);

    /// Asks for a code to type on this phone, once [`LinkEvent::QrIssued`] has come. WhatsApp tells
    /// the phone to expect it. At most one per connection; the caller sees to it. The outcome is
    /// [`LinkEvent::PairingCodeIssued`] or [`LinkEvent::PairingCodeRefused`], unless the connection
    /// ends first.
    fn request_pairing_code(&self, phone: &PhoneNumber);

    /// Gives WhatsApp the answer of a passkey to the challenge of this connection. At most one per
    /// connection; the caller sees to it. The outcome is [`LinkEvent::PasskeyCodeIssued`] or
    /// [`LinkEvent::PasskeyFailed`], unless the connection ends first.
    fn answer_passkey(&self, assertion: PasskeyAssertion);

    /// Says that phone and gateway show the same code, once [`LinkEvent::PasskeyCodeIssued`] has
    /// come. The outcome is [`LinkEvent::Paired`] or [`LinkEvent::PasskeyFailed`], unless the
    /// connection ends first.
    fn confirm_passkey(&self);

    /// Makes this JPEG the account's profile picture. It is cut to a centred square and reduced to
    /// the size WhatsApp takes. A request on the running connection, whose end ends the deed too;
    /// once begun, it goes on whether or not somebody still waits for it.
    ///
    /// Fails with [`Kind::Invalid`] for a picture that WhatsApp would not take,
    /// [`Kind::WrongState`] while the connection is not logged in, [`Kind::Unreachable`] without
    /// an answer in time, [`Kind::Limited`] when WhatsApp asks for patience.
    ///
    /// [`Kind::Invalid`]: crate::error::Kind::Invalid
    /// [`Kind::WrongState`]: crate::error::Kind::WrongState
    /// [`Kind::Unreachable`]: crate::error::Kind::Unreachable
    /// [`Kind::Limited`]: crate::error::Kind::Limited
    fn set_profile_picture(&self, jpeg: Vec<u8>) -> Deed<'static, Result<(), Error>>;

    /// Where the account's own profile picture can be fetched for a while, `None` when it has none.
    /// Fails as [`Line::set_profile_picture`] does.
    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>>;

    /// Sends a message and waits until WhatsApp has it. Of its ratchet nothing is on the wire before it
    /// is on the disk. Whatever comes of it, the same message may be sent again under the same id, and
    /// its receiver sees one. A request on the running connection, whose end ends the deed too; once
    /// begun, it goes on whether or not somebody still waits for it.
    fn send(&self, message: Outgoing) -> Deed<'static, Result<(), Unsent>>;

    /// Fetches a file of this kind from WhatsApp and opens it: at most so many bytes, and the very ones
    /// that the message told of. WhatsApp keeps files for some weeks.
    ///
    /// Fails with [`Kind::NotFound`] when WhatsApp does not have it any more, [`Kind::Invalid`] for
    /// one that is larger, or not what the message says, [`Kind::WrongState`] while the connection is
    /// not logged in, [`Kind::Unreachable`] when no host gives it in time.
    ///
    /// [`Kind::NotFound`]: crate::error::Kind::NotFound
    /// [`Kind::Invalid`]: crate::error::Kind::Invalid
    /// [`Kind::WrongState`]: crate::error::Kind::WrongState
    /// [`Kind::Unreachable`]: crate::error::Kind::Unreachable
    fn fetch_media(
        &self,
        kind: MediaKind,
        file: MediaFile,
        bytes_max: u64,
    ) -> Deed<'static, Result<Vec<u8>, Error>>;
}

/// Dials WhatsApp and keeps the instances' keys.
pub trait Linker: fmt::Debug + Send + Sync + 'static {
    /// Starts one connection and returns at once. With keys of a linked account it is a login,
    /// otherwise an offer to link. At most one per instance at a time; the caller sees to it.
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line>;

    /// The account whose keys are stored, `None` when the instance is not linked.
    fn linked_account(
        &self,
        instance: InstanceId,
    ) -> Deed<'_, Result<Option<LinkedAccount>, Error>>;

    /// Destroys the instance's keys. No connection of the instance may be running.
    fn forget(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>>;
}
