//! The use case that everything began with: a code that can be scanned.

use std::time::Duration;

use jiff::Timestamp;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::input::Input;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{LinkingStep, QrCode, State};

use crate::gateway::{Gateway, give, stopping};

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
    /// connection as long as somebody looks. Waits up to `within` for the first code.
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
            running.shown.wait_for(decided).await.map_err(|_gone| stopping())?;
            Ok(found)
        };
        // The instance may be busy with the end of a connection, or wait for the store.
        match tokio::time::timeout(within, looked).await {
            Ok(Ok(Some(found))) => Ok(found),
            Ok(Err(error)) => Err(error),
            Ok(Ok(None)) | Err(_) => Err(no_code(&orders.shown.borrow())),
        }
    }
}

/// Why there was no code in time, as far as it is known.
fn no_code(machine: &Machine) -> Error {
    Error::new(Kind::Unreachable, why_no_code(machine))
}

fn why_no_code(machine: &Machine) -> &'static str {
    machine.last_end().map_or("WhatsApp issued no code in time", |end| end.ruling().words)
}

/// What can be shown now; `None` when it is worth waiting until `patience`.
fn look(machine: &Machine, now: Timestamp, patience: Timestamp) -> Option<Look> {
    let state = machine.state();
    match (state, state.linked()) {
        (State::Failed { reason, .. }, Some(_)) => {
            return Some(Look::Unusable(reason.ruling().words));
        }
        (State::Suspended { .. }, Some(_)) => {
            return Some(Look::Impossible("WhatsApp banned the account for a time"));
        }
        (_, Some(account)) => return Some(Look::AlreadyLinked(account.clone())),
        (_, None) => {}
    }
    match state {
        State::Linking(LinkingStep::CodeShown(_)) => state.qr_code(now).cloned().map(Look::Code),
        State::Linking(LinkingStep::PasskeyRequired) => Some(Look::PasskeyRequired),
        State::Unlinked { .. } => {
            let spaced = machine.linking().spaced_until(now);
            spaced.map(|at| Look::NotBefore { at, why: "too many codes were not scanned" })
        }
        State::Connecting { not_before: Some(at), .. } if *at > patience => {
            Some(Look::NotBefore { at: *at, why: why_no_code(machine) })
        }
        State::Banned => Some(Look::Impossible("WhatsApp banned the account")),
        State::Failed { reason, .. } => Some(Look::Impossible(reason.ruling().words)),
        State::Stopped { .. } => Some(Look::Impossible("the instance is stopped")),
        State::Pending
        | State::Connecting { .. }
        | State::Linking(LinkingStep::Finishing { .. })
        | State::Online { .. }
        | State::Offline { .. }
        | State::Suspended { .. } => None,
    }
}
