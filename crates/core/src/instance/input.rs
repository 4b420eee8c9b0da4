//! What can happen to an instance.

use jiff::Timestamp;

use super::change::Cause;
use super::passkey::PasskeyAssertion;
use super::state::Stopper;
use crate::account::LinkedAccount;
use crate::phone::PhoneNumber;
use crate::port::link::LinkEvent;
use crate::secret::{PasskeyCodeText, PasskeyOptions};

/// Something that happened to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Run. An instance that nothing ran yet is linked when there is an account whose keys are
    /// stored; one that rests knows by itself.
    Start(Option<LinkedAccount>),
    /// Rest.
    Stop(Stopper),
    /// A person wants a new connection.
    Restart,
    /// A person is about to log out: an account whose connection does not stand logs in once more,
    /// so that WhatsApp can be told.
    PrepareLogOut,
    /// A person wants the account unlinked.
    LogOut,
    /// Somebody looks at the code.
    Look,
    /// A person asks for a code that was never shown before.
    AskNewCode(Ration),
    /// A person asks for a code to type on this phone.
    AskPairingCode(PhoneNumber),
    /// A person has the answer of a passkey.
    AnswerPasskey {
        /// What was asked.
        options: PasskeyOptions,
        /// The answer.
        assertion: PasskeyAssertion,
    },
    /// A person says that the phone shows this code.
    ConfirmPasskey(PasskeyCodeText),
    /// The person who looked wants no code any more.
    GiveUp,
    /// The alarm (see [`super::machine::Machine::alarm`]) rang.
    Wake,
    /// An account logged in for the first time, and is not the one that is meant to be linked.
    WrongPhone(LinkedAccount),
    /// The running connection tells something.
    Link(LinkEvent),
}

/// How often a person may ask for a new code in so many words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ration {
    /// As the rules of [`super::linking`] say: accounts of those who hammer WhatsApp are banned.
    Hourly,
    /// As often as one likes: whoever runs the gateway has lifted its limits.
    Unlimited,
}

/// The time and the dice of one step.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time now.
    pub now: Timestamp,
    /// A random number in `0.0..1.0`.
    pub luck: f64,
}

impl Input {
    /// What a change of state that this input makes is put down to.
    pub fn cause(&self) -> Cause {
        match self {
            Input::Start(_) => Cause::Started,
            Input::Stop(by) => Cause::Stopped(*by),
            Input::Restart => Cause::Restarted,
            Input::PrepareLogOut | Input::LogOut => Cause::LoggedOut,
            Input::Look => Cause::Looked,
            Input::AskNewCode(_) => Cause::AskedForCode,
            Input::AskPairingCode(_) => Cause::AskedForPairingCode,
            Input::AnswerPasskey { .. } => Cause::PasskeyAnswered,
            Input::ConfirmPasskey(_) => Cause::PasskeyConfirmed,
            Input::GiveUp => Cause::GivenUp,
            Input::Wake => Cause::Due,
            Input::WrongPhone(_) => Cause::WrongPhone,
            Input::Link(LinkEvent::QrIssued { .. }) => Cause::CodeIssued,
            Input::Link(LinkEvent::Paired(_)) => Cause::Scanned,
            Input::Link(LinkEvent::PairingFailed) => Cause::ProofRejected,
            Input::Link(LinkEvent::PairingCodeIssued { .. }) => Cause::PairingCodeIssued,
            Input::Link(LinkEvent::PairingCodeRefused(_)) => Cause::PairingCodeRefused,
            Input::Link(LinkEvent::PairingCodeTyped) => Cause::PairingCodeTyped,
            Input::Link(LinkEvent::PairingCodeSpent) => Cause::WrongPairingCode,
            Input::Link(LinkEvent::PasskeyChallenged { .. }) => Cause::PasskeyRequired,
            Input::Link(LinkEvent::PasskeyCodeIssued { .. }) => Cause::PasskeyCodeIssued,
            Input::Link(LinkEvent::PasskeyFailed(failure)) => Cause::PasskeyFailed(*failure),
            Input::Link(LinkEvent::Connected { .. }) => Cause::LoggedIn,
            Input::Link(LinkEvent::PushNameChanged(_)) => Cause::Renamed,
            Input::Link(LinkEvent::Ended(reason)) => Cause::Ended(*reason),
        }
    }
}
