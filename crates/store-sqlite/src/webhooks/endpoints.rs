//! Webhook endpoints.

use std::collections::BTreeSet;

use sqlx::SqliteConnection;
use waygate_core::error::Error;
use waygate_core::id::{AccountId, InstanceId, WebhookEndpointId};
use waygate_core::secret::Sealed;
use waygate_core::webhook::{Disabled, Disabling, EventFilter, WebhookEndpoint};

use crate::accounts;
use crate::failure::{internal, or_taken};
use crate::times::{from_ms, to_ms};

/// Id, terms, instances, events, created, failing, disabled, disabled at.
type Row = (
    String,
    Vec<u8>,
    Option<String>,
    Option<String>,
    i64,
    Option<i64>,
    Option<String>,
    Option<i64>,
);

pub(crate) async fn add(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpoint,
) -> Result<(), Error> {
    let account = accounts::key(connection, endpoint.account).await?;
    let (instances, events) = written(&endpoint.filter)?;
    sqlx::query(
        "INSERT INTO webhook_endpoints (id, account, terms, instances, events, created_at_ms,
                                        failing_since_ms, disabled, disabled_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(endpoint.id.to_string())
    .bind(account)
    .bind(endpoint.terms.as_bytes())
    .bind(instances)
    .bind(events)
    .bind(to_ms(endpoint.created_at))
    .bind(endpoint.failing_since.map(to_ms))
    .bind(endpoint.disabled.map(|disabling| disabling.why.as_str()))
    .bind(endpoint.disabled.map(|disabling| to_ms(disabling.at)))
    .execute(connection)
    .await
    .map_err(or_taken("the webhook endpoint is taken"))?;
    Ok(())
}

pub(super) async fn list(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<Vec<WebhookEndpoint>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, terms, instances, events, created_at_ms, failing_since_ms, disabled,
                disabled_at_ms
         FROM webhook_endpoints
         WHERE account = (SELECT key FROM accounts WHERE accounts.id = ?)
         ORDER BY key",
    )
    .bind(account.to_string())
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    rows.into_iter().map(|row| read(account, row)).collect()
}

pub(super) async fn change(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
    terms: Sealed,
    filter: EventFilter,
) -> Result<bool, Error> {
    let (instances, events) = written(&filter)?;
    let changed = sqlx::query(
        "UPDATE webhook_endpoints SET terms = ?2, instances = ?3, events = ?4 WHERE id = ?1",
    )
    .bind(endpoint.to_string())
    .bind(terms.as_bytes())
    .bind(instances)
    .bind(events)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(changed.rows_affected() > 0)
}

pub(super) async fn disable(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
    disabling: Disabling,
) -> Result<bool, Error> {
    let disabled = sqlx::query(
        "UPDATE webhook_endpoints SET disabled = ?2, disabled_at_ms = ?3
         WHERE id = ?1 AND disabled IS NULL",
    )
    .bind(endpoint.to_string())
    .bind(disabling.why.as_str())
    .bind(to_ms(disabling.at))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(disabled.rows_affected() > 0)
}

pub(super) async fn enable(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
) -> Result<bool, Error> {
    let enabled = sqlx::query(
        "UPDATE webhook_endpoints
         SET disabled = NULL, disabled_at_ms = NULL, failing_since_ms = NULL
         WHERE id = ? AND disabled IS NOT NULL",
    )
    .bind(endpoint.to_string())
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(enabled.rows_affected() > 0)
}

pub(super) async fn remove(
    connection: &mut SqliteConnection,
    endpoint: WebhookEndpointId,
) -> Result<bool, Error> {
    let removed = sqlx::query("DELETE FROM webhook_endpoints WHERE id = ?")
        .bind(endpoint.to_string())
        .execute(connection)
        .await
        .map_err(internal)?;
    Ok(removed.rows_affected() > 0)
}

/// Both halves of a filter as JSON.
fn written(filter: &EventFilter) -> Result<(Option<String>, Option<String>), Error> {
    let events = filter.events.as_ref().map(|events| {
        let words: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
        serde_json::to_string(&words)
    });
    let instances = filter.instances.as_ref().map(serde_json::to_string);
    Ok((instances.transpose().map_err(internal)?, events.transpose().map_err(internal)?))
}

fn read(account: AccountId, row: Row) -> Result<WebhookEndpoint, Error> {
    let (id, terms, instances, events, created, failing, disabled, disabled_at) = row;
    let instances: Option<BTreeSet<InstanceId>> =
        instances.map(|text| serde_json::from_str(&text)).transpose().map_err(internal)?;
    let events: Option<Vec<String>> =
        events.map(|text| serde_json::from_str(&text)).transpose().map_err(internal)?;
    // A kind that only a newer version knows is left out; the filter goes on without it.
    let events = events.map(|words| words.iter().filter_map(|it| it.parse().ok()).collect());
    let disabled = match (disabled, disabled_at) {
        (Some(word), Some(at)) => Some(Disabling { why: why(&word), at: from_ms(at)? }),
        (_, _) => None,
    };
    Ok(WebhookEndpoint {
        id: id.parse().map_err(internal)?,
        account,
        terms: Sealed::from_bytes(terms),
        filter: EventFilter { instances, events },
        created_at: from_ms(created)?,
        failing_since: failing.map(from_ms).transpose()?,
        disabled,
    })
}

/// A reason that only a newer version knows disables all the same.
fn why(word: &str) -> Disabled {
    Disabled::ALL.into_iter().find(|why| why.as_str() == word).unwrap_or(Disabled::ByOwner)
}
