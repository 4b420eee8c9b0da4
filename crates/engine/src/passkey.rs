//! The use cases of a person whose account WhatsApp guards with a passkey.

use std::time::Duration;

use serde_json::Value;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AttemptId, InstanceId};
use waygate_core::instance::input::Input;
use waygate_core::instance::passkey::PasskeyStep;

use crate::assertion;
use crate::attempts::{Attempt, Step};
use crate::gateway::{Gateway, give};
use crate::sight::Sight;

/// How long a caller waits until the attempt shows what it was told. It knows at once, unless the
/// store fails.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

impl Gateway {
    /// Gives WhatsApp the answer of a passkey, `PublicKeyCredential.toJSON()`, to the challenge that
    /// the attempt shows. Does not wait for what WhatsApp makes of it: the attempt tells.
    ///
    /// # Errors
    ///
    /// As [`Gateway::attempt`]; `WrongState` when the attempt shows no challenge (any more),
    /// `Invalid` when it is no answer to it.
    pub async fn answer_passkey(
        &self,
        instance: InstanceId,
        id: AttemptId,
        credential: &Value,
    ) -> Result<Attempt, Error> {
        let before = self.attempt(instance, id)?;
        let Step::Open(Sight::Passkey(PasskeyStep::Challenged(challenge))) = &before.step else {
            return Err(wrong_state("the attempt does not wait for a passkey"));
        };
        let options = challenge.options.clone();
        let assertion = assertion::read(credential, &options)?;
        self.advance(&before, Input::AnswerPasskey { options, assertion }).await
    }

    /// Says that the phone shows the same code as the attempt. Does not wait for the phone.
    ///
    /// # Errors
    ///
    /// As [`Gateway::attempt`]; `WrongState` when the attempt shows no such code (any more).
    pub async fn confirm_passkey(
        &self,
        instance: InstanceId,
        id: AttemptId,
    ) -> Result<Attempt, Error> {
        let before = self.attempt(instance, id)?;
        let Step::Open(Sight::Passkey(PasskeyStep::CodeShown(code))) = &before.step else {
            return Err(wrong_state("the attempt does not wait for a code to be confirmed"));
        };
        // By the code, so that nobody confirms one that came after it.
        let text = code.text.clone();
        self.advance(&before, Input::ConfirmPasskey(text)).await
    }

    /// Tells the instance, and waits until the attempt shows it.
    async fn advance(&self, before: &Attempt, input: Input) -> Result<Attempt, Error> {
        let (instance, id, version) = (before.instance, before.id, before.version);
        give(&self.find(instance)?, input).await?;
        self.next_of_attempt(instance, id, version, SHOWN_WITHIN).await
    }
}

fn wrong_state(words: &'static str) -> Error {
    Error::new(Kind::WrongState, words)
}
