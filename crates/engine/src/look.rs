//! The use case that everything began with: a code that can be scanned.

use std::time::Duration;

use jiff::Timestamp;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{LinkingStep, QrCode, State};

use crate::gateway::{Gateway, give};
use crate::sight::{Sight, why_no_code};

/// How long a caller waits for a code when it does not say.
pub const CODE_WITHIN: Duration = Duration::from_secs(20);

/// What somebody who looks at an instance's code gets to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A code that can be scanned now.
    Code(QrCode),
    /// There is nothing to scan: the instance is linked.
    AlreadyLinked(LinkedAccount),
    /// WhatsApp wants a passkey before it links this account.
    PasskeyRequired,
    /// There is no code before the next attempt.
    NotBefore {
        /// When that starts, unless somebody asks for a new code explicitly.
        at: Timestamp,
        /// Why not now, in words: too many codes went by unscanned, or WhatsApp cannot be reached.
        why: &'static str,
    },
    /// The instance is linked, but WhatsApp does not take its keys, for this reason in words: a
    /// person has to log out before another account can be linked.
    Unusable(&'static str),
    /// No code can be offered, for this reason in words.
    Impossible(&'static str),
}

impl Gateway {
    /// Shows what there is to scan, and keeps the linking attempt alive: the instance holds a
    /// connection as long as somebody looks. Waits up to `within` for the first code, and for the
    /// first login once a phone has accepted.
    ///
    /// # Errors
    ///
    /// `NotFound` when the instance does not run, `Unreachable` when WhatsApp gave no code in
    /// time.
    pub async fn look_at_code(
        &self,
        instance: InstanceId,
        within: Duration,
    ) -> Result<Look, Error> {
        let mut running = self.find(instance)?;
        let orders = running.clone();
        let clock = &self.parts().ports.clock;
        let patience = clock.now().checked_add(within).unwrap_or(Timestamp::MAX);
        let looked = async {
            give(&orders, Input::Look).await?;
            let mut found = None;
            let decided = |machine: &Machine| {
                found = look(machine, clock.now(), patience);
                found.is_some()
            };
            running.shown.wait_for(decided).await.map_err(|_gone| orders.gone())?;
            Ok(found)
        };
        // The instance may be busy with the end of a connection, or wait for the store.
        match tokio::time::timeout(within, looked).await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Err(error)) => Err(error),
            Ok(Ok(None)) | Err(_) => without_code(&orders.shown.borrow()),
        }
    }
}

/// What is told when the wait is over: the account, when its first login takes long, or else why
/// there was no code in time, as far as it is known.
fn without_code(machine: &Machine) -> Result<Look, Error> {
    if let State::Linking(LinkingStep::Finishing { account }) = machine.state() {
        return Ok(Look::AlreadyLinked(account.clone()));
    }
    Err(Error::new(Kind::Unreachable, why_no_code(machine)))
}

/// What can be shown now; `None` when it is worth waiting until `patience`.
fn look(machine: &Machine, now: Timestamp, patience: Timestamp) -> Option<Look> {
    match Sight::of(machine, now) {
        Sight::QrCode(code) | Sight::PairingCode { qr: Some(code), .. } => Some(Look::Code(code)),
        Sight::PairingCode { code, qr: None } => (code.expires_at > patience).then_some({
            let why = "a pairing code was asked for, which a phone can still type";
            Look::NotBefore { at: code.expires_at, why }
        }),
        Sight::NotBefore { at, why } => {
            // An attempt that is spaced does not start while somebody waits.
            let spaced = matches!(machine.state(), State::Unlinked { .. });
            (spaced || at > patience).then_some(Look::NotBefore { at, why })
        }
        Sight::Passkey(_) => Some(Look::PasskeyRequired),
        Sight::Linked(account) => Some(Look::AlreadyLinked(account)),
        Sight::Unusable(reason) => Some(Look::Unusable(reason)),
        Sight::Impossible(reason) => Some(Look::Impossible(reason)),
        // Whoever hears "linked" wants to use the account, which it can be once the login is through.
        Sight::Finishing | Sight::Idle { .. } | Sight::Preparing | Sight::PairingCodeTyped(_) => {
            None
        }
    }
}
