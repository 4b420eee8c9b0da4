//! `waygate sim`: a simulated WhatsApp for other people's tests.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use waygate_engine::dice::Dice;
use waygate_sim::{Latency, Sim};

use crate::commands::cli;
use crate::commands::operate::print;
use crate::commands::sandbox::config;
use crate::exit::{Exit, Failure};

pub(crate) async fn run(command: cli::Sim) -> Result<(), Failure> {
    let latency = match command.latency {
        0 => Latency::None,
        40 => Latency::FortyMillis,
        _ => return Err(Failure::new(Exit::Usage, "--latency is 0 or 40")),
    };
    let (chat, control) = (bind(command.listen).await?, bind(command.control).await?);
    let seed = match command.seed {
        Some(seed) => seed,
        None => Dice::from_system()?.number(),
    };
    let (listen, steer) = (chat.local_addr()?, control.local_addr()?);
    let sim = Sim::new(config(seed, latency));
    print(&format!(
        "simulated WhatsApp at ws://{listen}/ws/chat, version page at http://{listen}/sw.js\n\
         control API at http://{steer}; seed {seed}; Ctrl-C ends it\n"
    ))?;
    let stop = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "Ctrl-C cannot be heard");
        }
    };
    sim.serve(chat, control, stop).await?;
    Ok(())
}

/// The simulator hands out whole accounts to whoever asks: it listens on loopback only.
async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    if !address.ip().is_loopback() {
        let sentence =
            format!("{address} is not a loopback address; the simulator serves no other");
        return Err(Failure::new(Exit::Usage, sentence));
    }
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Failure::new(Exit::Usage, format!("cannot listen on {address}: {error}")))
}
