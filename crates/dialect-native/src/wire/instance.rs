//! An instance, as it is told.

use serde::Serialize;
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::state::{Outcome, State, StateName};
use waygate_core::phone::PhoneNumber;
use waygate_core::reason::EndReason;
use waygate_core::scope::Scopes;
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_engine::Gateway;
use waygate_engine::attempts::WRONG_PHONE;
use waygate_engine::instances::NewbornInstance;

use super::time::rfc3339;
use crate::problem::Problem;

/// An instance.
#[derive(Serialize)]
pub(crate) struct InstanceBody<'a> {
    id: String,
    number: u64,
    name: &'a str,
    /// The number that is meant to be linked.
    phone: Option<&'a str>,
    account_id: String,
    created_at: String,
    state: StateBody,
    whatsapp: Option<WhatsAppBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    green_api: Option<GreenApiBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hypersender: Option<HypersenderBody<'a>>,
}

/// An instance's own tokens for the vendors' clients; `None` where a caller is not shown one.
pub(crate) struct VendorTokens {
    green_api: Option<TokenText>,
    hypersender: Option<TokenText>,
}

/// Where an instance stands.
#[derive(Serialize)]
pub(crate) struct StateBody {
    name: &'static str,
    since: Option<String>,
    linked: Option<bool>,
    reason: Option<&'static str>,
    next_try_at: Option<String>,
    /// The end of a ban, where WhatsApp named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_until: Option<String>,
}

#[derive(Serialize)]
struct WhatsAppBody {
    phone: String,
    device: u16,
    push_name: Option<String>,
}

/// How GREEN-API's clients call the instance.
#[derive(Serialize)]
struct GreenApiBody<'a> {
    id_instance: u64,
    api_token_instance: Option<&'a str>,
}

/// How Hypersender's clients call the instance.
#[derive(Serialize)]
struct HypersenderBody<'a> {
    instance_uuid: String,
    access_token: Option<&'a str>,
}

impl<'a> InstanceBody<'a> {
    pub(crate) fn of(record: &'a InstanceRecord, gateway: &Gateway) -> Self {
        let machine = running(gateway, record.id);
        Self {
            id: record.id.to_string(),
            number: record.number.get(),
            name: &record.name,
            phone: record.phone.as_ref().map(PhoneNumber::digits),
            account_id: record.account.to_string(),
            created_at: rfc3339(record.created_at),
            whatsapp: machine.as_ref().and_then(|machine| WhatsAppBody::of(machine.state())),
            state: StateBody::of_machine(machine.as_ref()),
            green_api: None,
            hypersender: None,
        }
    }

    /// Whether this number is linked, or is meant to be.
    pub(crate) fn has_phone(&self, phone: &PhoneNumber) -> bool {
        let linked = self.whatsapp.as_ref().map(|whatsapp| whatsapp.phone.as_str());
        [self.phone, linked].contains(&Some(phone.digits()))
    }

    pub(crate) fn state_name(&self) -> &'static str {
        self.state.name
    }

    /// Whether it is linked; `None` while that is not known.
    pub(crate) fn linked(&self) -> Option<bool> {
        self.state.linked
    }

    /// Together with what lets the vendors' clients in.
    pub(crate) fn with_tokens(self, tokens: &'a VendorTokens) -> Self {
        let api_token_instance = tokens.green_api.as_ref().map(TokenText::expose);
        let green_api = GreenApiBody { id_instance: self.number, api_token_instance };
        let access_token = tokens.hypersender.as_ref().map(TokenText::expose);
        let hypersender = HypersenderBody { instance_uuid: self.id.clone(), access_token };
        Self { green_api: Some(green_api), hypersender: Some(hypersender), ..self }
    }
}

impl VendorTokens {
    /// The same of an instance that was just made.
    pub(crate) fn of_newborn(newborn: &NewbornInstance, rights: Scopes) -> Self {
        if !rights.covers(Scopes::of_instance()) {
            return Self { green_api: None, hypersender: None };
        }
        let (green_api, hypersender) = (newborn.token.clone(), newborn.hypersender_token.clone());
        Self { green_api: Some(green_api), hypersender: Some(hypersender) }
    }

