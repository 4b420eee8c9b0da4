//! The native API as commands call it.

use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use hyper::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use waygate_config::Settings;
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::State;
use waygate_http::site::Site;

use super::exchange::{self, Call, NoAnswer, Takes};
use super::remote::Remote;
use super::{refusal, socket};
use crate::data_directory::{DataDirectory, World, unusable};
use crate::exit::{Exit, Failure};
use crate::setup::{self, Running};

const BASE: &str = "/api/v1";

/// How long an instance may take to connect before a command goes on without.
const CONNECTS_WITHIN: Duration = Duration::from_secs(15);

/// What a command wants of a data directory that is not there yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// That it is made.
    Make,
    /// There is nothing to be found in it.
    Refuse,
}

/// Where calls go.
#[derive(Debug)]
pub(crate) enum Api {
    /// To the process that uses this data directory.
    Server(PathBuf),
    /// To an application in this process; nobody else uses the directory.
    Here(Box<Here>),
    /// To a server elsewhere.
    Remote(Remote),
}

/// An application in this process, of which no instance runs but those asked for.
#[derive(Debug)]
pub(crate) struct Here {
    running: Running,
    site: Site,
}

impl Api {
    /// Finds whoever serves the data directory, or takes it.
    pub(crate) async fn open(settings: &Settings, absent: Absent) -> Result<Self, Failure> {
        let directory = &settings.data_dir;
        if let Some(server) = Self::server(directory).await? {
            return Ok(server);
        }
        if absent == Absent::Refuse && !DataDirectory::is_begun(directory)? {
            let sentence = format!("there is no data of Waygate in {}", directory.display());
            return Err(Failure::new(Exit::NotFound, sentence));
        }
        // Before the directory is made and stamped: a mistake must not leave a trace.
        let link = setup::link_settings(settings)?;
        let directory = DataDirectory::take(directory, World::OF_THIS_BUILD).map_err(|failure| {
            let unanswered = ", which does not answer commands: it starts or ends just now, or is a \
                              command itself";
            if failure.exit() == Exit::InUse { failure.and(unanswered) } else { failure }
        })?;
        let running = Running::open(settings, link, directory).await?.if_readable().await?;
        let site = running.operators_site();
        Ok(Self::Here(Box::new(Here { running, site })))
    }

