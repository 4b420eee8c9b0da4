//! Linking an account that WhatsApp guards with a passkey.
//!
//! The phone's scan is then followed by a challenge, which only a passkey of the account answers, in
//! a browser on WhatsApp's own origin. Then phone and gateway show the same code, and a person says
//! so. Every step has its deadline, and none is taken again by a machine: whoever sends WhatsApp one
//! answer after the other looks like somebody who tries keys.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::secret::{PasskeyCodeText, PasskeyOptions};

/// How long a challenge is held, unless WhatsApp says less: as long as the web client gives its user.
pub const CHALLENGE_FOR: Duration = Duration::from_secs(10 * 60);

/// How long each step after it may take: as long as clients keep the key of a handoff.
pub const STEP_FOR: Duration = Duration::from_secs(5 * 60);

/// How far the passkey's part of an attempt has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasskeyStep {
    /// WhatsApp waits for an answer of the account's passkey.
    Challenged(PasskeyChallenge),
    /// The answer is on its way; WhatsApp and the phone check it.
    Answered {
        /// From here on it is not waited for any more.
        expires_at: Timestamp,
    },
    /// The phone shows this code too, if it is the right phone.
    CodeShown(PasskeyCode),
    /// A person has said that the phone shows it; the phone's consent is waited for.
    Confirmed(PasskeyCode),
}

/// What WhatsApp wants a passkey to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyChallenge {
    /// What a browser has to be asked.
    pub options: PasskeyOptions,
    /// From here on no answer is taken.
    pub expires_at: Timestamp,
}

/// A code that phone and gateway have in common, once they have agreed on a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyCode {
    /// What is to be compared.
    pub text: PasskeyCodeText,
    /// From here on it is of no use.
    pub expires_at: Timestamp,
}

/// The answer of a passkey, in the form in which WhatsApp takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasskeyAssertion {
    /// Which passkey it is.
    pub credential_id: Box<[u8]>,
    /// `PublicKeyCredential.toJSON()`.
    pub json: Box<[u8]>,
}

/// Whoever sees it in time can finish the link in somebody else's place.
impl fmt::Debug for PasskeyAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PasskeyAssertion({} bytes)", self.json.len())
    }
}

/// Why nothing came of a passkey. Closed on purpose: a new reason must stop the build in every API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyFailure {
    /// WhatsApp wants one, and its challenge could not be had or read.
    NoChallenge,
    /// Nobody gave an answer in time.
    NotAnswered,
    /// WhatsApp did not take the answer.
    AnswerRefused,
    /// Phone and gateway did not come to a code.
    NoCode,
    /// Nobody said in time that the codes are the same.
    NotConfirmed,
    /// WhatsApp did not take the confirmation; the phone may have refused.
    ConfirmationRefused,
    /// The phone did not go on in time.
    PhoneSilent,
    /// WhatsApp did not answer what it was sent.
    Unanswered,
    /// Its connection is gone, or the attempt was replaced by another.
    Lost,
}

impl PasskeyStep {
    /// When it is over, whatever happens.
    pub fn expires_at(&self) -> Timestamp {
        match self {
            Self::Challenged(challenge) => challenge.expires_at,
            Self::Answered { expires_at } => *expires_at,
            Self::CodeShown(code) | Self::Confirmed(code) => code.expires_at,
        }
    }

    /// What has failed when it is over.
    pub(super) fn failure_when_late(&self) -> PasskeyFailure {
        match self {
            Self::Challenged(_) => PasskeyFailure::NotAnswered,
            Self::CodeShown(_) => PasskeyFailure::NotConfirmed,
            Self::Answered { .. } | Self::Confirmed(_) => PasskeyFailure::PhoneSilent,
        }
    }
}

impl PasskeyFailure {
    /// One of each, for tables and tests.
    pub const ALL: [Self; 9] = [
        Self::NoChallenge,
        Self::NotAnswered,
        Self::AnswerRefused,
        Self::NoCode,
        Self::NotConfirmed,
        Self::ConfirmationRefused,
        Self::PhoneSilent,
        Self::Unanswered,
        Self::Lost,
    ];

    /// The reason for a person.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoChallenge => "WhatsApp wants a passkey, but did not say for what",
            Self::NotAnswered => "the passkey was not used in time",
            Self::AnswerRefused => "WhatsApp did not accept the passkey",
            Self::NoCode => "the phone and the gateway did not come to a common code",
            Self::NotConfirmed => "the code was not confirmed in time",
            Self::ConfirmationRefused => {
                "WhatsApp did not accept the confirmation: the phone may have refused it"
            }
            Self::PhoneSilent => "the phone did not go on in time",
            Self::Unanswered => "WhatsApp did not answer in time",
            Self::Lost => "the attempt that asked for the passkey is over",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_does_not_print_itself() {
        let (credential_id, json) = (Box::from(*b"canary"), Box::from(*b"{canary}"));
        let printed = format!("{:?}", PasskeyAssertion { credential_id, json });
        assert_eq!(printed, "PasskeyAssertion(8 bytes)");
    }

    #[test]
    fn the_stored_form_of_every_failure_stays_as_it_is() {
        let stored = serde_json::to_string(&PasskeyFailure::ALL).unwrap();
        assert_eq!(
            stored,
            concat!(
                r#"["no_challenge","not_answered","answer_refused","no_code","not_confirmed","#,
                r#""confirmation_refused","phone_silent","unanswered","lost"]"#
            )
        );
        assert_eq!(
            serde_json::from_str::<[PasskeyFailure; 9]>(&stored).unwrap(),
            PasskeyFailure::ALL
        );
    }
}
