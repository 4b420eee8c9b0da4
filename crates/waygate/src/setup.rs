//! The parts put together: from settings to a running application.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use waygate_core::token::TokenKind;

use tokio::net::TcpListener;
use waygate_config::{RateLimits, Settings, VersionSource};
use waygate_core::clock::Clock;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::port::registry::InstanceFilter;
use waygate_dialect_native::Door;
use waygate_engine::Gateway;
use waygate_engine::clock::SystemClock;
use waygate_engine::dice::Dice;
use waygate_engine::events::EventLimits;
use waygate_engine::files::FileSettings;
use waygate_engine::instances::{InstanceWithToken, NewInstance};
use waygate_engine::keyring::Keyring;
use waygate_engine::ports::Ports;
use waygate_engine::pusher::Wordings;
use waygate_engine::tasks::Tasks;
use waygate_http::listener::{self, Limits};
use waygate_http::outbound::{Client, Policy, SystemNames};
use waygate_http::proxies::TrustedProxies;
use waygate_http::site::Site;
use waygate_link::WhatsApp;
use waygate_link::network::Network;
use waygate_link::settings::{LinkSettings, SettingsProblem};
use waygate_store_sqlite::{OpenError, SqliteStore};
use waygate_vault::{OldFileError, OldKeyFiles, Vault};

use crate::control::socket;
use crate::data_directory::{DataDirectory, unusable};
use crate::exit::{Exit, Failure};
use crate::master_key;
use crate::open_files;

/// How long requests, connections to WhatsApp and the store may take to end, each. An instance may
/// take thirty seconds to close its connection, and writes down that it ended.
const END_WITHIN: Duration = Duration::from_secs(40);

/// What to do about a sandbox build that is pointed at the real world.
const NO_SANDBOX: &str = "to connect to WhatsApp itself, build without the feature, by \
     `cargo build --release -p waygate`; against a simulated one, run `waygate quickstart --sandbox`";

/// The link's settings out of everybody's, when this build can use them.
pub(crate) fn link_settings(settings: &Settings) -> Result<LinkSettings, Failure> {
    let link = translated(settings);
    let found = link.problems();
    if found.is_empty() {
        return Ok(link);
    }
    let elsewhere = |problem| matches!(problem, &SettingsProblem::NotLoopback { .. });
    let mut problems: Vec<String> = found.iter().map(ToString::to_string).collect();
    if found.iter().any(elsewhere) {
        problems.push(NO_SANDBOX.to_owned());
    }
    Err(Failure::new(Exit::Usage, problems.join("\n")))
}

fn translated(settings: &Settings) -> LinkSettings {
    let whatsapp = &settings.whatsapp;
    let version = match &whatsapp.version {
        VersionSource::Fixed(version) => waygate_link::settings::VersionSource::Fixed(*version),
        VersionSource::LookedUp(url) => {
            waygate_link::settings::VersionSource::LookedUp(url.clone())
        }
    };
    LinkSettings {
        url: whatsapp.url.clone(),
        version,
        device_name: whatsapp.device_name.clone(),
        camera_link: whatsapp.camera_link,
        ..LinkSettings::default()
    }
}

/// An application on a data directory.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) gateway: Gateway,
    pub(crate) clock: Arc<dyn Clock>,
    vault: Arc<Vault>,
    store: Arc<SqliteStore>,
    /// Which receivers of events may be named.
    outbound: Policy,
    /// What serves requests; ends first.
    serving: Tasks,
    /// What sends to the receivers that users named. Ends after whatever has it send, which would take
    /// it for their failure.
    sending: Tasks,
    /// What writes to the disk; ends last.
    storing: Tasks,
    /// Held until everything has ended.
    directory: DataDirectory,
}

/// Where the APIs are served.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
}

/// How much of what happened is kept.
fn event_limits(settings: &Settings) -> EventLimits {
    let waygate_config::Events { kept_for, kept_max, waiting_for, waiting_max } = settings.events;
    EventLimits { kept_for, kept_max, waiting_for, waiting_max }
}

