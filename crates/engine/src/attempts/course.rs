//! What becomes of a linking attempt, seen from its instance's machine.

use jiff::Timestamp;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::pairing::{PairingCode, PairingRequest};
use waygate_core::instance::passkey::PasskeyFailure;
use waygate_core::instance::state::Outcome;
use waygate_core::phone::PhoneNumber;

use super::{Failure, Method, Step};
use crate::sight::Sight;

/// What a phone has made known of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    Nothing,
    /// It has typed the pairing code.
    Typed,
    /// Its account is guarded by a passkey.
    Passkey,
}

/// What an attempt must remember to know its end.
pub(super) struct Course {
    method: Method,
    /// The pairing code that it got.
    code: Option<PairingCode>,
    heard: Heard,
    /// How many accounts the instance had turned away before.
    turned_away: u32,
}

impl Course {
    /// That of an attempt that begins when the instance has turned away so many accounts.
    pub(super) fn begin(method: Method, turned_away: u32) -> Self {
        Self { method, code: None, heard: Heard::Nothing, turned_away }
    }

    /// How far the attempt has come.
    pub(super) fn step(&mut self, machine: &Machine, now: Timestamp) -> Step {
        if machine.turned_away() > self.turned_away {
            return Step::Failed(Failure::WrongPhone);
        }
        let sight = Sight::of(machine, now);
        match &sight {
            Sight::Linked(account) => return Step::Linked(account.clone()),
            Sight::Finishing => return Step::Open(sight),
            Sight::Passkey(_) => {
                self.heard = Heard::Passkey;
                return Step::Open(sight);
            }
            Sight::Unusable(words) | Sight::Impossible(words) => {
                return Step::Failed(Failure::Impossible(words));
            }
            Sight::Idle { .. }
            | Sight::Preparing
            | Sight::NotBefore { .. }
            | Sight::QrCode(_)
            | Sight::PairingCode { .. }
            | Sight::PairingCodeTyped(_) => {}
        }
        if let Some(failure) = self.passkey_failure(machine, &sight) {
            return Step::Failed(Failure::Passkey(failure));
        }
        if let Method::PairingCode(phone) = &self.method {
            let phone = phone.clone();
            if let Some(failure) = self.pairing_failure(machine, &phone, &sight, now) {
                return Step::Failed(failure);
            }
        } else if let Sight::Idle { .. } = sight {
            return Step::Failed(Failure::NotWatched);
        }
        Step::Open(sight)
    }

    /// Why nothing came of the passkey that WhatsApp wanted, when it is so. Whatever there is to see
    /// after it belongs to another effort.
    fn passkey_failure(&self, machine: &Machine, sight: &Sight) -> Option<PasskeyFailure> {
        if self.heard == Heard::Passkey {
            return Some(machine.passkey_failure().unwrap_or(PasskeyFailure::Lost));
        }
        if let Sight::Idle { last: Some(Outcome::Passkey(failure)) } = sight {
            Some(*failure)
        } else {
            None
        }
    }

    /// Why nothing will come of the pairing code any more, when it is so.
    fn pairing_failure(
        &mut self,
        machine: &Machine,
        phone: &PhoneNumber,
        sight: &Sight,
        now: Timestamp,
    ) -> Option<Failure> {
        if let Sight::PairingCode { code, .. } | Sight::PairingCodeTyped(code) = sight
            && code.phone == *phone
            && self.code.as_ref().is_none_or(|own| own == code)
        {
            if matches!(sight, Sight::PairingCodeTyped(_)) {
                self.heard = Heard::Typed;
            }
            self.code = Some(code.clone());
            return None;
        }
        if let Some(code) = &self.code {
            return Some(if self.heard == Heard::Typed {
                Failure::WrongCode
            } else if code.expires_at <= now {
                Failure::CodeExpired
            } else {
                Failure::CodeLost
            });
        }
        match machine.pairing() {
            Some(request) if request.phone() != phone => Some(Failure::CodeLost),
            Some(PairingRequest::Refused { refusal, .. }) => {
                Some(Failure::Refused(refusal.words()))
            }
            Some(PairingRequest::Waiting(_) | PairingRequest::Asked(_)) => None,
            None => Some(Failure::GivenUp),
        }
    }
}
