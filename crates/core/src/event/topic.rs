//! What of an event whoever fetches notifications is told.
//!
//! A change of state is news to a program outside only where it means something else to it than the
//! one before: that a code is on its way, or another one shown, does not.

use super::{EventKind, StateChanged};
use crate::instance::settings::Switch;
use crate::instance::state::StateName;
use crate::message::content::Content;
use crate::message::{Message, Origin};

/// What a state means to a program that wants to use the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Availability {
    /// There is no account, or none that can be used before a person acts.
    NotLinked,
    /// An account, or the instance itself, is about to be there.
    Starting,
    /// There is an account.
    Linked,
    /// There is one, which WhatsApp has banned for a time.
    Suspended,
    /// WhatsApp has banned the account.
    Banned,
}

impl Availability {
    /// What a state of this name means, with an account or without one.
    pub fn of(state: StateName, linked: bool) -> Self {
        match (state, linked) {
            (StateName::Pending, _) | (StateName::Connecting | StateName::Linking, true) => {
                Self::Starting
            }
            (StateName::Online | StateName::Offline, _) | (StateName::Stopped, true) => {
                Self::Linked
            }
            (StateName::Unlinked | StateName::Failed, _)
            | (StateName::Stopped | StateName::Connecting | StateName::Linking, false) => {
                Self::NotLinked
            }
            (StateName::Suspended, _) => Self::Suspended,
            (StateName::Banned, _) => Self::Banned,
        }
    }
}

impl StateChanged {
    /// What the instance means to a program since then.
    pub fn availability(&self) -> Availability {
        Availability::of(self.to, self.linked)
    }

    fn is_online(&self) -> bool {
        self.to == StateName::Online
    }
}

/// The switches by which events of messages and calls are told.
pub const OF_MESSAGES: [Switch; 8] = [
    Switch::IncomingMessages,
    Switch::PhoneMessages,
    Switch::ApiMessages,
    Switch::OutgoingStatus,
    Switch::Polls,
    Switch::IncomingCalls,
    Switch::Edits,
    Switch::Deletions,
];

/// What a message, its status or a call is news of, to an owner who wants these things; `None` when he
/// does not want it, and for every other event. Of polls, edits and deletions hears who wants both
/// them and the messages of that direction; of calls, who wants them and incoming messages. That a
/// message failed everybody is told: nobody else would say it to whoever sent it.
pub fn of_message(kind: &EventKind, wanted: impl Fn(Switch) -> bool) -> Option<Switch> {
    let (topic, too) = match kind {
        EventKind::MessageReceived(message) => (Switch::IncomingMessages, of_content(message)),
        EventKind::MessageSent(sent) => match sent.origin {
            Origin::Phone => (Switch::PhoneMessages, of_content(&sent.message)),
            Origin::Api => (Switch::ApiMessages, of_content(&sent.message)),
        },
        EventKind::MessageStatus(changed) if changed.is_failure() => {
            return Some(Switch::OutgoingStatus);
        }
        EventKind::MessageStatus(_) => (Switch::OutgoingStatus, None),
        EventKind::Call(_) => (Switch::IncomingCalls, Some(Switch::IncomingMessages)),
        EventKind::StateChanged(_)
        | EventKind::LinkTicket(_)
        | EventKind::Linking(_)
        | EventKind::QrRotated(_)
        | EventKind::NotificationsDropped { .. }
        | EventKind::DeliveriesGivenUp { .. }
        | EventKind::WebhookDisabled(_) => return None,
    };
    (wanted(topic) && too.is_none_or(&wanted)).then_some(topic)
}

/// What has a switch of its own beside the one of its direction.
fn of_content(message: &Message) -> Option<Switch> {
    match &message.content {
        Content::Poll(_) | Content::PollVote(_) => Some(Switch::Polls),
        Content::Edited(_) => Some(Switch::Edits),
        Content::Deleted(_) => Some(Switch::Deletions),
        Content::Text(_)
        | Content::Media(_)
        | Content::Location(_)
        | Content::Contact(_)
        | Content::Contacts(_)
        | Content::GroupInvite(_)
        | Content::Reaction(_)
        | Content::Buttons(_)
        | Content::List(_)
        | Content::Template(_)
        | Content::ButtonReply(_)
        | Content::TemplateReply(_)
        | Content::ListReply(_)
        | Content::InteractiveButtons(_)
        | Content::InteractiveReply(_)
        | Content::Other { .. } => None,
    }
}

