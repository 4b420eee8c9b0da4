//! Calls, from what WhatsApp tells of their signalling. They are told of, never answered.

use std::collections::VecDeque;

use waygate_core::message::address::Address;
use waygate_core::message::call::{CallStep, CallStepped};
use whatsapp_rust::wacore::stanza::call::{
    TERMINATE_REASON_ACCEPTED_ELSEWHERE, TERMINATE_REASON_REJECTED_ELSEWHERE,
};
use whatsapp_rust::wacore::types::call::{CallAction, IncomingCall, MissedCall};

use crate::message::address::{alone, person};

/// Calls that are followed at a time.
const CALLS_MAX: usize = 64;

/// The calls of one connection that are not over.
#[derive(Default)]
pub(crate) struct Calls(VecDeque<CallStepped>);

impl Calls {
    /// The step that this is; `None` when it is none, or of a call that this account makes, or of one
    /// of whose beginning nothing was heard.
    pub(crate) fn hear(
        &mut self,
        call: &IncomingCall,
        own: Option<&Address>,
    ) -> Option<CallStepped> {
        let offered = offered(call).filter(|it| Some(&it.from) != own);
        if let Some(offered) = offered {
            self.0.retain(|known| known.id != offered.id);
            if self.0.len() == CALLS_MAX {
                self.0.pop_front();
            }
            self.0.push_back(offered.clone());
            return Some(offered);
        }
        let place = self.0.iter().position(|known| *known.id == *call.action.call_id())?;
        let known = self.0.get_mut(place)?;
        let step = step(&call.action, known.step)?;
        known.step = step;
        let stepped = known.clone();
        if step != CallStep::Accepted {
            self.0.remove(place);
        }
        Some(stepped)
    }
}

/// A call that rang while nobody was connected.
pub(crate) fn missed(call: &MissedCall) -> Option<CallStepped> {
    let from = alone(&call.from)?;
    let group = (!from.is_person()).then(|| from.clone());
    let (id, step) = (call.call_id.as_str().into(), CallStep::Missed);
    Some(CallStepped { id, from, group, video: false, step })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn offered(call: &IncomingCall) -> Option<CallStepped> {
    let (creator, number, video, group) = match &call.action {
        CallAction::Offer { call_creator, caller_pn, is_video, group_jid, .. } => {
            (call_creator, caller_pn.as_ref(), *is_video, group_jid.as_ref().and_then(alone))
        }
        CallAction::OfferNotice { call_creator, is_video, is_group, .. } => {
            (call_creator, None, *is_video, is_group.then(|| alone(&call.from)).flatten())
        }
        _ => return None,
    };
    let from = person(creator, number)?.address;
    let (id, step) = (call.action.call_id().into(), CallStep::Offered);
    Some(CallStepped { id, from, group, video, step })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
fn step(action: &CallAction, before: CallStep) -> Option<CallStep> {
    match action {
        CallAction::Accept { .. } => Some(CallStep::Accepted),
        // With a reason one device is busy, and the others ring on.
        CallAction::Reject { reason: None, .. } => Some(CallStep::Declined),
        CallAction::Terminate { reason, .. } => Some(match reason.as_deref() {
            Some(TERMINATE_REASON_ACCEPTED_ELSEWHERE) => CallStep::Accepted,
            Some(TERMINATE_REASON_REJECTED_ELSEWHERE) => CallStep::Declined,
            _ if before == CallStep::Accepted => CallStep::Ended,
            _ => CallStep::Missed,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use whatsapp_rust::Jid;

    use super::*;

    const OWN: &str = "15550001111@s.whatsapp.net";
    const OTHER: &str = "15550002222@s.whatsapp.net";
    const HIDDEN: &str = "98765432101234@lid";
    const GROUP: &str = "120363000000000000@g.us";

    fn jid(text: &str) -> Jid {
        text.parse().unwrap()
    }

    fn call(from: &str, action: CallAction) -> IncomingCall {
        IncomingCall::builder()
            .from(jid(from))
            .stanza_id("S".into())
            .timestamp(whatsapp_rust::chrono::DateTime::UNIX_EPOCH)
            .offline(false)
            .action(action)
            .build()
    }

    fn offer(creator: &str, number: Option<&str>, group: Option<&str>) -> CallAction {
        CallAction::Offer {
            call_id: "C".into(),
            call_creator: jid(creator),
            caller_pn: number.map(jid),
            caller_country_code: None,
            device_class: None,
            joinable: false,
            is_video: true,
            audio: vec![],
            group_jid: group.map(jid),
        }
    }

    fn end(reason: Option<&str>) -> CallAction {
        CallAction::Terminate {
            call_id: "C".into(),
            call_creator: jid(OTHER),
            reason: reason.map(Into::into),
            duration: None,
            audio_duration: None,
        }
    }

    fn reject(reason: Option<&str>) -> CallAction {
        CallAction::Reject {
            call_id: "C".into(),
            call_creator: jid(OTHER),
            reason: reason.map(Into::into),
        }
    }

    fn accept() -> CallAction {
        CallAction::Accept { call_id: "C".into(), call_creator: jid(OTHER), audio: vec![] }
    }

    #[test]
    fn a_call_goes_from_its_ringing_to_its_end() {
        use CallStep as Step;
        for (actions, expected) in [
            (vec![end(None)], vec![Step::Missed]),
            (vec![end(Some("timeout"))], vec![Step::Missed]),
            (vec![reject(None), end(None)], vec![Step::Declined]),
            (vec![reject(Some("busy")), end(None)], vec![Step::Missed]),
            (vec![end(Some("rejected_elsewhere"))], vec![Step::Declined]),
            (vec![end(Some("accepted_elsewhere"))], vec![Step::Accepted]),
            (vec![accept(), end(None), end(None)], vec![Step::Accepted, Step::Ended]),
        ] {
            let (mut calls, own) = (Calls::default(), OWN.parse().unwrap());
            let rings = calls.hear(&call(OTHER, offer(OTHER, None, None)), Some(&own)).unwrap();
            assert_eq!((rings.step, rings.video), (Step::Offered, true));
            let steps = actions.into_iter().filter_map(|action| {
                calls.hear(&call(OTHER, action), Some(&own)).map(|it| it.step)
            });
            assert_eq!(steps.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn who_calls_is_told_by_number_and_own_calls_are_not() {
        let own: Address = OWN.parse().unwrap();
        let hear = |from, action| Calls::default().hear(&call(from, action), Some(&own));
        let told = hear(HIDDEN, offer(HIDDEN, Some(OTHER), None)).unwrap();
        assert_eq!((told.from.to_wire(), told.group), (OTHER.to_owned(), None));
        let told = hear(GROUP, offer(OTHER, None, Some(GROUP))).unwrap();
        assert_eq!(told.group.unwrap().to_wire(), GROUP);
        assert_eq!(hear(OWN, offer(OWN, None, None)), None);
        assert_eq!(hear(OTHER, end(None)), None, "nobody heard it ring");
    }
}
