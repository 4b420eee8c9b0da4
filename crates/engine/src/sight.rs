//! What somebody who wants to link an instance gets to see of it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use waygate_core::account::LinkedAccount;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::pairing::PairingCode;
use waygate_core::instance::passkey::PasskeyStep;
use waygate_core::instance::state::{LinkingStep, Outcome, QrCode, State, Stopper};
use waygate_core::reason::{EndReason, Next};

use crate::gateway::{Gateway, give};

/// How often a look is repeated while somebody goes on looking: well within the time for which
/// one lasts ([`waygate_core::instance::linking::DEMAND`]).
pub const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why no code is of use to an account whose owner has a passkey.
pub(crate) const PASSKEY_WANTED: &str = "WhatsApp wants a passkey before it links this account";

/// An instance as somebody sees it who wants to link it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    /// Nobody looks, so nothing is done.
    Idle {
        /// How the last attempt or the last link ended, when there was one.
        last: Option<Outcome>,
    },
    /// A code is on its way.
    Preparing,
    /// There is no code before the next attempt.
    NotBefore {
        /// When that starts, unless somebody asks for a new code explicitly.
        at: Timestamp,
        /// Why not now, in words: too many codes went by unscanned, or WhatsApp cannot be reached.
        why: &'static str,
    },
    /// A code that can be scanned now.
    QrCode(QrCode),
    /// A code that can be typed on the phone now.
    PairingCode {
        /// The code.
        code: PairingCode,
        /// What can be scanned instead, as long as it lives.
        qr: Option<QrCode>,
    },
    /// A phone has typed this code; whether rightly shows what follows.
    PairingCodeTyped(PairingCode),
    /// WhatsApp wants a passkey before it links this account.
    Passkey(PasskeyStep),
    /// A phone accepted; the first login is under way.
    Finishing,
    /// There is nothing to scan: the instance is linked.
    Linked(LinkedAccount),
    /// The instance is linked, but WhatsApp does not take its keys, for this reason in words: a
    /// person has to log out before another account can be linked.
    Unusable(&'static str),
    /// No code can be offered, for this reason in words.
    Impossible(&'static str),
}

impl Sight {
    /// What there is to see of an instance at `now`.
    pub fn of(machine: &Machine, now: Timestamp) -> Self {
        let state = machine.state();
        let linked = state.linked();
        match state {
            State::Pending => Self::Preparing,
            State::Unlinked { last } => {
                if let Some(at) = machine.linking().spaced_until(now) {
                    Self::NotBefore { at, why: why_not_yet(machine) }
                } else if machine.linking().is_wanted(now) {
                    Self::Preparing
                } else {
                    Self::Idle { last: *last }
                }
            }
            State::Connecting { linked: None, not_before: Some(at) } => {
                Self::NotBefore { at: *at, why: why_no_code(machine) }
            }
            State::Linking(step) => Self::of_step(step, now),
            State::Suspended { .. } => Self::Impossible("WhatsApp banned the account for a time"),
            State::Banned => Self::Impossible("WhatsApp banned the account"),
            State::Failed { reason, .. } if linked.is_some() => {
                Self::Unusable(reason.ruling().words)
            }
            State::Failed { reason, .. } => Self::Impossible(reason.ruling().words),
            State::Stopped { .. }
            | State::Connecting { .. }
            | State::Online { .. }
            | State::Offline { .. } => match (linked, state) {
                (Some(account), _) => Self::Linked(account.clone()),
                // It is about to be gone, which is told in other words.
                (None, State::Stopped { by: Stopper::Shutdown, .. }) => Self::Preparing,
                (None, State::Stopped { .. }) => Self::Impossible("the instance is stopped"),
                (None, _) => Self::Preparing,
            },
        }
    }

    fn of_step(step: &LinkingStep, now: Timestamp) -> Self {
        let lives = |code: &QrCode| code.expires_at > now;
        match step {
            LinkingStep::CodeShown(code) if lives(code) => Self::QrCode(code.clone()),
            LinkingStep::PairingCodeShown { code, qr } if code.expires_at > now => {
                let qr = Some(qr).filter(|qr| lives(qr)).cloned();
                Self::PairingCode { code: code.clone(), qr }
            }
            LinkingStep::CodeShown(_) | LinkingStep::PairingCodeShown { .. } => Self::Preparing,
            LinkingStep::PairingCodeTyped { code } => Self::PairingCodeTyped(code.clone()),
            LinkingStep::Passkey(step) => Self::Passkey(step.clone()),
            LinkingStep::Finishing { .. } => Self::Finishing,
        }
    }

    /// When it changes by the mere passing of time, if it does.
    pub(crate) fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::QrCode(code) => Some(code.expires_at),
            Self::PairingCode { code, qr } => {
                Some(qr.as_ref().map_or(code.expires_at, |qr| qr.expires_at.min(code.expires_at)))
            }
            Self::NotBefore { at, .. } => Some(*at),
            // A passkey's step is not over before the machine says so.
            Self::Idle { .. }
            | Self::Preparing
            | Self::PairingCodeTyped(_)
            | Self::Passkey(_)
            | Self::Finishing
            | Self::Linked(_)
            | Self::Unusable(_)
            | Self::Impossible(_) => None,
        }
    }
}

