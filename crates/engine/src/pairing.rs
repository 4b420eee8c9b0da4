//! The use case of linking by a code that is typed on the phone.

use std::time::Duration;

use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::pairing::{PairingCode, PairingRequest};
use waygate_core::phone::PhoneNumber;

use crate::gateway::{Gateway, give};
use crate::sight::{PASSKEY_WANTED, Sight, why_no_code};

impl Gateway {
    /// Asks WhatsApp for a code to type on this phone, and waits for it up to `within`. It begins
    /// a fresh linking attempt; the code before is worth nothing. WhatsApp tells the phone to
    /// expect it.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run; `WrongState` when it is linked or cannot be
    /// linked, or WhatsApp offers it no code; `Limited` after too many requests within the hour,
    /// ours or WhatsApp's; `Invalid` when WhatsApp refuses the number; `Conflict` when somebody
    /// else asks for another phone or ends the attempt; `Unreachable` when there was no code in
    /// time.
    pub async fn request_pairing_code(
        &self,
        instance: InstanceId,
        phone: PhoneNumber,
        within: Duration,
    ) -> Result<PairingCode, Error> {
        let mut running = self.find(instance)?;
        let orders = running.clone();
        let clock = &self.parts().ports.clock;
        let asked = async {
            give(&orders, Input::AskPairingCode(phone.clone())).await?;
            let mut outcome = None;
            let decided = |machine: &Machine| {
                outcome = outcome_of(machine, &phone, &Sight::of(machine, clock.now()));
                outcome.is_some()
            };
            running.shown.wait_for(decided).await.map_err(|_gone| orders.gone())?;
            // Set by the condition that ended the wait.
            outcome.unwrap_or_else(|| Err(orders.gone()))
        };
        // The instance may be busy with the end of a connection, or wait for the store.
        match tokio::time::timeout(within, asked).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => {
                Err(Error::new(Kind::Unreachable, why_no_code(&orders.shown.borrow())))
            }
        }
    }
}

/// What came of a request for this phone; `None` while it is open.
pub(crate) fn outcome_of(
    machine: &Machine,
    phone: &PhoneNumber,
    sight: &Sight,
) -> Option<Result<PairingCode, Error>> {
    let refused = |words: &'static str| Some(Err(Error::new(Kind::WrongState, words)));
    match sight {
        Sight::PairingCode { code, .. } | Sight::PairingCodeTyped(code) if code.phone == *phone => {
            return Some(Ok(code.clone()));
        }
        Sight::Linked(_) | Sight::Finishing => return refused("the instance is linked already"),
        Sight::Unusable(words) | Sight::Impossible(words) => return refused(words),
        Sight::Passkey(_) => return refused(PASSKEY_WANTED),
        Sight::Idle { .. }
        | Sight::Preparing
        | Sight::NotBefore { .. }
        | Sight::QrCode(_)
        | Sight::PairingCode { .. }
        | Sight::PairingCodeTyped(_) => {}
    }
    match machine.pairing() {
        Some(request) if request.phone() != phone => {
            let words = "a code for another phone was asked for meanwhile";
            Some(Err(Error::new(Kind::Conflict, words)))
        }
        Some(PairingRequest::Refused { refusal, .. }) => Some(Err(refusal.error())),
        Some(PairingRequest::Waiting(_) | PairingRequest::Asked(_)) => None,
        None => Some(Err(Error::new(Kind::Conflict, "the linking attempt was ended meanwhile"))),
    }
}
