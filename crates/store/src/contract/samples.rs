//! Invented things for the cases, and for a store's own tests.
//!
//! Equal seeds make equal things, others have nothing in common.

use jiff::Timestamp;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{EventKind, StateChanged};
use waygate_core::id::{AccountId, InstanceId, InstanceNumber};
use waygate_core::instance::change::Cause;
use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::standing::Standing;
use waygate_core::instance::state::StateName;
use waygate_core::message::MessageId;
use waygate_core::message::address::Address;
use waygate_core::message::content::Text;
use waygate_core::message::outgoing::{Outgoing, OutgoingContent};
use waygate_core::message::queued::QueuedMessage;
use waygate_core::port::outbox::Acceptance;
use waygate_core::port::registry::Enrolment;
use waygate_core::scope::Scopes;
use waygate_core::secret::Sealed;
use waygate_core::tenant::Account;
use waygate_core::token::{ApiToken, TokenHash, TokenKind};

use crate::Store;

/// When everything happens that needs no time of its own, in milliseconds since 1970.
pub const NOW_MS: i64 = 1_800_000_000_123;

/// A time, in milliseconds after [`NOW_MS`].
pub fn after_ms(later_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(NOW_MS + later_ms).unwrap_or(Timestamp::MAX)
}

/// An account.
pub fn account(seed: u8) -> Account {
    Account {
        id: AccountId::from_random_bytes([seed; 16]),
        name: format!("account {seed}"),
        opened_at: after_ms(0),
        closed_at: None,
    }
}

/// The id of [`record`].
pub fn instance_id(seed: u8) -> InstanceId {
    InstanceId::from_random_bytes([seed; 16])
}

/// An instance that never ran.
pub fn record(seed: u8, owner: &Account) -> InstanceRecord {
    InstanceRecord {
        id: instance_id(seed),
        number: InstanceNumber::from_random(u64::from(seed)),
        account: owner.id,
        name: format!("instance {seed}"),
        phone: None,
        created_at: after_ms(0),
        removed_at: None,
        standing: None,
    }
}

/// The hash of [`token`].
pub fn hash(seed: u8) -> TokenHash {
    TokenHash::from_bytes([seed; 32])
}

/// A token that opens an instance.
pub fn token(seed: u8, of: &InstanceRecord) -> ApiToken {
    ApiToken {
        kind: TokenKind::Instance,
        account: of.account,
        instance: Some(of.id),
        name: format!("token {seed}"),
        scopes: Scopes::of_account(),
        hash: hash(seed),
        sealed: Some(sealed(seed)),
        issued_at: after_ms(0),
        expires_at: None,
        revoked_at: None,
    }
}

/// Bytes that could be sealed ones.
pub fn sealed(seed: u8) -> Sealed {
    Sealed::from_bytes([seed; 40])
}

/// An instance with a token and settings of the same seed.
pub fn enrolment(seed: u8, owner: &Account) -> Enrolment {
    let record = record(seed, owner);
    Enrolment { tokens: vec![token(seed, &record)], settings: sealed(seed), record }
}

/// An account that is open.
pub async fn opened(store: &dyn Store, seed: u8) -> Result<Account, Error> {
    let account = account(seed);
    store.open_account(account.clone()).await?;
    Ok(account)
}

/// An instance that is enrolled.
pub async fn enrolled(
    store: &dyn Store,
    seed: u8,
    owner: &Account,
) -> Result<InstanceRecord, Error> {
    let enrolment = enrolment(seed, owner);
    let record = enrolment.record.clone();
    store.enrol(enrolment).await?;
    Ok(record)
}

/// An event that can be told from others by its device.
pub fn event(device: u16) -> EventKind {
    EventKind::StateChanged(StateChanged {
        from: StateName::Linking,
        to: StateName::Online,
        cause: Cause::LoggedIn,
        linked: true,
        account: Some(LinkedAccount { phone: "15550001111".into(), lid: None, device }),
    })
}

/// A standing with nothing to remember but the state.
pub fn standing(state: StateName) -> Standing {
    let (stopped_by, until_s, next_try_s) = (None, None, None);
    Standing { state, stopped_by, until_s, next_try_s, last: None, is_unproven: false }
}

/// The id of [`acceptance`]'s message.
pub fn message_id(seed: u8) -> MessageId {
    MessageId::from_random_bytes([seed; 9])
}

/// The chat with a person.
fn chat(seed: u8) -> Address {
    let digits = format!("1555000{:04}", u32::from(seed));
    #[expect(clippy::expect_used, reason = "proven: digits alone name a person")]
    Address::person(&digits).expect("digits")
}

/// A message that waits for 1000 ms, in a queue with room for many.
pub fn acceptance(seed: u8, instance: InstanceId) -> Acceptance {
    let message = Outgoing {
        id: message_id(seed),
        chat: chat(seed),
        content: OutgoingContent::Text(Text::plain(format!("message {seed}"))),
        quoted: None,
    };
    let (accepted_at, expires_at) = (after_ms(0), after_ms(1000));
    let message =
        QueuedMessage { message, account: Some("15550001111".into()), accepted_at, expires_at };
    Acceptance { instance, message, queue_max: 100 }
}

/// Why it was refused, `None` when it was not.
pub fn refusal<T>(outcome: Result<T, Error>) -> Option<Kind> {
    outcome.err().map(|error| error.kind())
}
