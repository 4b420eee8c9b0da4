//! What the native API answers, as far as commands read it. Fields and steps that a newer server
//! adds are passed over.

use serde::Deserialize;
use waygate_core::id::InstanceId;
use waygate_core::secret::{PairingText, QrText};

/// An instance.
#[derive(Deserialize)]
pub(crate) struct Instance {
    id: String,
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) created_at: String,
    pub(crate) state: State,
    pub(crate) whatsapp: Option<WhatsApp>,
    /// Only where one instance is asked for.
    pub(crate) green_api: Option<GreenApi>,
    /// Only after a logout.
    pub(crate) whatsapp_told: Option<bool>,
}

/// How it is with an instance.
#[derive(Deserialize)]
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) since: Option<String>,
    /// `None` when the instance does not run.
    pub(crate) linked: Option<bool>,
    pub(crate) reason: Option<String>,
    pub(crate) next_try_at: Option<String>,
}

/// A linked account. Its number is not for the eye of whoever stands behind.
#[derive(Deserialize)]
pub(crate) struct WhatsApp {
    phone: String,
    pub(crate) device: u16,
}

/// What a client of GREEN-API needs.
#[derive(Deserialize)]
pub(crate) struct GreenApi {
    #[serde(rename = "api_token_instance")]
    token: Option<String>,
}

/// A linking attempt.
#[derive(Deserialize)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) version: u64,
    method: Method,
    pub(crate) step: Step,
    qr_code: Option<QrCode>,
    pairing_code: Option<PairingCode>,
    pub(crate) not_before_in_ms: Option<u64>,
    pub(crate) reason: Option<String>,
    pub(crate) whatsapp: Option<WhatsApp>,
}

/// By which code an attempt links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    Qr,
    Code,
}

/// How far an attempt has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Preparing,
    Waiting,
    QrCode,
    PairingCode,
    PairingCodeTyped,
    PasskeyChallenge,
    PasskeyConfirmation,
    Finishing,
    Linked,
    Failed,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct QrCode {
    text: String,
    round: u32,
    expires_in_ms: u64,
}

#[derive(Deserialize)]
struct PairingCode {
    code: String,
    expires_in_ms: u64,
}

/// An account.
#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) opened_at: String,
    pub(crate) closed_at: Option<String>,
}

/// A token, without its text.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) account_id: String,
    pub(crate) issued_at: String,
    pub(crate) expires_at: Option<String>,
    pub(crate) revoked_at: Option<String>,
}

/// A token that was just issued.
#[derive(Deserialize)]
pub(crate) struct Issued {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// An address at which a person links an instance in a browser.
#[derive(Deserialize)]
pub(crate) struct LinkTicket {
    /// Below the server's own address.
    pub(crate) path: String,
}

/// Some of a list.
#[derive(Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) data: Vec<T>,
    pub(crate) next_cursor: Option<String>,
}

impl Instance {
    /// Its id.
    pub(crate) fn id(&self) -> anyhow::Result<InstanceId> {
        Ok(self.id.parse()?)
    }

    /// The token with which GREEN-API's clients reach it, when it has one.
    pub(crate) fn token(&self) -> Option<&str> {
        self.green_api.as_ref()?.token.as_deref()
    }
}

impl State {
    /// The state, or that there is none.
    pub(crate) fn words(&self) -> &str {
        // Where no server runs, nor do its instances.
        if self.since.is_none() { "not running" } else { &self.name }
    }

    /// Whether it is linked, as far as that is known.
    pub(crate) fn linked_words(&self) -> &'static str {
        self.linked.map_or("", |linked| if linked { "yes" } else { "no" })
    }
}

impl WhatsApp {
    /// Enough of the number to recognise one's own, too little to know another's.
    pub(crate) fn phone_ending(&self) -> String {
        let behind = self.phone.chars().count().saturating_sub(4);
        self.phone.chars().skip(behind).collect()
    }
}

impl Attempt {
    /// The code to scan and its round, and how long it lives. An attempt with a code to type has
    /// one too, until the other comes, but who asked for that one is not to scan.
    pub(crate) fn qr_code(&self) -> Option<(QrText, u32, u64)> {
        let code = self.qr_code.as_ref().filter(|_code| self.method == Method::Qr)?;
        Some((QrText::new(code.text.as_str()), code.round, code.expires_in_ms))
    }

    /// The code to type, and how long it lives.
    pub(crate) fn pairing_code(&self) -> Option<(PairingText, u64)> {
        let code = self.pairing_code.as_ref()?;
        Some((PairingText::new(code.code.as_str()), code.expires_in_ms))
    }
}