/// What a change is news of, in the order in which it is told, to somebody who knows of the change
/// before it. Of an instance that has just been created nobody knows anything but that.
pub fn of_change(before: Option<&StateChanged>, change: &StateChanged) -> Vec<Switch> {
    let known = before.map_or(Availability::NotLinked, StateChanged::availability);
    let was_online = before.is_some_and(StateChanged::is_online);
    let mut topics = Vec::new();
    if known != change.availability() {
        topics.push(Switch::StateChanges);
    }
    if was_online != change.is_online() {
        topics.push(Switch::ConnectionChanges);
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::change::Cause;
    use crate::message::address::Address;
    use crate::message::call::{CallStep, CallStepped};
    use crate::message::content::{Deleted, Edited, Poll, Text};
    use crate::message::status::{Progress, SendFailure, Status, StatusChanged};
    use crate::message::{MessageId, SentMessage};

    fn somebody() -> Address {
        Address::person("15550002222").unwrap()
    }

    fn message(content: Content) -> Box<Message> {
        Box::new(Message {
            id: MessageId("3AA0".into()),
            chat: somebody(),
            sender: somebody(),
            sender_hidden: None,
            sender_name: None,
            chat_name: None,
            sent_at_ms: 0,
            content,
            quoted: None,
            forwarding_score: 0,
        })
    }

    fn sent(origin: Origin, content: Content) -> EventKind {
        EventKind::MessageSent(Box::new(SentMessage { origin, message: *message(content) }))
    }

    #[test]
    fn a_message_is_told_to_whoever_wants_its_direction_and_its_kind() {
        use Switch as S;
        let text = || Content::Text(Text::plain("hello"));
        let id = || MessageId("3AA1".into());
        let poll = || Content::Poll(Poll { question: "?".into(), options: vec![], several: true });
        let edited = || Content::Edited(Edited { message: id(), content: Box::new(text()) });
        let deleted = || Content::Deleted(Deleted { message: id(), sender: None });
        let status = EventKind::MessageStatus(StatusChanged {
            id: id(),
            chat: somebody(),
            status: Status::Reached(Progress::Read),
            by_api: true,
            by: None,
        });
        let call = EventKind::Call(CallStepped {
            id: "C".into(),
            from: somebody(),
            group: None,
            video: false,
            step: CallStep::Offered,
        });
        let received = |content| EventKind::MessageReceived(message(content));
        for (kind, needed, topic) in [
            (received(text()), &[S::IncomingMessages][..], S::IncomingMessages),
            (received(poll()), &[S::IncomingMessages, S::Polls], S::IncomingMessages),
            (received(edited()), &[S::IncomingMessages, S::Edits], S::IncomingMessages),
            (received(deleted()), &[S::IncomingMessages, S::Deletions], S::IncomingMessages),
            (sent(Origin::Phone, text()), &[S::PhoneMessages], S::PhoneMessages),
            (sent(Origin::Phone, edited()), &[S::PhoneMessages, S::Edits], S::PhoneMessages),
            (sent(Origin::Api, text()), &[S::ApiMessages], S::ApiMessages),
            (status, &[S::OutgoingStatus], S::OutgoingStatus),
            (call, &[S::IncomingCalls, S::IncomingMessages], S::IncomingCalls),
        ] {
            assert_eq!(of_message(&kind, |switch| needed.contains(&switch)), Some(topic));
            for missing in needed {
                let all_but_one = |switch| switch != *missing;
                assert_eq!(of_message(&kind, all_but_one), None, "{kind:?} without {missing:?}");
            }
            assert!(needed.iter().all(|switch| OF_MESSAGES.contains(switch)), "{kind:?}");
        }
        assert_eq!(of_message(&EventKind::NotificationsDropped { count: 1 }, |_| true), None);
    }

    #[test]
    fn that_a_message_failed_is_told_to_everybody() {
        let failed = EventKind::MessageStatus(StatusChanged {
            id: MessageId("3AA1".into()),
            chat: somebody(),
            status: Status::Failed(SendFailure::NoAccount),
            by_api: true,
            by: None,
        });
        assert_eq!(of_message(&failed, |_switch| false), Some(Switch::OutgoingStatus));
    }

    fn to(state: StateName, linked: bool) -> StateChanged {
        let (from, cause) = (StateName::Pending, Cause::Due);
        StateChanged { from, to: state, cause, linked, account: None }
    }

    #[test]
    fn only_what_means_something_else_is_news() {
        use StateName as S;
        let (state, connection) = (Switch::StateChanges, Switch::ConnectionChanges);
        for (before, change, topics) in [
            (None, to(S::Unlinked, false), vec![]),
            (None, to(S::Connecting, true), vec![state]),
            (Some(to(S::Unlinked, false)), to(S::Connecting, false), vec![]),
            (Some(to(S::Connecting, false)), to(S::Linking, false), vec![]),
            (Some(to(S::Linking, false)), to(S::Online, true), vec![state, connection]),
            (Some(to(S::Online, true)), to(S::Stopped, true), vec![connection]),
            // The next process.
            (Some(to(S::Stopped, true)), to(S::Connecting, true), vec![state]),
            (Some(to(S::Connecting, true)), to(S::Online, true), vec![state, connection]),
            (Some(to(S::Online, true)), to(S::Offline, true), vec![connection]),
            (Some(to(S::Online, true)), to(S::Unlinked, false), vec![state, connection]),
            (Some(to(S::Offline, true)), to(S::Suspended, true), vec![state]),
            (Some(to(S::Online, true)), to(S::Banned, false), vec![state, connection]),
        ] {
            assert_eq!(of_change(before.as_ref(), &change), topics, "{before:?} to {change:?}");
        }
    }
}