/// Why no attempt begins by a look alone: nobody scanned, unless WhatsApp said something else.
fn why_not_yet(machine: &Machine) -> &'static str {
    let ended = machine.last_end().map(EndReason::ruling);
    let banned = ended.filter(|it| matches!(it.next, Next::WaitForBan | Next::Banned));
    banned.map_or("too many codes were not scanned", |it| it.words)
}

/// Why there is no code, as far as it is known.
pub(crate) fn why_no_code(machine: &Machine) -> &'static str {
    if let State::Linking(LinkingStep::PairingCodeTyped { .. }) = machine.state() {
        return "a phone has typed a pairing code, and is not through yet";
    }
    machine.last_end().map_or("WhatsApp issued no code in time", |end| end.ruling().words)
}

impl Gateway {
    /// What there is to see of an instance now. Nobody looks by that: see
    /// [`Gateway::keep_looking`].
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub fn sight(&self, instance: InstanceId) -> Result<Sight, Error> {
        let running = self.find(instance)?;
        let now = self.parts().ports.clock.now();
        let sight = Sight::of(&running.shown.borrow(), now);
        Ok(sight)
    }

    /// Looks on until there is something else to see than `seen`, and keeps the linking attempt
    /// alive as long as that takes; `None` when nothing changed within that time.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run.
    pub async fn next_sight(
        &self,
        instance: InstanceId,
        seen: &Sight,
        within: Duration,
    ) -> Result<Option<Sight>, Error> {
        let mut running = self.find(instance)?;
        let orders = running.clone();
        let clock = &self.parts().ports.clock;
        let deadline = Instant::now() + within;
        loop {
            // Under the deadline too: the instance may be busy, or wait for the store.
            let looked = tokio::time::timeout_at(deadline, give(&orders, Input::Look)).await;
            if let Ok(looked) = looked {
                looked?;
            }
            let look_again = Instant::now() + LOOK_EVERY;
            loop {
                let now = clock.now();
                let sight = Sight::of(&running.shown.borrow_and_update(), now);
                if sight != *seen {
                    return Ok(Some(sight));
                }
                if Instant::now() >= deadline {
                    return Ok(None);
                }
                if Instant::now() >= look_again {
                    break;
                }
                let ends_in = sight.ends_at().map_or(LOOK_EVERY, |at| until(now, at));
                let nap = deadline.min(look_again).min(Instant::now() + ends_in);
                // A wait that is given up loses nothing: the machine is read again.
                if let Ok(changed) = tokio::time::timeout_at(nap, running.shown.changed()).await {
                    changed.map_err(|_gone| orders.gone())?;
                }
            }
        }
    }
}

/// The time from `now` to `at`; a millisecond at least, so that who waits for it does move on.
pub(crate) fn until(now: Timestamp, at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or_default().max(Duration::from_millis(1))
}
