//! The two stages of linking by code that a companion asks for: a code, and the end of the exchange
//! that began with typing it (docs/internals/sim.md, "Linking by code").

use std::{collections::VecDeque, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use tokio::{sync::oneshot, time::Instant};
use wacore_binary::{Jid, Node, builder::NodeBuilder};

use crate::{
    RefusalKind,
    companion_platform::{is_browser_and_system, is_id},
    fault::RefusedCodes,
    pairing_code::{BUNDLE_BYTES, PrimaryHello, WRAPPED_BYTES},
    registration::GRACE,
    stanza::{attr, attr_jid, child_array, child_content, error, iq_error, iq_result},
    world::{ConnectionId, World},
};

/// How long a pairing code may be typed.
const CODE_LIFE: Duration = Duration::from_mins(3);

/// How often a phone may try codes against one request.
pub(crate) const CODE_TRIES_MAX: u32 = 3;

/// The codes that one connection may have, one after the other.
const CODES_PER_CONNECTION_MAX: u32 = 5;

/// The codes that may be asked for one number within [`CODES_WINDOW`].
const CODES_PER_NUMBER_MAX: usize = 10;

/// See [`CODES_PER_NUMBER_MAX`].
const CODES_WINDOW: Duration = Duration::from_mins(10);

/// A request for a pairing code. The code itself is known to the client only.
pub(crate) struct CodeRequest {
    pub(crate) reference: String,
    pub(crate) number: String,
    /// Counts the requests for this number, so that the newest can be told.
    pub(crate) ordinal: u64,
    pub(crate) wrapped: [u8; WRAPPED_BYTES],
    pub(crate) expires: Instant,
    pub(crate) tries: u32,
    pub(crate) typed: Option<TypedCode>,
}

/// A phone waiting to learn whether the code it was given is the right one.
pub(crate) struct TypedCode {
    pub(crate) hello: PrimaryHello,
    /// Hears the ADV secret, or `None` for a wrong code.
    pub(crate) waiter: oneshot::Sender<Option<[u8; 32]>>,
}

/// The codes that were asked for one number.
#[derive(Debug, Default)]
pub(crate) struct CodesAsked {
    count: u64,
    lately: VecDeque<Instant>,
}

impl CodesAsked {
    /// Counts one more and returns its ordinal; `None` when there were too many lately.
    fn admit(&mut self, now: Instant) -> Option<u64> {
        while self.lately.front().is_some_and(|asked| now >= *asked + CODES_WINDOW) {
            self.lately.pop_front();
        }
        if self.lately.len() >= CODES_PER_NUMBER_MAX {
            return None;
        }
        self.lately.push_back(now);
        self.count += 1;
        Some(self.count)
    }
}

/// Why a stage is not answered with a result.
enum Refused {
    /// The client's own fault: malformed, of other keys, out of turn.
    Malformed(&'static str),
    /// Too many on this connection.
    TooFast,
    /// By order of a test or a person.
    Ordered(RefusedCodes),
}

impl From<&'static str> for Refused {
    fn from(detail: &'static str) -> Self {
        Self::Malformed(detail)
    }
}

/// Takes a `link_code_companion_reg` of an unregistered client.
pub(crate) fn take_code_stage(world: &mut World, connection: ConnectionId, iq: &Node, id: &str) {
    let taken = iq
        .get_optional_child("link_code_companion_reg")
        .ok_or(Refused::Malformed("the child is absent"))
        .and_then(|stage| match attr(stage, "stage").as_deref() {
            Some("companion_hello") => companion_hello(world, connection, stage, id),
            Some("companion_finish") => companion_finish(world, connection, stage, id),
            _ => Err(Refused::Malformed("no such stage")),
        });
    let reply = match taken {
        Ok(reply) => reply,
        Err(Refused::Malformed(detail)) => {
            world.refuse(Some(connection), RefusalKind::PairingCode, detail);
            iq_error(id, 400, "bad-request")
        }
        Err(Refused::TooFast) => {
            let detail = "too many codes on one connection";
            world.refuse(Some(connection), RefusalKind::PairingCode, detail);
            iq_error(id, 429, "rate-overlimit")
        }
        Err(Refused::Ordered(order)) => refused_by_order(order, id),
    };
    world.send(connection, reply);
}

/// The refusals of WhatsApp Web's own list, and any other (whatsapp-rust 0.7.0, `pair_code.rs`).
fn refused_by_order(order: RefusedCodes, id: &str) -> Node {
    let text = match order.reason {
        400 => "bad-request",
        403 => "forbidden",
        429 => "rate-overlimit",
        452 => "feature-not-available",
        500 => "internal-server-error",
        _ => "refused",
    };
    let mut error = error(order.reason, text);
    if let Some(backoff_s) = order.backoff_s {
        error.attrs.insert("backoff", backoff_s);
    }
    iq_result(id).attr("type", "error").children([error]).build()
}

/// What a well-formed request for a code says.
struct CompanionHello {
    number: String,
    wrapped: [u8; WRAPPED_BYTES],
    noise: [u8; 32],
}

fn read_hello(stage: &Node) -> Result<CompanionHello, &'static str> {
    let jid = attr_jid(stage, "jid").ok_or("jid is absent or malformed")?;
    if !jid.is_pn() || jid.device != 0 {
        return Err("jid is not a phone's");
    }
    let push = attr(stage, "should_show_push_notification");
    if !matches!(push.as_deref(), Some("true" | "false")) {
        return Err("should_show_push_notification is neither true nor false");
    }
    let wrapped = child_array(stage, "link_code_pairing_wrapped_companion_ephemeral_pub")
        .ok_or("the wrapped ephemeral key is not 80 bytes")?;
    let noise = child_array(stage, "companion_server_auth_key_pub")
        .ok_or("companion_server_auth_key_pub is not 32 bytes")?;
    if !is_id(child_content(stage, "companion_platform_id").unwrap_or_default()) {
        return Err("companion_platform_id is not a companion's");
    }
    let display = child_content(stage, "companion_platform_display").unwrap_or_default();
    if !is_browser_and_system(display) {
        return Err("companion_platform_display is not `Browser (System)` with real names");
    }
    // whatsapp-rust sends a zero byte, Baileys the digit zero.
    if child_array::<1>(stage, "link_code_pairing_nonce").is_none() {
        return Err("link_code_pairing_nonce is not one byte");
    }
    Ok(CompanionHello { number: jid.user.to_string(), wrapped, noise })
}

