//! What QR codes say, for whoever asks for it and may link. No journal has it: it is looked up when an
//! event is told, and there is none for a code that cannot be scanned any more.

use waygate_core::event::{CodeIssued, Event, EventKind, LinkingProgress};
use waygate_core::id::InstanceId;
use waygate_core::scope::Scope;
use waygate_engine::Gateway;

use crate::call::InstanceCall;
use crate::problem::Problem;
use crate::wire::event::EventBody;

/// Words events for one client.
pub(super) struct Teller {
    gateway: Gateway,
    instance: InstanceId,
    tells_codes: bool,
}

impl Teller {
    /// The one for this call. `qr=true` is for whoever could fetch the code as well.
    pub(super) fn of(call: &InstanceCall) -> Result<Self, Problem> {
        let tells_codes = call.said.query.flag("qr")?.unwrap_or(false);
        if tells_codes && !call.rights.holds(Scope::Link) {
            return Err(Problem::forbidden(Scope::Link));
        }
        Ok(Self { gateway: call.gateway.clone(), instance: call.instance.id(), tells_codes })
    }

    pub(super) fn told(&self, event: &Event) -> EventBody {
        let body = EventBody::of(event);
        if self.tells_codes
            && let EventKind::QrRotated(issued)
            | EventKind::Linking(LinkingProgress::CodeShown(issued)) = &event.kind
        {
            return body.with_code(self.text_of(*issued));
        }
        body
    }

    /// `None` when another one took its place, or its time is over.
    fn text_of(&self, issued: CodeIssued) -> Option<String> {
        let shown = self.gateway.watch_instance(self.instance).ok()?;
        let machine = shown.borrow();
        let code = machine.state().qr_code(self.gateway.now())?;
        // The number alone is not enough: each attempt begins with one.
        let is_same =
            code.round == issued.round && code.expires_at.as_millisecond() == issued.expires_at_ms;
        is_same.then(|| code.text.expose().to_owned())
    }
}
