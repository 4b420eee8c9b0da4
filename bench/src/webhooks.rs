//! The time from an event to the webhook endpoint that hears of it.
//!
//! Events are caused at a steady pace, whether or not those before have arrived, and each is measured from
//! the moment at which it was meant to be caused. So a gateway that stands still for a second is charged
//! for all that would have come in that second, and not for one event (what is known as coordinated
//! omission).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use waygate_core::event::EventName;
use waygate_core::id::InstanceId;
use waygate_core::webhook::EventFilter;
use waygate_dialect_native::envelope;
use waygate_engine::Gateway;
use waygate_engine::clock::SystemClock;
use waygate_engine::dice::Dice;
use waygate_engine::instances::NewInstance;
use waygate_engine::keyring::Keyring;
use waygate_engine::link_tickets::NewLinkTicket;
use waygate_engine::ports::Ports;
use waygate_engine::tasks::Tasks;
use waygate_engine::webhook_endpoints::NewWebhookEndpoint;
use waygate_http::listener::{Limits, serve};
use waygate_http::outbound::{Client, Policy, SystemNames};
use waygate_http::site::{Failure, Site, Surface};
use waygate_played::link::PlayedLink;
use waygate_store_sqlite::SqliteStore;

use crate::median::quantile;

/// An instance has 32 open link tickets at most, and each is one event.
const TICKETS_EACH: u32 = 30;

/// How long what is still on its way may take when no more is caused.
const PATIENCE: Duration = Duration::from_secs(60);

/// When each link ticket's issue was heard of, by the ticket's id.
type Heard = Arc<watch::Sender<BTreeMap<String, Instant>>>;

/// Causes so many events in a second, for so many seconds, and prints how long each took to arrive.
pub(crate) async fn run(rate: u32, seconds: u32) -> anyhow::Result<()> {
    ensure!(rate > 0 && seconds > 0, "there is nothing to measure");
    let place = tempfile::tempdir()?;
    let (store, writer) = SqliteStore::open(&place.path().join("waygate.sqlite")).await?;
    // The writer ends when the store is closed.
    let (measured, written) =
        tokio::join!(measure(Arc::new(store), rate, rate * seconds), writer.run());
    written.context("the writer failed").and(measured)
}

async fn measure(store: Arc<SqliteStore>, rate: u32, events: u32) -> anyhow::Result<()> {
    let gateway = gateway(&store);
    let tasks = Tasks::default();
    let heard = Heard::default();
    let url = receiver(&heard, &tasks).await?;
    let instances = subjects(&gateway, events.div_ceil(TICKETS_EACH), url).await?;
    let policy = Policy::default().and_networks(["127.0.0.0/8".parse()?]);
    let client = Client::new(policy, Arc::new(SystemNames), tasks.clone())?;
    gateway.deliver_webhooks(Arc::new(client), envelope);
    let meant = cause(&gateway, &instances, (rate, events), &tasks).await;
    let all = |arrived: &BTreeMap<String, Instant>| arrived.len() >= events as usize;
    let mut arrivals = heard.subscribe();
    let arrived = timeout(PATIENCE, arrivals.wait_for(all)).await;
    let arrived = arrived.context("some did not arrive in time")??.clone();
    let meant = meant.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let took = |(ticket, at): &(String, Instant)| Some(*arrived.get(ticket)? - *at);
    let mut takes: Vec<Duration> = meant.iter().filter_map(took).collect();
    ensure!(takes.len() == events as usize, "{} of {events} were caused and heard", takes.len());
    let [median, slow, slowest] = [0.5, 0.99, 1.0].map(|share| quantile(&mut takes, share));
    println!("{events} events, {rate} a second, to one endpoint, on SQLite:");
    println!("median {median:?}, 99 % below {slow:?}, the slowest {slowest:?}");
    gateway.shut_down(Duration::from_secs(10)).await;
    tasks.stop_token().cancel();
    store.close().await;
    Ok(())
}

/// An application with everything on this store, and with the machine's clock.
fn gateway(store: &Arc<SqliteStore>) -> Gateway {
    let ports = Ports {
        linker: Arc::new(PlayedLink::default()),
        registry: Arc::<SqliteStore>::clone(store),
        journal: Arc::<SqliteStore>::clone(store),
        notifications: Arc::<SqliteStore>::clone(store),
        audit: Arc::<SqliteStore>::clone(store),
        link_tickets: Arc::<SqliteStore>::clone(store),
        kept_answers: Arc::<SqliteStore>::clone(store),
        webhooks: Arc::<SqliteStore>::clone(store),
        outbox: Arc::<SqliteStore>::clone(store),
        clock: Arc::new(SystemClock::start()),
    };
    Gateway::new(ports, Keyring::from_master(&[7; 32]), Dice::from_seed(1), Tasks::default())
}

/// Instances to which something can happen, and an endpoint that hears of it.
async fn subjects(gateway: &Gateway, count: u32, url: String) -> anyhow::Result<Vec<InstanceId>> {
    let account = gateway.first_account().await?.id;
    let mut instances = Vec::new();
    for _ in 0..count {
        instances.push(gateway.create_instance(NewInstance::unnamed(account)).await?.record.id);
    }
    let filter = EventFilter { instances: None, events: Some([EventName::LinkTicket].into()) };
    let new = NewWebhookEndpoint { account, url, description: String::new(), filter };
    gateway.add_webhook_endpoint(new).await?;
    Ok(instances)
}

/// Link tickets that were issued, each with the moment that was meant for it.
type Meant = Arc<Mutex<Vec<(String, Instant)>>>;

/// Issues link tickets at a steady pace; nobody waits for the one before.
async fn cause(
    gateway: &Gateway,
    instances: &[InstanceId],
    (rate, events): (u32, u32),
    tasks: &Tasks,
) -> Meant {
    let (meant, began) = (Meant::default(), Instant::now());
    let turns = instances.iter().cycle();
    for (turn, instance) in (0..events).zip(turns) {
        let at = began + Duration::from_secs(1) * turn / rate;
        sleep_until(at).await;
        let (gateway, instance, meant) = (gateway.clone(), *instance, Arc::clone(&meant));
        tasks.start("event", async move {
            // What fails is missed at the end.
            if let Ok(issued) = gateway.issue_link_ticket(instance, NewLinkTicket::default()).await
            {
                let mut meant = meant.lock().unwrap_or_else(PoisonError::into_inner);
                meant.push((issued.id.to_string(), at));
            }
        });
    }
    meant
}

/// A receiver that is well, on a socket of its own; its address.
async fn receiver(heard: &Heard, tasks: &Tasks) -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    let router = Router::new().fallback(hear).with_state(Arc::clone(heard));
    let surface = Surface { name: "receiver", claims: |_path| true, router, on_failure };
    let serving = tasks.clone();
    tasks.start("receiver", async move {
        serve(listener, Site::new(vec![surface]), Limits::default(), &serving).await;
    });
    Ok(url)
}

async fn hear(State(heard): State<Heard>, body: Bytes) -> StatusCode {
    let now = Instant::now();
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(ticket) = event["data"]["link_ticket_id"].as_str() {
        heard.send_modify(|arrived| {
            // The first time counts.
            arrived.entry(ticket.to_owned()).or_insert(now);
        });
    }
    StatusCode::NO_CONTENT
}

fn on_failure(_failure: Failure) -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