    /// An instance's tokens, where the caller may do all that they open: they know no lesser rights.
    pub(crate) async fn shown(
        gateway: &Gateway,
        record: &InstanceRecord,
        rights: Scopes,
    ) -> Result<Self, Problem> {
        if !rights.covers(Scopes::of_instance()) {
            return Ok(Self { green_api: None, hypersender: None });
        }
        let green_api = gateway.instance_token_text(record, TokenKind::Instance).await?;
        let hypersender = gateway.instance_token_or_new(record, TokenKind::Hypersender).await?;
        Ok(Self { green_api, hypersender: Some(hypersender) })
    }
}

impl StateBody {
    pub(crate) fn of(gateway: &Gateway, instance: InstanceId) -> Self {
        Self::of_machine(running(gateway, instance).as_ref())
    }

    fn of_machine(machine: Option<&Machine>) -> Self {
        let Some(machine) = machine else {
            let name = StateName::Pending.as_str();
            let (since, linked, reason) = (None, None, None);
            let (next_try_at, suspended_until) = (None, None);
            return Self { name, since, linked, reason, next_try_at, suspended_until };
        };
        let until =
            if let State::Suspended { until, .. } = machine.state() { *until } else { None };
        let (linked, reason, next_try) = told(machine);
        Self {
            name: machine.state().name().as_str(),
            since: Some(rfc3339(machine.since())),
            linked,
            reason,
            next_try_at: next_try.map(rfc3339),
            suspended_until: until.map(rfc3339),
        }
    }
}

/// Whether an instance is linked, what stands in its way, and when it tries again.
fn told(machine: &Machine) -> (Option<bool>, Option<&'static str>, Option<jiff::Timestamp>) {
    let words = |reason: EndReason| Some(reason.ruling().words);
    let linked = Some(machine.state().linked().is_some());
    match machine.state() {
        // The keys, which say whether it is linked, are still to be looked at.
        State::Pending => (None, None, None),
        State::Stopped { .. } | State::Linking(_) | State::Online { .. } => (linked, None, None),
        State::Unlinked { last } => (linked, last.and_then(why_unlinked), None),
        State::Connecting { not_before, .. } => {
            // A restart that WhatsApp asks for is no trouble.
            let end = machine.last_end().filter(|end| *end != EndReason::RestartRequired);
            (linked, end.and_then(words), *not_before)
        }
        State::Offline { reason, next_try, .. } => (linked, words(*reason), Some(*next_try)),
        State::Suspended { next_try, .. } => {
            (linked, words(EndReason::TemporaryBan { expires_in: None }), Some(*next_try))
        }
        State::Banned => (linked, Some("WhatsApp banned the account"), None),
        State::Failed { reason, .. } => (linked, words(*reason), None),
    }
}

/// Why an instance is not linked any more; that nobody scanned a code stands in nobody's way.
fn why_unlinked(last: Outcome) -> Option<&'static str> {
    match last {
        Outcome::Ended(reason) => Some(reason.ruling().words),
        Outcome::Passkey(failure) => Some(failure.words()),
        Outcome::WrongPhone => Some(WRONG_PHONE),
        Outcome::NotScanned
        | Outcome::NotTyped
        | Outcome::WrongCode
        | Outcome::NotWatched
        | Outcome::ProofRejected
        | Outcome::LoggedOut => None,
    }
}

impl WhatsAppBody {
    fn of(state: &State) -> Option<Self> {
        let account = state.linked()?;
        let push_name = match state {
            State::Online { push_name, .. } => push_name.clone(),
            State::Pending
            | State::Stopped { .. }
            | State::Unlinked { .. }
            | State::Connecting { .. }
            | State::Linking(_)
            | State::Offline { .. }
            | State::Suspended { .. }
            | State::Banned
            | State::Failed { .. } => None,
        };
        Some(Self { phone: account.phone.clone(), device: account.device, push_name })
    }
}

/// The instance as it is now; `None` when it does not run in this process.
fn running(gateway: &Gateway, instance: InstanceId) -> Option<Machine> {
    let shown = gateway.watch_instance(instance).ok()?;
    let machine = shown.borrow().clone();
    Some(machine)
}
