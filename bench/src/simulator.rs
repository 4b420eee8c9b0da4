//! What the simulator needs for a thousand devices, and for two hundred texts a second between them.
//! It runs in a process of its own, so that nothing of those who make the load is counted.

mod clients;
mod process;

use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::ensure;
use tokio::net::TcpListener;
use tokio::time::{Instant, MissedTickBehavior, interval};
use waygate_sim::{Sim, SimConfig};

use self::clients::Clients;
use self::process::{Process, Usage};

/// What it may need.
const CORES_MAX: f64 = 1.0;
const MEGABYTES_MAX: f64 = 600.0;

/// The part of the wanted rate that must be reached for the figures to mean anything.
const RATE_MIN: f64 = 0.95;

/// How much is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) devices: usize,
    pub(crate) rate: u32,
    pub(crate) seconds: u64,
}

/// Serves a simulator until it is killed, and says where.
pub(crate) async fn serve() -> anyhow::Result<()> {
    let chat = TcpListener::bind("127.0.0.1:0").await?;
    let control = TcpListener::bind("127.0.0.1:0").await?;
    println!("{} {}", chat.local_addr()?, control.local_addr()?);
    let sim = Sim::new(SimConfig::default());
    Ok(sim.serve(chat, control, std::future::pending()).await?)
}

/// Makes the load and prints what it took.
pub(crate) async fn run(load: Load) -> anyhow::Result<()> {
    let simulator = Process::start().await?;
    let begun = Instant::now();
    let mut clients = Clients::link(&simulator, load.devices).await?;
    println!("{} devices linked in {:.1} s", load.devices, begun.elapsed().as_secs_f64());
    clients.are_online(&simulator).await?;

    let idle = simulator.measure(Duration::from_secs(load.seconds)).await?;
    tell(&format!("{} idle devices", load.devices), &idle);
    let busy = writes(&simulator, &mut clients, load).await?;
    let what = format!("{} devices and {} texts a second", load.devices, load.rate);
    tell(&what, &busy);
    println!("limits: {CORES_MAX} core, {MEGABYTES_MAX} MB");

    let violations = simulator.violations().await?;
    ensure!(violations == "[]", "the oracle found {violations}");
    for usage in [idle, busy] {
        ensure!(usage.cores < CORES_MAX, "more than {CORES_MAX} core");
        ensure!(usage.megabytes < MEGABYTES_MAX, "more than {MEGABYTES_MAX} MB");
    }
    Ok(())
}

/// Has texts written at the rate, and waits until all have arrived.
async fn writes(simulator: &Process, clients: &mut Clients, load: Load) -> anyhow::Result<Usage> {
    let before = simulator.reading().await?;
    let mut ticks = interval(Duration::from_secs(1) / load.rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let texts = u64::from(load.rate) * load.seconds;
    let (begun, arrived) = (Instant::now(), clients.counts.received.load(Ordering::Relaxed));
    for _ in 0..texts {
        ticks.tick().await;
        clients.write_one().await?;
    }
    clients.until_received(arrived + texts).await?;
    let elapsed = begun.elapsed();
    let usage = simulator.since(before, elapsed).await?;
    #[expect(clippy::cast_precision_loss, reason = "a count of texts")]
    let rate = texts as f64 / elapsed.as_secs_f64();
    println!("{texts} texts written, delivered and receipted, {rate:.1} a second");
    let reached = rate >= RATE_MIN * f64::from(load.rate);
    ensure!(reached, "the machine is too busy to make this load: the figures mean nothing");
    Ok(usage)
}

fn tell(what: &str, usage: &Usage) {
    let Usage { cores, megabytes, seconds } = usage;
    println!("{what}: {cores:.3} cores and {megabytes:.0} MB over {seconds:.1} s");
}