impl Running {
    /// Opens the data directory and puts the application together. No instance runs yet.
    pub(crate) async fn open(
        settings: &Settings,
        link: LinkSettings,
        directory: DataDirectory,
    ) -> Result<Self, Failure> {
        let dice = Dice::from_system()?;
        let master = master_key::load(&settings.secrets, &directory, &dice)?;
        let nonces = Dice::from_system()?;
        directory.check_database()?;
        let opened = SqliteStore::open(&directory.database()).await;
        let (store, writer) = opened.map_err(|error| unopened(&directory, error))?;
        let (store, storing) = (Arc::new(store), Tasks::default());
        storing.start("store writer", async move {
            if let Err(error) = writer.run().await {
                tracing::error!(cause = error.with_causes(), "the store did not end well");
            }
        });
        let keyring = Keyring::from_master(&master);
        let records: Arc<SqliteStore> = Arc::clone(&store);
        let vault = Vault::new(records, keyring.vault_key(), Arc::new(move || nonces.bytes()));
        let vault = Arc::new(vault);
        let link = match WhatsApp::new(link, Network::Websocket, Arc::<Vault>::clone(&vault)) {
            Ok(link) => link,
            Err(error) => {
                store.close().await;
                return Err(Failure::new(Exit::Usage, error));
            }
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let ports = Ports {
            linker: Arc::new(link),
            registry: Arc::<SqliteStore>::clone(&store),
            journal: Arc::<SqliteStore>::clone(&store),
            notifications: Arc::<SqliteStore>::clone(&store),
            audit: Arc::<SqliteStore>::clone(&store),
            link_tickets: Arc::<SqliteStore>::clone(&store),
            kept_answers: Arc::<SqliteStore>::clone(&store),
            webhooks: Arc::<SqliteStore>::clone(&store),
            outbox: Arc::<SqliteStore>::clone(&store),
            clock: Arc::clone(&clock),
        };
        let bound = keyring.bind(&*store, &dice).await;
        let limits = event_limits(settings);
        let gateway = Gateway::keeping(limits, ports, keyring, dice, Tasks::default());
        let (serving, sending) = (Tasks::default(), Tasks::default());
        let outbound = Policy::default()
            .and_networks(settings.outbound.allow.iter().copied())
            .with_ports(settings.outbound.ports.iter().cloned());
        let running =
            Self { gateway, clock, vault, store, outbound, serving, sending, storing, directory };
        let begun = match bound {
            Ok(()) => running.move_old_keys().await,
            Err(error) => Err(unread(&running.directory, error)),
        };
        match begun {
            Ok(()) => Ok(running),
            Err(failure) => {
                running.stop().await;
                Err(failure)
            }
        }
    }

    /// Ends it again where the list of instances cannot be read: better one sentence on the database
    /// than a request that fails.
    pub(crate) async fn if_readable(self) -> Result<Self, Failure> {
        match self.gateway.instances(InstanceFilter::default()).await {
            Ok(_all) => Ok(self),
            Err(error) => {
                let failure = unread(&self.directory, error);
                self.stop().await;
                Err(failure)
            }
        }
    }

    /// Runs every instance; tells how many.
    pub(crate) async fn start_instances(&self) -> Result<usize, Failure> {
        let started = self.gateway.start_instances().await;
        started.map_err(|error| unread(&self.directory, error))
    }

    /// The instance that was created first; a new one when there is none.
    pub(crate) async fn first_instance(&self) -> Result<InstanceWithToken, Failure> {
        let filter = InstanceFilter::default();
        let listed = self.gateway.list_instances(filter, TokenKind::Instance).await?;
        if let Some(first) = listed.into_iter().next() {
            return Ok(first);
        }
        let account = self.gateway.first_account().await?.id;
        Ok(self.gateway.create_instance(NewInstance::unnamed(account)).await?)
    }

    /// Directories of earlier versions have keys in files, and the oldest no list of instances. Before
    /// anything runs: without its keys an instance would be linked anew.
    async fn move_old_keys(&self) -> Result<(), Failure> {
        let files = OldKeyFiles::in_folder(self.directory.keys());
        let found = files.instances();
        for instance in found.map_err(|error| unreadable_keys(&self.directory, &error))? {
            if !self.is_taken_in(instance).await? {
                continue;
            }
            let moved = files.move_into(&self.vault, instance).await;
            moved.map_err(|error| unmoved(&files.file(instance), error))?;
            tracing::info!(%instance, "its keys were moved from a file into the database, sealed");
        }
        Ok(())
    }

    /// Whether there is an instance for these keys; it is made when there never was one.
    async fn is_taken_in(&self, instance: InstanceId) -> Result<bool, Failure> {
        let known = self.gateway.instance(instance).await;
        if known.map_err(|error| unread(&self.directory, error))?.is_some() {
            return Ok(true);
        }
        let owner = self.gateway.first_account().await?;
        match self.gateway.adopt_instance(instance, owner.id).await {
            Ok(_) => {
                tracing::warn!(%instance, "keys without an instance were taken in");
                Ok(true)
            }
            // Of an instance that was removed long ago: no reason to keep the others down.
            Err(error) => {
                let cause = error.with_causes();
                tracing::error!(%instance, cause, "keys could not be taken in");
                Ok(false)
            }
        }
    }

    /// Serves the APIs until [`Running::stop`], and commands on the control socket.
    pub(crate) fn serve(
        &self,
        listener: TcpListener,
        settings: &Settings,
    ) -> std::io::Result<Listening> {
        let address = listener.local_addr()?;
        self.hand_out_files(settings, address);
        self.deliver_webhooks()?;
        let site = self.site(settings).with_request_seed(self.gateway.random_number());
        let tasks = self.serving.clone();
        let wanted = Limits::default();
        let connections_max = open_files::connections_that_fit(wanted.connections_max);
        let limits = Limits { connections_max, ..wanted };
        self.serving.start("listener", async move {
            listener::serve(listener, site, limits, &tasks).await;
        });
        // Before the socket, since a command that it answers also looks for the address.
        self.directory.note_address(address)?;
        let served = socket::serve(self.directory.path(), self.operators_site(), &self.serving);
        if let Err(error) = served {
            // Some file systems have no sockets. The APIs are worth more than the commands.
            tracing::warn!(%error, "commands cannot reach this process: no control socket");
        }
        Ok(Listening { address })
    }

    /// Says where files are served: where others reach this gateway, or where it listens.
    fn hand_out_files(&self, settings: &Settings, address: SocketAddr) {
        let base = settings.http.public_url.clone().unwrap_or_else(|| {
            let any = address.ip().is_unspecified();
            // Where it listens everywhere, at least this machine knows one of its addresses.
            let ip = if any { IpAddr::from(Ipv4Addr::LOCALHOST) } else { address.ip() };
            format!("http://{}", SocketAddr::new(ip, address.port()))
        });
        let bytes_max = settings.media.bytes_max;
        self.gateway.hand_out_files(FileSettings { base, bytes_max });
    }

    /// Sends events to the receivers that users named.
    fn deliver_webhooks(&self) -> std::io::Result<()> {
        let names = Arc::new(SystemNames);
        let client = Client::new(self.outbound.clone(), names, self.sending.clone());
        let client = Arc::new(client.map_err(std::io::Error::other)?);
        let outbound: Arc<Client> = Arc::clone(&client);
        self.gateway.deliver_webhooks(outbound, waygate_dialect_native::envelope);
        let wordings = Wordings {
            notification: waygate_dialect_greenapi::push,
            envelope: waygate_dialect_hypersender::push,
        };
        self.gateway.push_notifications(client, wordings);
        Ok(())
    }

    /// What everybody is served; where two parts claim one path, the earlier one has it.
    fn site(&self, settings: &Settings) -> Site {
        let greenapi = waygate_dialect_greenapi::Settings {
            rate_limits: match settings.greenapi.rate_limits {
                RateLimits::Published => waygate_dialect_greenapi::RateLimits::Published,
                RateLimits::Off => waygate_dialect_greenapi::RateLimits::Off,
            },
            outbound: self.outbound.clone(),
            ..waygate_dialect_greenapi::Settings::default()
        };
        let hypersender = waygate_dialect_hypersender::Settings {
            rate_limits: match settings.hypersender.rate_limits {
                RateLimits::Published => waygate_dialect_hypersender::RateLimits::Published,
                RateLimits::Off => waygate_dialect_hypersender::RateLimits::Off,
            },
            outbound: self.outbound.clone(),
            ..waygate_dialect_hypersender::Settings::default()
        };
        let native = waygate_dialect_native::Settings {
            rate_limits: match settings.native.rate_limits {
                RateLimits::Published => waygate_dialect_native::RateLimits::Published,
                RateLimits::Off => waygate_dialect_native::RateLimits::Off,
            },
            outbound: self.outbound.clone(),
            ..waygate_dialect_native::Settings::at(Door::Keyed)
        };
        Site::new(vec![
            waygate_dialect_greenapi::surface(self.gateway.clone(), greenapi),
            waygate_dialect_hypersender::surface(self.gateway.clone(), hypersender),
            waygate_dialect_native::reference(),
            waygate_dialect_native::files(self.gateway.clone()),
            waygate_dialect_native::surface(self.gateway.clone(), native),
            waygate_pages::surface(self.gateway.clone()),
        ])
        .with_proxies(TrustedProxies::new(settings.http.trusted_proxies.iter().copied()))
    }

    /// What commands are served: the native API, which asks them for no token.
    pub(crate) fn operators_site(&self) -> Site {
        let native = waygate_dialect_native::Settings {
            outbound: self.outbound.clone(),
            ..waygate_dialect_native::Settings::at(Door::Operator)
        };
        Site::new(vec![waygate_dialect_native::surface(self.gateway.clone(), native)])
            .with_request_seed(self.gateway.random_number())
    }

    /// Ends everything, in the order in which it leans on another.
    pub(crate) async fn stop(self) {
        note_end("requests", self.serving.end_within(END_WITHIN).await);
        note_end("instances", self.gateway.shut_down(END_WITHIN).await);
        note_end("deliveries", self.sending.end_within(END_WITHIN).await);
        self.store.close().await;
        note_end("the store", self.storing.end_within(END_WITHIN).await);
    }
}

/// The folder of old key files cannot be read.
fn unreadable_keys(directory: &DataDirectory, error: &std::io::Error) -> Failure {
    unusable("the directory", &directory.keys(), "read", error)
}

/// The keys of an instance stay in their file, so nothing may run.
fn unmoved(file: &Path, error: OldFileError) -> Failure {
    let error = anyhow::Error::from(error);
    let error = error.context(format!("cannot move the keys in {}", file.display()));
    Failure::of(Exit::Usage, error).and("; without that file its account would be linked anew")
}

/// The database was refused as a whole.
fn unopened(directory: &DataDirectory, error: OpenError) -> Failure {
    let what = match error {
        OpenError::Foreign | OpenError::Damaged(_) => ": put a copy of it back".to_owned(),
        OpenError::TooNew { .. } | OpenError::NoSharedLog | OpenError::Unusable(_) | _ => {
            String::new()
        }
    };
    let file = directory.database();
    let error = anyhow::Error::from(error).context(format!("cannot use {}", file.display()));
    Failure::of(Exit::Usage, error).and(&what)
}

/// The database was opened, and does not give what is in it.
fn unread(directory: &DataDirectory, error: Error) -> Failure {
    match error.kind() {
        Kind::Internal => {
            let file = directory.database();
            let error =
                anyhow::Error::from(error).context(format!("cannot use {}", file.display()));
            Failure::of(Exit::Usage, error).and("; if it is damaged, put a copy of it back")
        }
        // Another master key than the one with which it was made.
        Kind::Invalid => Failure::new(Exit::Usage, error),
        Kind::NotFound
        | Kind::Conflict
        | Kind::WrongState
        | Kind::Limited { .. }
        | Kind::Unreachable => error.into(),
    }
}

fn note_end(what: &'static str, ended: bool) {
    if !ended {
        tracing::warn!(what, "it would not end in time");
    }
}
