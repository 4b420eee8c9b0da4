//! Why a connection ended, from everything that was seen of it.

use waygate_core::reason::{Credentials, EndReason, Next};

use crate::transport::Reach;

/// An end that we asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To close the connection.
    HangUp,
    /// To remove this device, too.
    LogOut {
        /// Whether WhatsApp has answered that it did.
        confirmed: bool,
    },
}

/// What was seen until the end.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Farewell {
    /// We asked for the end.
    pub(crate) asked: Option<Asked>,
    /// The library explained it. The first explanation counts: what follows is its echo.
    pub(crate) explained: Option<EndReason>,
    /// A stanza was seen that the library kept to itself.
    pub(crate) stanza: Option<EndReason>,
    /// A task panicked or events were lost.
    pub(crate) fault: bool,
    /// Keys could not be written.
    pub(crate) keys_failed: bool,
}

impl Farewell {
    /// The one reason. What WhatsApp said outranks our own hanging up: an account that was removed
    /// while we were closing is removed.
    pub(crate) fn reason(self, reach: Reach) -> EndReason {
        let said = self.explained.or(self.stanza);
        if self.is_logged_out(said) {
            return EndReason::LoggedOutByUs;
        }
        // A full disk does not end a ban: who dials again all the same makes it worse.
        if let Some(last_word) = said.filter(|reason| is_last_word(*reason)) {
            return last_word;
        }
        if self.keys_failed {
            return EndReason::KeysUnavailable;
        }
        if self.fault {
            return EndReason::Fault;
        }
        match (self.asked, said) {
            (Some(Asked::LogOut { .. }), _) | (Some(Asked::HangUp), None) => EndReason::HungUp,
            (_, Some(reason)) => reason,
            (None, None) => match reach {
                Reach::NotReached => EndReason::DialFailed,
                Reach::NotTrusted => EndReason::NotTrusted,
                Reach::Conversed => EndReason::Closed,
            },
        }
    }

    /// Whether we asked for the removal of this device, and it is removed. Our own logout is also
    /// answered with the error that a removed device gets, which may overtake the answer.
    fn is_logged_out(self, said: Option<EndReason>) -> bool {
        let removed = said.is_some_and(|reason| reason.ruling().next == Next::Unlink);
        match self.asked {
            Some(Asked::LogOut { confirmed }) => confirmed || removed,
            Some(Asked::HangUp) | None => false,
        }
    }
}

/// Whether nothing that went wrong on our side may hide it: it forbids another login, or makes it
/// useless.
fn is_last_word(reason: EndReason) -> bool {
    let ruling = reason.ruling();
    ruling.credentials == Credentials::Retire
        || matches!(ruling.next, Next::WaitForBan | Next::Banned | Next::Fail)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPORARY_BAN: EndReason = EndReason::TemporaryBan { expires_in: None };

    #[test]
    fn without_an_explanation_the_reach_tells() {
        let nothing = Farewell::default();
        assert_eq!(nothing.reason(Reach::NotReached), EndReason::DialFailed);
        assert_eq!(nothing.reason(Reach::NotTrusted), EndReason::NotTrusted);
        assert_eq!(nothing.reason(Reach::Conversed), EndReason::Closed);
    }

    #[test]
    fn what_whatsapp_said_outranks_our_hanging_up() {
        let both = Farewell {
            asked: Some(Asked::HangUp),
            explained: Some(EndReason::DeviceRemoved),
            ..Farewell::default()
        };
        assert_eq!(both.reason(Reach::Conversed), EndReason::DeviceRemoved);
    }

    #[test]
    fn our_own_logout_is_not_mistaken_for_a_removal() {
        for confirmed in [false, true] {
            let echo = Farewell {
                asked: Some(Asked::LogOut { confirmed }),
                explained: Some(EndReason::DeviceRemoved),
                ..Farewell::default()
            };
            assert_eq!(echo.reason(Reach::Conversed), EndReason::LoggedOutByUs);
        }
    }

    #[test]
    fn a_logout_that_whatsapp_did_not_confirm_is_a_hang_up() {
        for explained in [None, Some(EndReason::ServerBusy), Some(EndReason::Closed)] {
            let asked = Some(Asked::LogOut { confirmed: false });
            let unheard = Farewell { asked, explained, ..Farewell::default() };
            assert_eq!(unheard.reason(Reach::Conversed), EndReason::HungUp, "{explained:?}");
        }
    }

    #[test]
    fn a_confirmed_logout_is_one_whatever_went_wrong_here() {
        let asked = Some(Asked::LogOut { confirmed: true });
        let done = Farewell { asked, keys_failed: true, fault: true, ..Farewell::default() };
        assert_eq!(done.reason(Reach::Conversed), EndReason::LoggedOutByUs);
    }

    #[test]
    fn lost_keys_and_faults_are_never_hidden() {
        let keys = Farewell { keys_failed: true, fault: true, ..Farewell::default() };
        assert_eq!(keys.reason(Reach::Conversed), EndReason::KeysUnavailable);
        let asked = Some(Asked::HangUp);
        let fault = Farewell { fault: true, asked, ..Farewell::default() };
        assert_eq!(fault.reason(Reach::Conversed), EndReason::Fault);
        let explained = Some(EndReason::ServerBusy);
        let busy = Farewell { keys_failed: true, explained, ..Farewell::default() };
        assert_eq!(busy.reason(Reach::Conversed), EndReason::KeysUnavailable);
    }

    #[test]
    fn bans_and_removals_are_not_hidden_by_a_full_disk() {
        for said in [
            TEMPORARY_BAN,
            EndReason::DeviceRemoved,
            EndReason::Refused { code: 401 },
            EndReason::Refused { code: 406 },
            EndReason::Refused { code: 411 },
        ] {
            let explained =
                Farewell { keys_failed: true, explained: Some(said), ..Farewell::default() };
            assert_eq!(explained.reason(Reach::Conversed), said);
            let seen = Farewell { fault: true, stanza: Some(said), ..Farewell::default() };
            assert_eq!(seen.reason(Reach::Conversed), said);
        }
    }
}
