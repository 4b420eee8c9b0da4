//! Why a phone could not do what it was asked.

/// Why a number cannot become a phone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Not 7 to 15 digits without a leading zero.
    #[error("a number is 7 to 15 digits and does not start with 0")]
    InvalidNumber,
    /// There is one already.
    #[error("the phone exists already")]
    Exists,
    /// The simulator holds as many phones as it may.
    #[error("the simulator has no room for another phone")]
    TooMany,
}

/// Why a person could not do that about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nobody has this number or address, or it is the caller's own.
    #[error("there is nobody to be called at this address")]
    Nobody,
    /// This phone neither made nor got such a call.
    #[error("the phone knows no such call")]
    NoSuchCall,
    /// It has no place now: the call rings no more, or not on this phone.
    #[error("this cannot be done about the call now")]
    NotNow,
}

/// Why the device and the phone did not become one account's, however they were brought together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The device refused the identity it was offered, for example with 401 `hmac-mismatch`.
    #[error("the device refused to be linked: {code} {text}")]
    DeviceRefused {
        /// The number in `code`.
        code: u16,
        /// The words in `text`.
        text: String,
    },
    /// The device's answer is not properly signed.
    #[error("the device's signature is missing or wrong")]
    BadDeviceSignature,
    /// The connection ended before the device was linked.
    #[error("the connection is gone")]
    ConnectionGone,
    /// The account has four companions already.
    #[error("the account has all the devices it may have")]
    DeviceLimit,
    /// The connection is being linked by another scan or code right now.
    #[error("the connection is already being linked")]
    InProgress,
    /// The device did not answer within a minute.
    #[error("the device did not answer in time")]
    TimedOut,
    /// The phone's application is too old to have companions. The companion is told, and the code
    /// stays as good as it was.
    #[error("the phone has no multi-device")]
    NoMultiDevice,
    /// What the device said at the passkey gate does not hold; says in which respect.
    #[error("the device did not pass the passkey gate: {0}")]
    PasskeyRefused(&'static str),
    /// The user of the phone has said that the device shows another code.
    #[error("the codes of the phone and the device are not the same")]
    CodeRejected,
}

/// Why a scan did not link a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScanError {
    /// The text is not that of a linking code; says in which respect.
    #[error("the text is not a linking code: {0}")]
    Malformed(&'static str),
    /// The server never gave out this ref, or long ago.
    #[error("the ref is unknown")]
    UnknownRef,
    /// The ref's time is over.
    #[error("the ref has expired")]
    ExpiredRef,
    /// The ref has been scanned before.
    #[error("the ref has been used")]
    UsedRef,
    /// The text's Noise key is not that of the connection the ref was given to.
    #[error("the Noise key is not the connection's")]
    NoiseKeyMismatch,
    /// The text's identity key is not the one the connection registered.
    #[error("the identity key is not the connection's")]
    IdentityMismatch,
    /// The code or ref was right, and linking failed all the same.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Why a typed code did not link a device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Not eight characters of the alphabet of codes.
    #[error("a code is eight characters of digits 1-9 and letters without I, O, U")]
    Malformed,
    /// No device has asked for a code for this account.
    #[error("no device waits for a code")]
    NothingPending,
    /// The code's 180 seconds are over.
    #[error("the code has expired")]
    Expired,
    /// It is not the code the device shows.
    #[error("the code is wrong")]
    WrongCode,
    /// Three codes have been tried; the device must ask for a new one.
    #[error("too many codes were tried")]
    TooManyTries,
    /// The code or ref was right, and linking failed all the same.
    #[error(transparent)]
    Link(#[from] LinkError),
}

/// Why there is nothing to be done with a passkey.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyError {
    /// Not `PublicKeyCredentialRequestOptions` in JSON.
    #[error("the challenge is not PublicKeyCredentialRequestOptions in JSON")]
    Malformed,
    /// The challenge is of a site that WhatsApp's page may not ask for.
    #[error("a page of web.whatsapp.com may not ask for this site")]
    ForeignSite,
    /// The account has no passkey, or none that is asked for.
    #[error("the account has no such passkey")]
    NoPasskey,
    /// The phone shows no code to be compared.
    #[error("the phone shows no code")]
    NoCode,
}

/// Why a device could not be unlinked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlinkError {
    /// The account has no such device.
    #[error("the account has no device {0}")]
    NoSuchDevice(u16),
}

/// Why a picture is not taken as a profile picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// Not a JPEG, or not a whole one.
    #[error("the picture is not a JPEG")]
    NotJpeg,
    /// More than 720 pixels in one direction.
    #[error("the picture is wider or higher than 720 pixels")]
    TooLarge,
}

/// Why a phone did not write a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// There is no phone with this number or address.
    #[error("nobody has this number or address")]
    Nobody,
    /// Not a `Message` as protobuf, or one that says nothing.
    #[error("the message is not a protobuf Message, or says nothing")]
    NotAMessage,
    /// Not a `Message` as protobuf JSON; says in which respect, of the names in it only.
    #[error("the message is not protobuf JSON: {0}")]
    NotJson(String),
    /// The file in it was not taken.
    #[error(transparent)]
    Media(#[from] MediaError),
}

/// Why a phone did not write a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// Encrypted, it has more than 64 MiB.
    #[error("the file is too large")]
    TooLarge,
    /// Words below a sound or a sticker, or a name for what is no document.
    #[error("only images, videos and documents have a caption, and only documents a name")]
    NotOfThisKind,
}

/// Why a phone could not do something about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InboxError {
    /// Nobody else has written a message of this id to the phone.
    #[error("the phone has no message of this id from somebody else")]
    NoSuchMessage,
    /// There is no message of this id with a file in it that can be opened.
    #[error("the phone has no message of this id with a file that it can open")]
    NoSuchFile,
}

/// A connection was refused by an injected fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was refused with {status}")]
pub struct DialRefused {
    /// The status of the HTTP answer, on a socket.
    pub status: u16,
}
