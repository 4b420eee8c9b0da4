//! What the documentation claims of speed and time, measured. Each command prints what it measured,
//! as ratios where something is compared with something else of the same run.

#![expect(clippy::print_stdout, reason = "it is there to print")]

mod foreign_ids;
mod median;
mod simulator;
mod webhooks;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
enum Bench {
    /// How long the native API takes to refuse an id that does not exist, and one of another
    /// account: nobody may tell them apart by the time
    ForeignIds {
        /// How often each of the two is asked for
        #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
        requests: usize,
    },
    /// What the simulator needs, in a process of its own: linked devices that ping as clients do,
    /// and then texts between them
    Simulator {
        /// How many devices, each of an account of its own
        #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
        devices: usize,
        /// How many texts are written in a second
        #[arg(long, value_name = "COUNT", default_value_t = 200)]
        rate: u32,
        /// How long they are written, and before that not
        #[arg(long, value_name = "SECONDS", default_value_t = 60)]
        seconds: u64,
    },
    /// The simulator that is measured; the command above starts it
    #[command(hide = true)]
    SimulatorProcess,
    /// How long an event takes to a webhook endpoint that is well, from the moment that was meant for
    /// it
    Webhooks {
        /// How many events there are in a second
        #[arg(long, value_name = "COUNT", default_value_t = 200)]
        rate: u32,
        /// For how long
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        seconds: u32,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Bench::parse() {
        Bench::ForeignIds { requests } => foreign_ids::run(requests).await,
        Bench::Simulator { devices, rate, seconds } => {
            simulator::run(simulator::Load { devices, rate, seconds }).await
        }
        Bench::SimulatorProcess => simulator::serve().await,
        Bench::Webhooks { rate, seconds } => webhooks::run(rate, seconds).await,
    }
}
