//! What can stand in a path and behind the question mark.

use std::sync::LazyLock;

use waygate_core::event::EventName;
use waygate_core::instance::state::StateName;
use waygate_core::tenant::NAME_LENGTH_MAX;

use super::schema::Schema;
use super::schemas::PHONE;
use crate::route::Verb;

/// Kinds of events with commas between.
static KINDS: LazyLock<String> = LazyLock::new(|| {
    let kinds = EventName::ALL.map(EventName::as_str).join("|");
    format!("^({kinds})(,({kinds}))*$")
});

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// A parameter; `None` for a name that nobody has described.
pub(crate) fn in_path(name: &str) -> Option<Schema> {
    Some(match name {
        "instance" => Schema::text()
            .like("^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[1-9][0-9]{0,11})$")
            .says("The instance's `id`, or its `number`.")
            .example("67e55044-10b1-426f-9247-bb680e5fe0c8"),
        "attempt" => Schema::uuid()
            .says("The linking attempt's `id`.")
            .example("0f4b0d6e-6c0b-4f5c-9b0e-3f6a6a1f7f52"),
        "event" => Schema::number(1, u64::MAX).says("The event's `sequence`.").example(7),
        "link_ticket" => Schema::uuid()
            .says("The link ticket's `id`.")
            .example("0f4b0d6e-6c0b-4f5c-9b0e-3f6a6a1f7f52"),
        "account" => Schema::uuid()
            .says("The account's `id`.")
            .example("5d3cfb5a-6b0f-4a6e-8d0a-5b1f8f6f2c11"),
        "token" => Schema::text()
            .like("^[0-9a-f]{16}$")
            .says("The token's `id`, which is no secret.")
            .example("0123456789abcdef"),
        "message" => Schema::text()
            .like("^[0-9A-Za-z.:_-]{1,128}$")
            .says("The message's `id`.")
            .example("3EB0C431C26A1916E07E45"),
        "webhook_endpoint" => Schema::uuid()
            .says("The webhook endpoint's `id`.")
            .example("0f4b0d6e-6c0b-4f5c-9b0e-3f6a6a1f7f52"),
        _ => return None,
    })
}

/// The header that requests of a verb may have beside the common ones.
pub(crate) fn header_of(verb: Verb) -> Option<&'static str> {
    (verb == Verb::Post).then_some(IDEMPOTENCY_KEY)
}

/// The same for a header.
pub(crate) fn in_header(name: &str) -> Option<Schema> {
    Some(match name {
        IDEMPOTENCY_KEY => Schema::text().like(r"^[!#-+\--:<-\[\]-~]{1,255}$").says(
            "A key of the client's own choice, such as a random UUID, also in double quotes. Whoever \
             sends the same request again with the same key within 24 hours is answered the same, \
             with `Idempotency-Replayed: true`, and nothing is done a second time.",
        ),
        _ => return None,
    })
}

/// The same for a query.
pub(crate) fn in_query(name: &str) -> Option<Schema> {
    Some(match name {
        "account" => Schema::text().longest(NAME_LENGTH_MAX).says(
            "Whose things are listed, by the account's name; else everybody's. Only who has the \
             scope `admin` has this parameter.",
        ),
        "limit" => {
            Schema::number(1, 500).by_default(100).says("How many there are on a page, at most.")
        }
        "cursor" => Schema::text()
            .says("The `next_cursor` of the page before; without it, the first page is told."),
        "wait" => Schema::number(0, 60).by_default(0).says(
            "How long to wait for something new, in seconds: a version newer than `after`, an event \
             behind the `cursor`. The answer comes as soon as there is one, and at the latest when \
             the wait is over.",
        ),
        "after" => Schema::number(0, u64::MAX)
            .by_default(0)
            .says("The `version` seen last. Zero is older than all."),
        "qr" => Schema::flag().says(
            "Whether events of QR codes tell what the code says, in `qr`, as long as it can be scanned. \
             It needs the scope `link`.",
        ),
        "part" => Schema::word(&["own", "quoted"])
            .by_default("own")
            .says("Whether the message's own file is meant, or that of the message that it answers."),
        "v" => Schema::text().says(
            "Anything: it makes another address of each version, so that no browser shows an old \
             picture.",
        ),
        "kind" => Schema::text()
            .like(KINDS.as_str())
            .says("The kinds of events that are wanted, with commas between; else all.")
            .example("state_changed,linking"),
        "name" => Schema::text().says("A part of the name, small and capital letters alike."),
        "phone" => Schema::text().like(PHONE).says("The number that is linked, or meant to be."),
        "state" => Schema::word(&StateName::ALL.map(StateName::as_str)).says("The state's name."),
        "given_up" => Schema::flag()
            .by_default(false)
            .says("Whether those alone are told that were given up: the dead letters."),
        "linked" => Schema::flag().says("Whether there is a WhatsApp account."),
        _ => return None,
    })
}