    async fn server(directory: &Path) -> Result<Option<Self>, Failure> {
        match socket::connect(directory).await {
            Ok(_answers) => Ok(Some(Self::Server(directory.to_owned()))),
            // Somebody else's. Taking the directory would fail as well, with a worse sentence.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                Err(unusable("the data directory", directory, "used", &error))
            }
            // There is no socket, or a killed process left it. Whether somebody uses the directory
            // all the same is what its lock says.
            Err(_) => Ok(None),
        }
    }

    /// Where the pages are of whoever is called: an address without a slash at its end, or words
    /// for it. None where nobody serves any.
    pub(crate) fn site(&self) -> Option<&str> {
        match self {
            Self::Remote(remote) => Some(remote.site()),
            Self::Server(_) => Some("http://ADDRESS-OF-THIS-SERVER"),
            Self::Here(_) => None,
        }
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call(Method::GET, path, None, Takes::Nothing).await
    }

    /// Reads something of which there may be news; the path asks for this wait.
    pub(crate) async fn wait<T: DeserializeOwned>(
        &self,
        path: &str,
        time: Duration,
    ) -> Result<T, Failure> {
        self.call(Method::GET, path, None, Takes::Waiting(time)).await
    }

    /// Makes something.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, Failure> {
        self.call(Method::POST, path, Some(body), Takes::Nothing).await
    }

    /// Changes what is named.
    pub(crate) async fn patch<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<T, Failure> {
        self.call(Method::PATCH, path, Some(body), Takes::Nothing).await
    }

    /// Does something that WhatsApp is to hear of.
    pub(crate) async fn act<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
    ) -> Result<T, Failure> {
        let body = json!({});
        let body = (method == Method::POST).then_some(&body);
        self.call(method, path, body, Takes::Deed).await
    }

    /// Ends something.
    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        self.call(Method::DELETE, path, None, Takes::Nothing).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        takes: Takes,
    ) -> Result<T, Failure> {
        let path = format!("{BASE}{path}");
        let call = Call { method, path: &path, body, takes };
        let answer = match self {
            Self::Server(directory) => {
                let stream = socket::connect(directory).await;
                let stream = stream.context("the running server has ended")?;
                let answer = exchange::over(stream, call, || tell_of_wait(directory)).await;
                answer.map_err(|why| unanswered(directory, why))?
            }
            Self::Here(here) => exchange::within(&here.site, call).await?,
            Self::Remote(remote) => remote.ask(call).await?,
        };
        if !answer.status.is_success() {
            return Err(refusal::failure(answer));
        }
        Ok(serde_json::from_value(answer.body).context("the server's answer is not understood")?)
    }

    /// Sees to it that an instance runs; in a server it does.
    pub(crate) async fn run_instance(&self, instance: InstanceId) -> Result<(), Failure> {
        match self {
            Self::Server(_) | Self::Remote(_) => Ok(()),
            Self::Here(here) => Ok(here.running.gateway.run_instance(instance).await?),
        }
    }

    /// Sees to it that an instance runs, and that a linked one is connected, so that WhatsApp hears
    /// what is done to it. When WhatsApp cannot be reached, that must not keep anybody from it.
    pub(crate) async fn connect_instance(&self, instance: InstanceId) -> Result<(), Failure> {
        self.run_instance(instance).await?;
        if let Self::Here(here) = self {
            let mut shown = here.running.gateway.watch_instance(instance)?;
            let arrived = tokio::time::timeout(CONNECTS_WITHIN, shown.wait_for(has_arrived)).await;
            if !matches!(arrived, Ok(Ok(_))) {
                tracing::warn!(%instance, "WhatsApp does not hear of this: it was not reached");
            }
        }
        Ok(())
    }

    /// Where other programs reach the APIs, when a server runs.
    pub(crate) fn served_at(&self) -> Option<String> {
        match self {
            // An address that means "all of them" is none to connect to.
            Self::Server(directory) => DataDirectory::served_at(directory)
                .filter(|address| !address.ip().is_unspecified())
                .map(|address| format!("http://{address}")),
            Self::Here(_) => None,
            Self::Remote(remote) => Some(remote.site().to_owned()),
        }
    }

    /// Ends what runs in this process.
    pub(crate) async fn close(self) {
        match self {
            Self::Server(_) | Self::Remote(_) => {}
            Self::Here(here) => here.running.stop().await,
        }
    }
}

/// Tells a person why nothing happens.
fn tell_of_wait(directory: &Path) {
    let mut screen = std::io::stderr();
    if screen.is_terminal() {
        // Nowhere left to tell that it is closed.
        drop(writeln!(screen, "waiting for the server on {} ...", directory.display()));
    }
}

fn unanswered(directory: &Path, why: NoAnswer) -> Failure {
    match why {
        NoAnswer::InTime(_) => {
            let server = format!("the server on {} does not answer", directory.display());
            Failure::of(Exit::InUse, anyhow::Error::from(why).context(server))
        }
        NoAnswer::Ended(_) => why.into(),
    }
}

/// Whether nothing is gained by waiting for the instance's connection.
fn has_arrived(machine: &Machine) -> bool {
    match machine.state() {
        State::Pending | State::Connecting { .. } | State::Offline { .. } => false,
        State::Stopped { .. }
        | State::Unlinked { .. }
        | State::Linking(_)
        | State::Online { .. }
        | State::Suspended { .. }
        | State::Banned
        | State::Failed { .. } => true,
    }
}
