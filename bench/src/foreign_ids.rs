//! The time in which the native API refuses ids that are unknown, and ids of somebody else.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::Instant;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::secret::TokenText;
use waygate_core::token::TokenKind;
use waygate_dialect_native::{Door, RateLimits, Settings, surface};
use waygate_engine::Gateway;
use waygate_engine::accounts::NewToken;
use waygate_engine::dice::Dice;
use waygate_engine::instances::NewInstance;
use waygate_http::site::Site;
use waygate_played::link::PlayedLink;
use waygate_store_sqlite::SqliteStore;

use crate::median::quantile;

/// How many instances each account has.
const INSTANCES: usize = 50;

/// Asks for so many of either kind, one after the other, and prints the medians.
pub(crate) async fn run(requests: usize) -> anyhow::Result<()> {
    let place = tempfile::tempdir()?;
    let (store, writer) = SqliteStore::open(&place.path().join("waygate.sqlite")).await?;
    // The writer ends when the store is closed.
    let (measured, written) = tokio::join!(measure(Arc::new(store), requests), writer.run());
    written.context("the writer failed").and(measured)
}

async fn measure(store: Arc<SqliteStore>, requests: usize) -> anyhow::Result<()> {
    let gateway = PlayedLink::default()
        .gateway_over(Arc::<SqliteStore>::clone(&store), Arc::<SqliteStore>::clone(&store));
    let asking = Asking::begin(&gateway).await?;
    let (mut unknown, mut foreign) = (Vec::new(), Vec::new());
    // Another seed than the gateway's, or these would be ids that it has given.
    let dice = Dice::from_seed(u64::MAX);
    for turn in 0..requests {
        let theirs = asking.theirs.get(turn % INSTANCES).context("an instance")?;
        let nobodys = InstanceId::from_random_bytes(dice.bytes());
        // Neither is always the one that finds the caches warm.
        if turn % 2 == 0 {
            foreign.push(asking.refused(*theirs).await?);
            unknown.push(asking.refused(nobodys).await?);
        } else {
            unknown.push(asking.refused(nobodys).await?);
            foreign.push(asking.refused(*theirs).await?);
        }
    }
    tell("unknown id", &mut unknown);
    tell("id of another account", &mut foreign);
    let ratio =
        quantile(&mut foreign, 0.5).as_secs_f64() / quantile(&mut unknown, 0.5).as_secs_f64();
    println!("medians, foreign to unknown: {ratio:.3}");
    gateway.shut_down(Duration::from_secs(10)).await;
    store.close().await;
    Ok(())
}

fn tell(what: &str, takes: &mut [Duration]) {
    let (median, slow) = (quantile(takes, 0.5), quantile(takes, 0.99));
    println!("{what}: {} requests, median {median:?}, 99 % below {slow:?}", takes.len());
}

/// Somebody with a token, and the instances of somebody else.
struct Asking {
    site: Site,
    token: TokenText,
    theirs: Vec<InstanceId>,
}

impl Asking {
    async fn begin(gateway: &Gateway) -> anyhow::Result<Self> {
        let own = gateway.first_account().await?.id;
        let other = gateway.open_account("other".to_owned()).await?.id;
        instances(gateway, own).await?;
        let theirs = instances(gateway, other).await?;
        let token = gateway.issue_token(NewToken::new(TokenKind::Native, own)).await?.text;
        let settings = Settings { rate_limits: RateLimits::Off, ..Settings::at(Door::Keyed) };
        let site = Site::new(vec![surface(gateway.clone(), settings)]);
        Ok(Self { site, token, theirs })
    }

    /// How long it takes to be told that there is no such instance.
    async fn refused(&self, id: InstanceId) -> anyhow::Result<Duration> {
        let request = Request::builder()
            .uri(format!("/api/v1/instances/{id}"))
            .header("host", "localhost")
            .header("authorization", format!("Bearer {}", self.token.expose()))
            .body(Body::empty())?;
        let begun = Instant::now();
        let answer = self.site.answer(request, Duration::from_secs(10)).await;
        let status = answer.status();
        answer.into_body().collect().await?;
        ensure!(status == StatusCode::NOT_FOUND, "it was answered with {status}");
        Ok(begun.elapsed())
    }
}

async fn instances(gateway: &Gateway, account: AccountId) -> anyhow::Result<Vec<InstanceId>> {
    let mut ids = Vec::new();
    for _ in 0..INSTANCES {
        ids.push(gateway.create_instance(NewInstance::unnamed(account)).await?.record.id);
    }
    Ok(ids)
}
