//! Link tickets.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, SqliteConnection};
use waygate_core::error::{Error, Kind};
use waygate_core::id::{InstanceId, LinkTicketId};
use waygate_core::link_ticket::{LinkTicket, TicketEnd, TicketEnding, TicketOpening};
use waygate_core::secret::Sealed;
use waygate_core::token::TokenHash;

use crate::failure::{internal, no_instance, or_taken};
use crate::times::{from_ms, to_ms};

/// Id, instance, hash, terms, session, issued, expires, pass, opened, ended, ended at.
type Row = (
    String,
    String,
    Vec<u8>,
    Vec<u8>,
    i64,
    i64,
    i64,
    Option<Vec<u8>>,
    Option<i64>,
    Option<String>,
    Option<i64>,
);

const COLUMNS: &str = "
    SELECT link_tickets.id, identities.id, hash, terms, session_s, issued_at_ms, expires_at_ms,
           pass, opened_at_ms, ended, ended_at_ms
    FROM link_tickets
    JOIN identities ON identities.key = link_tickets.instance";

pub(crate) async fn issue(
    connection: &mut SqliteConnection,
    ticket: LinkTicket,
) -> Result<(), Error> {
    let issued = sqlx::query(
        "INSERT INTO link_tickets (id, instance, hash, terms, session_s, issued_at_ms,
                                   expires_at_ms, pass, opened_at_ms, ended, ended_at_ms)
         SELECT ?2, instances.key, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
         FROM instances
         JOIN identities ON identities.key = instances.key
         WHERE identities.id = ?1 AND removed_at_ms IS NULL",
    )
    .bind(ticket.instance.to_string())
    .bind(ticket.id.to_string())
    .bind(ticket.hash.as_bytes().as_slice())
    .bind(ticket.terms.as_bytes())
    .bind(ticket.session_s)
    .bind(to_ms(ticket.issued_at))
    .bind(to_ms(ticket.expires_at))
    .bind(ticket.opened.map(|opening| opening.pass.as_bytes().to_vec()))
    .bind(ticket.opened.map(|opening| to_ms(opening.at)))
    .bind(ticket.ended.map(|ending| word(ending.why)))
    .bind(ticket.ended.map(|ending| to_ms(ending.at)))
    .execute(connection)
    .await
    .map_err(or_taken("the link ticket is taken"))?;
    if issued.rows_affected() == 0 { Err(no_instance()) } else { Ok(()) }
}

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    hash: TokenHash,
) -> Result<Option<LinkTicket>, Error> {
    let row: Option<Row> = sqlx::query_as(AssertSqlSafe(format!("{COLUMNS} WHERE hash = ?")))
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(connection)
        .await
        .map_err(internal)?;
    row.map(read).transpose()
}

pub(crate) async fn list(
    connection: &mut SqliteConnection,
    instance: InstanceId,
) -> Result<Vec<LinkTicket>, Error> {
    let order = "WHERE identities.id = ? ORDER BY link_tickets.key";
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!("{COLUMNS} {order}")))
        .bind(instance.to_string())
        .fetch_all(connection)
        .await
        .map_err(internal)?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn open(
    connection: &mut SqliteConnection,
    ticket: LinkTicketId,
    opening: TicketOpening,
    expires_at: Timestamp,
) -> Result<bool, Error> {
    let opened = sqlx::query(
        "UPDATE link_tickets SET pass = ?2, opened_at_ms = ?3, expires_at_ms = ?4
         WHERE id = ?1 AND opened_at_ms IS NULL AND ended IS NULL AND expires_at_ms > ?3",
    )
    .bind(ticket.to_string())
    .bind(opening.pass.as_bytes().as_slice())
    .bind(to_ms(opening.at))
    .bind(to_ms(expires_at))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(opened.rows_affected() > 0)
}

pub(crate) async fn end(
    connection: &mut SqliteConnection,
    ticket: LinkTicketId,
    ending: TicketEnding,
) -> Result<bool, Error> {
    let ended = sqlx::query(
        "UPDATE link_tickets SET ended = ?2, ended_at_ms = ?3 WHERE id = ?1 AND ended IS NULL",
    )
    .bind(ticket.to_string())
    .bind(word(ending.why))
    .bind(to_ms(ending.at))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(ended.rows_affected() > 0)
}

pub(crate) async fn lapsed(
    connection: &mut SqliteConnection,
    now: Timestamp,
) -> Result<Vec<LinkTicket>, Error> {
    let order = "WHERE ended IS NULL AND expires_at_ms <= ? ORDER BY link_tickets.key";
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!("{COLUMNS} {order}")))
        .bind(to_ms(now))
        .fetch_all(connection)
        .await
        .map_err(internal)?;
    rows.into_iter().map(read).collect()
}

pub(crate) async fn forget(
    connection: &mut SqliteConnection,
    cutoff: Timestamp,
) -> Result<u64, Error> {
    let forgotten =
        sqlx::query("DELETE FROM link_tickets WHERE ended IS NOT NULL AND ended_at_ms < ?")
            .bind(to_ms(cutoff))
            .execute(connection)
            .await
            .map_err(internal)?;
    Ok(forgotten.rows_affected())
}

fn word(why: TicketEnd) -> &'static str {
    match why {
        TicketEnd::Expired => "expired",
        TicketEnd::Revoked => "revoked",
    }
}

fn read(row: Row) -> Result<LinkTicket, Error> {
    let (id, instance, hash, terms, session, issued, expires, pass, opened, ended, ended_at) = row;
    let opened = match (pass, opened) {
        (Some(pass), Some(at)) => Some(TicketOpening { pass: hashed(pass)?, at: from_ms(at)? }),
        (_, _) => None,
    };
    let ended = match (ended.as_deref(), ended_at) {
        (Some("expired"), Some(at)) => {
            Some(TicketEnding { why: TicketEnd::Expired, at: from_ms(at)? })
        }
        // An end that only a newer version knows is one all the same.
        (Some(_), Some(at)) => Some(TicketEnding { why: TicketEnd::Revoked, at: from_ms(at)? }),
        (_, _) => None,
    };
    Ok(LinkTicket {
        id: id.parse().map_err(internal)?,
        instance: instance.parse().map_err(internal)?,
        hash: hashed(hash)?,
        terms: Sealed::from_bytes(terms),
        session_s: u32::try_from(session).map_err(internal)?,
        issued_at: from_ms(issued)?,
        expires_at: from_ms(expires)?,
        opened,
        ended,
    })
}

fn hashed(bytes: Vec<u8>) -> Result<TokenHash, Error> {
    let bytes = <[u8; 32]>::try_from(bytes)
        .map_err(|_bytes| Error::new(Kind::Internal, "a stored hash has another length"))?;
    Ok(TokenHash::from_bytes(bytes))
}