fn companion_hello(
    world: &mut World,
    connection: ConnectionId,
    stage: &Node,
    id: &str,
) -> Result<Node, Refused> {
    let hello = read_hello(stage)?;
    if !world.accounts.contains_key(&hello.number) {
        return Err("no such account".into());
    }
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    if hello.noise != candidate.noise {
        return Err("companion_server_auth_key_pub is not the connection's key".into());
    }
    if candidate.codes_asked >= CODES_PER_CONNECTION_MAX {
        return Err(Refused::TooFast);
    }
    if let Some(order) = world.strike_code(&hello.number) {
        return Err(Refused::Ordered(order));
    }
    let now = Instant::now();
    let account = world.accounts.get_mut(&hello.number).ok_or("no such account")?;
    // The real server says the same to a number it does not take and to one asked for too often.
    let ordinal = account.codes_asked.admit(now).ok_or("too many codes for one number")?;
    let reference = format!("3@{}", BASE64_STANDARD_NO_PAD.encode(world.dice.bytes::<24>()));
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    let expires = now + CODE_LIFE;
    candidate.expires = candidate.expires.max(expires + GRACE);
    candidate.codes_asked += 1;
    candidate.code = Some(CodeRequest {
        reference: reference.clone(),
        number: hello.number,
        ordinal,
        wrapped: hello.wrapped,
        expires,
        tries: 0,
        typed: None,
    });
    let reference = NodeBuilder::new("link_code_pairing_ref").bytes(reference.into_bytes()).build();
    let stage = NodeBuilder::new("link_code_companion_reg")
        .attr("stage", "companion_hello")
        .children([reference])
        .build();
    Ok(iq_result(id).children([stage]).build())
}

fn companion_finish(
    world: &mut World,
    connection: ConnectionId,
    stage: &Node,
    id: &str,
) -> Result<Node, Refused> {
    let jid = attr_jid(stage, "jid").ok_or("jid is absent or malformed")?;
    let bundle: [u8; BUNDLE_BYTES] = child_array(stage, "link_code_pairing_wrapped_key_bundle")
        .ok_or("the key bundle is not 156 bytes")?;
    let identity: [u8; 32] = child_array(stage, "companion_identity_public")
        .ok_or("companion_identity_public is not 32 bytes")?;
    let reference = child_content(stage, "link_code_pairing_ref").ok_or("the ref is absent")?;
    let candidate = world.candidate(connection).ok_or("the connection is leaving")?;
    if identity != candidate.registration.identity {
        return Err("companion_identity_public is not the registered identity".into());
    }
    let request = candidate.code.as_mut().ok_or("no code was asked for")?;
    if jid != Jid::pn(request.number.as_str()) {
        return Err("jid is not the one the code was asked for".into());
    }
    if reference != request.reference.as_bytes() {
        return Err("the ref is not the one that was given".into());
    }
    // Too late or not, the phone waits no longer.
    let typed = request.typed.take().ok_or("no phone has answered")?;
    if Instant::now() >= request.expires {
        return Err("the code has expired".into());
    }
    let number = request.number.clone();
    let account = world.accounts.get(&number).ok_or("no such account")?;
    let secret = typed.hello.adv_secret(&account.phone.pair, &identity, &bundle);
    // The companion is not told of a wrong code; only the phone is, if it still waits.
    if typed.waiter.send(secret).is_err() {
        tracing::debug!(connection, "the phone no longer waits for its code");
    }
    Ok(iq_result(id).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_number_may_be_asked_for_ten_times_in_ten_minutes() {
        let mut asked = CodesAsked::default();
        let started = Instant::now();
        let minute = Duration::from_mins(1);
        for ordinal in 1..=10 {
            let at = started + Duration::from_secs(ordinal);
            assert_eq!(asked.admit(at), Some(ordinal));
        }
        assert_eq!(asked.admit(started + minute), None);
        let first_again = started + Duration::from_secs(1) + 10 * minute;
        assert_eq!(asked.admit(first_again - Duration::from_millis(1)), None);
        assert_eq!(asked.admit(first_again), Some(11));
        assert_eq!(asked.admit(first_again), None);
    }
}
