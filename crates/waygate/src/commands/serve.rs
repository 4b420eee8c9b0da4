//! `waygate serve`: runs the instances and serves the APIs until it is told to end.

use tokio::net::TcpListener;
use waygate_config::Settings;

use crate::commands::cli::{Common, Serve};
use crate::commands::config;
use crate::data_directory::{DataDirectory, World};
use crate::exit::{Exit, Failure};
use crate::logging;
use crate::setup::{self, Listening, Running};
use crate::signals::Signals;
use crate::terminal::screen::Screen;

pub(crate) async fn run(common: Common, command: Serve) -> Result<(), Failure> {
    let settings = config::load(&common, command.listen.overrides())?;
    logging::start(settings.log)?;
    // Before the directory is made and stamped: a mistake must not leave a trace.
    let link = setup::link_settings(&settings)?;
    let (directory, listener) = take(&settings).await?;
    let running = Running::open(&settings, link, directory).await?;
    let mut signals = Signals::listen()?;
    let begun = async {
        let instances = running.start_instances().await?;
        let listening = running.serve(listener, &settings)?;
        tell(listening, instances)
    };
    let begun = begun.await;
    if begun.is_ok() {
        signals.next().await;
    }
    end(running, &mut signals).await;
    begun
}

async fn end(running: Running, signals: &mut Signals) {
    tracing::info!("ending; a signal now ends at once");
    tokio::select! {
        () = running.stop() => {}
        _signal = signals.next() => {}
    }
}

/// Takes the data directory and the address before anything runs: the most likely mistakes should be
/// the first.
pub(crate) async fn take(settings: &Settings) -> Result<(DataDirectory, TcpListener), Failure> {
    let path = &settings.data_dir;
    // Whoever has the address of a directory that was used before is told by its lock. A new one is
    // made for a process that can serve, and for no other.
    let early = if DataDirectory::is_stamped(path) { None } else { Some(bind(settings).await?) };
    let directory = DataDirectory::take(path, World::OF_THIS_BUILD)?;
    let listener = match early {
        Some(listener) => listener,
        None => bind(settings).await?,
    };
    Ok((directory, listener))
}

async fn bind(settings: &Settings) -> Result<TcpListener, Failure> {
    let address = settings.listen;
    TcpListener::bind(address).await.map_err(|error| {
        let sentence = format!("cannot listen on {address}: {error}; choose another with --listen");
        Failure::new(Exit::Usage, sentence)
    })
}

fn tell(listening: Listening, instances: usize) -> Result<(), Failure> {
    let mut screen = Screen::standard();
    if World::OF_THIS_BUILD == World::Sandbox {
        screen.say("SANDBOX: a simulated WhatsApp; nothing leaves this machine")?;
    }
    screen.say(&format!("listening on http://{}", listening.address))?;
    screen.say(&format!("running {instances} instances; Ctrl-C ends"))?;
    Ok(())
}
