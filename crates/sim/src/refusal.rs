//! What the simulator refused, and why.
//!
//! A refusal is the mark of a client that broke a rule (or of a test that made it). Each has a
//! closed kind, so that a test can name exactly the one it provoked. docs/internals/sim.md,
//! "Deviations", tells how each is answered on the wire.

use serde::Serialize;

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// The first bytes were not the intro.
    Intro,
    /// The intro named another version of the token dictionary.
    Dictionary,
    /// A frame was empty or too long.
    Frame,
    /// A handshake message was malformed or did not decrypt.
    Handshake,
    /// A transport frame did not decrypt.
    Cipher,
    /// The connection did not get as far as a login within the limit, or its client was silent for
    /// too long afterwards.
    Silence,
    /// A decrypted frame was not a stanza.
    Stanza,
    /// The client payload was malformed, or a registration field absent or of the wrong size.
    Payload,
    /// The signed prekey of a registration is not signed by its identity.
    RegistrationSignature,
    /// The build hash is not the hash of the announced version.
    BuildHash,
    /// The announced version is older than the minimum.
    Outdated,
    /// A login for an account or a device that never was.
    UnknownDevice,
    /// A login for a device that was unlinked.
    UnlinkedDevice,
    /// A login with another Noise key than the one that was linked.
    NoiseKey,
    /// A request that an unregistered connection may not make.
    NotAllowed,
    /// A scanned or typed ref that the server never gave out.
    UnknownRef,
    /// A ref after its time.
    ExpiredRef,
    /// A ref for the second time.
    UsedRef,
    /// A scanned text that is not one, or whose keys are not the connection's.
    ScannedText,
    /// The companion refused the identity it was given.
    PairingRefused,
    /// The companion's answer to `pair-success` is not a signed device identity.
    DeviceIdentity,
    /// The companion's signature is missing or wrong, or signed parts were altered.
    DeviceSignature,
    /// A request for a pairing code, or its finish, is malformed or names the wrong keys.
    PairingCode,
    /// A step of the passkey gate that is malformed, out of turn, or proves nothing.
    Passkey,
    /// A known request with missing or malformed parts.
    Request,
    /// A prekey upload with a wrong signature or identity.
    PrekeySignature,
    /// A profile picture that is no JPEG, or too large.
    Picture,
    /// A message that is malformed, or written to devices that it is not for.
    Message,
    /// A message that its phone cannot decrypt: a counter for the second time, an unknown prekey.
    Ciphertext,
    /// A message that a phone has decrypted and that says nothing: without padding, no `Message`,
    /// or in the form for another device.
    Plaintext,
    /// A file that is uploaded or fetched against the rules, or that a phone cannot open.
    Media,
    /// The last of an account's four companion places was taken.
    DeviceLimit,
    /// The client did not read what it was sent.
    SlowReader,
}

/// One refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The rule that was broken.
    pub kind: RefusalKind,
    /// What exactly was wrong. Holds no key, code or scanned text.
    pub detail: String,
    /// The connection it happened on, counted from 1; `None` for a phone that acted alone.
    pub connection: Option<u64>,
    /// Milliseconds since the simulator was created.
    pub at_ms: u64,
}
