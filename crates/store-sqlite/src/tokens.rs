//! Tokens.

use jiff::Timestamp;
use sqlx::SqliteConnection;
use waygate_core::error::{Error, Kind};
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::secret::Sealed;
use waygate_core::token::{ApiToken, TokenHash, TokenId};

use crate::failure::{internal, no_instance, or_taken};
use crate::times::{from_ms, to_ms};
use crate::{accounts, instances};

pub(crate) async fn issue(connection: &mut SqliteConnection, token: ApiToken) -> Result<(), Error> {
    let account = accounts::key(connection, token.account).await?;
    let instance = match token.instance {
        Some(instance) => Some(instance_key(connection, instance, account).await?),
        None => None,
    };
    let id = token.id().to_string();
    sqlx::query("INSERT INTO taken_tokens (id) VALUES (?)")
        .bind(&id)
        .execute(&mut *connection)
        .await
        .map_err(or_taken("the token is taken"))?;
    sqlx::query(
        "INSERT INTO tokens
             (id, hash, kind, account, instance, name, scopes, sealed, issued_at_ms,
              expires_at_ms, revoked_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(token.hash.as_bytes().as_slice())
    .bind(token.kind.as_str())
    .bind(account)
    .bind(instance)
    .bind(token.name)
    .bind(token.scopes.to_string())
    .bind(token.sealed.as_ref().map(Sealed::as_bytes))
    .bind(to_ms(token.issued_at))
    .bind(token.expires_at.map(to_ms))
    .bind(token.revoked_at.map(to_ms))
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

/// The key of an instance, which must be the account's.
async fn instance_key(
    connection: &mut SqliteConnection,
    instance: InstanceId,
    account: i64,
) -> Result<i64, Error> {
    let (key, owner) = instances::present(connection, instance).await?;
    if owner == account { Ok(key) } else { Err(no_instance()) }
}

pub(crate) async fn replace(
    connection: &mut SqliteConnection,
    token: ApiToken,
) -> Result<(), Error> {
    let id = token.id().to_string();
    let issued_at_ms = to_ms(token.issued_at);
    issue(connection, token).await?;
    sqlx::query(
        "UPDATE tokens SET revoked_at_ms = ?2
         FROM (SELECT account, instance, kind FROM tokens WHERE id = ?1) AS new
         WHERE tokens.account = new.account
           AND tokens.instance IS new.instance
           AND tokens.kind = new.kind
           AND tokens.id <> ?1
           AND tokens.revoked_at_ms IS NULL",
    )
    .bind(id)
    .bind(issued_at_ms)
    .execute(connection)
    .await
    .map_err(internal)?;
    Ok(())
}

/// A row of `tokens` with the ids that stand elsewhere.
type Row = (
    String,
    String,
    Option<String>,
    String,
    String,
    Vec<u8>,
    Option<Vec<u8>>,
    i64,
    Option<i64>,
    Option<i64>,
);

pub(crate) async fn find(
    connection: &mut SqliteConnection,
    hash: TokenHash,
) -> Result<Option<ApiToken>, Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT kind, accounts.id, identities.id, tokens.name, scopes, hash,
                sealed, issued_at_ms, expires_at_ms, revoked_at_ms
         FROM tokens
         JOIN accounts ON accounts.key = tokens.account
         LEFT JOIN identities ON identities.key = tokens.instance
         WHERE hash = ?",
    )
    .bind(hash.as_bytes().as_slice())
    .fetch_optional(connection)
    .await
    .map_err(internal)?;
    Ok(row.map(read).transpose()?.flatten())
}

pub(crate) async fn list(
    connection: &mut SqliteConnection,
    account: AccountId,
) -> Result<Vec<ApiToken>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT kind, accounts.id, identities.id, tokens.name, scopes, hash,
                sealed, issued_at_ms, expires_at_ms, revoked_at_ms
         FROM accounts
         JOIN tokens ON tokens.account = accounts.key
         LEFT JOIN identities ON identities.key = tokens.instance
         WHERE accounts.id = ?
         ORDER BY tokens.key",
    )
    .bind(account.to_string())
    .fetch_all(connection)
    .await
    .map_err(internal)?;
    rows.into_iter().filter_map(|row| read(row).transpose()).collect()
}

/// `None` for a token of a kind that only a newer version knows: here it opens nothing.
fn read(row: Row) -> Result<Option<ApiToken>, Error> {
    let (kind, account, instance, name, scopes, hash, sealed, issued, expires, revoked) = row;
    let Ok(kind) = kind.parse() else { return Ok(None) };
    let hash = <[u8; 32]>::try_from(hash)
        .map_err(|_bytes| Error::new(Kind::Internal, "a stored hash has another length"))?;
    Ok(Some(ApiToken {
        kind,
        account: account.parse().map_err(internal)?,
        instance: instance.map(|id| id.parse()).transpose().map_err(internal)?,
        name,
        // A right that only a newer version knows is none here.
        scopes: scopes.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect(),
        hash: TokenHash::from_bytes(hash),
        sealed: sealed.map(Sealed::from_bytes),
        issued_at: from_ms(issued)?,
        expires_at: expires.map(from_ms).transpose()?,
        revoked_at: revoked.map(from_ms).transpose()?,
    }))
}

pub(crate) async fn revoke(
    connection: &mut SqliteConnection,
    token: TokenId,
    at: Timestamp,
) -> Result<bool, Error> {
    let revoked =
        sqlx::query("UPDATE tokens SET revoked_at_ms = ?2 WHERE id = ?1 AND revoked_at_ms IS NULL")
            .bind(token.to_string())
            .bind(to_ms(at))
            .execute(connection)
            .await
            .map_err(internal)?;
    Ok(revoked.rows_affected() > 0)
}
