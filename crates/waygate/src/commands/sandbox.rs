//! The simulated WhatsApp of `quickstart --sandbox`, on loopback addresses of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use tokio::net::TcpListener;
use waygate_config::Override;
use waygate_core::secret::QrText;
use waygate_engine::dice::Dice;
use waygate_engine::tasks::Tasks;
use waygate_sim::{Latency, Phone, Sim, SimConfig};

use crate::exit::Failure;

/// The number of the simulated phone; nobody has it.
pub(crate) const PHONE: &str = "15550001111";

const END_WITHIN: Duration = Duration::from_secs(5);

/// A running simulator with one phone.
#[derive(Debug)]
pub(crate) struct Sandbox {
    chat: SocketAddr,
    sim: Sim,
    phone: Phone,
    tasks: Tasks,
}

impl Sandbox {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (listener, control) = (TcpListener::bind(any).await?, TcpListener::bind(any).await?);
        let chat = listener.local_addr()?;
        let sim = Sim::new(config(Dice::from_system()?.number(), Latency::FortyMillis));
        let (phone, served) = (sim.add_phone(PHONE)?, sim.clone());
        let tasks = Tasks::default();
        let stop = tasks.stop_token();
        tasks.start("simulator", async move {
            let stopped = async move { stop.cancelled().await };
            if let Err(error) = served.serve(listener, control, stopped).await {
                tracing::error!(%error, "the simulator ended");
            }
        });
        Ok(Self { chat, sim, phone, tasks })
    }

    /// The settings that point the gateway here.
    pub(crate) fn overrides(&self) -> Vec<Override> {
        let set = |key: &str, value: String| Override {
            key: key.to_owned(),
            value,
            flag: "--sandbox".to_owned(),
        };
        let chat = self.chat;
        vec![
            set("whatsapp.url", format!("ws://{chat}/ws/chat")),
            set("whatsapp.version_url", format!("http://{chat}/sw.js")),
        ]
    }

    /// The phone scans the code.
    pub(crate) async fn scan(&self, code: &QrText) -> anyhow::Result<()> {
        self.phone.scan(code.expose()).await?;
        Ok(())
    }

    /// Ends it, and tells what the gateway has done that WhatsApp would not like.
    pub(crate) async fn stop(self) {
        for found in self.sim.report().violations() {
            tracing::warn!(%found, "the simulator complains");
        }
        if !self.tasks.end_within(END_WITHIN).await {
            tracing::warn!("the simulator would not end");
        }
    }
}

/// A simulator's configuration at the present time.
pub(crate) fn config(seed: u64, latency: Latency) -> SimConfig {
    use waygate_core::clock::Clock as _;
    let now = SystemTime::from(waygate_engine::clock::SystemClock::start().now());
    SimConfig { seed, latency, epoch: now, ..SimConfig::default() }
}
