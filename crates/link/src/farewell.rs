//! Why a connection ended, from everything that was seen of it.

use waygate_core::reason::EndReason;

use crate::transport::Reach;

/// What was seen until the end.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Farewell {
    /// We asked for the end, for this reason.
    pub(crate) ours: Option<EndReason>,
    /// The library explained it. The first explanation counts: what follows is its echo.
    pub(crate) explained: Option<EndReason>,
    /// A `stream:error` stanza was seen that the library kept to itself.
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
        if self.keys_failed {
            return EndReason::KeysUnavailable;
        }
        if self.fault {
            return EndReason::Fault;
        }
        // Our own logout is answered with the error that a removed device gets.
        if self.ours == Some(EndReason::LoggedOutByUs) {
            return EndReason::LoggedOutByUs;
        }
        self.explained.or(self.stanza).or(self.ours).unwrap_or(match reach {
            Reach::NotReached => EndReason::DialFailed,
            Reach::NotTrusted => EndReason::NotTrusted,
            Reach::Conversed => EndReason::Closed,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ours: Some(EndReason::HungUp),
            explained: Some(EndReason::DeviceRemoved),
            ..Farewell::default()
        };
        assert_eq!(both.reason(Reach::Conversed), EndReason::DeviceRemoved);
    }

    #[test]
    fn our_own_logout_is_not_mistaken_for_a_removal() {
        let echo = Farewell {
            ours: Some(EndReason::LoggedOutByUs),
            explained: Some(EndReason::DeviceRemoved),
            ..Farewell::default()
        };
        assert_eq!(echo.reason(Reach::Conversed), EndReason::LoggedOutByUs);
    }

    #[test]
    fn lost_keys_and_faults_are_never_hidden() {
        let keys = Farewell { keys_failed: true, fault: true, ..Farewell::default() };
        assert_eq!(keys.reason(Reach::Conversed), EndReason::KeysUnavailable);
        let fault = Farewell { fault: true, ours: Some(EndReason::HungUp), ..Farewell::default() };
        assert_eq!(fault.reason(Reach::Conversed), EndReason::Fault);
    }
}
