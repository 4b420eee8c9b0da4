//! A gateway and a simulator in one process.
#![expect(clippy::expect_used, reason = "test code")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use waygate_core::clock::Clock;
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{QrCode, StateName};
use waygate_engine::Gateway;
use waygate_engine::dice::Dice;
use waygate_engine::instances::NewInstance;
use waygate_engine::keyring::Keyring;
use waygate_engine::look::{CODE_WITHIN, Look};
use waygate_engine::ports::Ports;
use waygate_engine::tasks::Tasks;
use waygate_link::WhatsApp;
use waygate_link::keys::KeyStore;
use waygate_link::network::{Network, Pipe, PipeSource};
use waygate_link::settings::{LinkSettings, VersionSource};
use waygate_sim::{Latency, Phone, RefusalKind, Report, Sim, SimConfig, ViolationKind};
use waygate_store::MemoryStore;
use waygate_vault::Vault;

use crate::clock::{EPOCH_S, TokioClock};
use crate::deadline;
use crate::frail_journal::FrailJournal;

/// The number of the phone in most tests.
pub const PHONE: &str = "15550001111";

/// How long anything may take in a test's own time unless it says otherwise.
pub const SOON: Duration = Duration::from_secs(30);

/// Connections into the simulator, as pipes; also where a test plants a panic.
#[derive(Debug)]
struct SimPipes {
    sim: Sim,
    panics_planted: AtomicUsize,
}

impl PipeSource for SimPipes {
    fn open(&self) -> std::io::Result<Pipe> {
        let pipe = self.sim.dial().map_err(std::io::Error::other)?;
        Ok(Pipe { to_server: pipe.to_server, from_server: pipe.from_server })
    }

    fn before_send(&self) {
        let planted = self.panics_planted.load(Ordering::SeqCst);
        if planted > 0 {
            self.panics_planted.store(planted - 1, Ordering::SeqCst);
            #[expect(clippy::panic, reason = "the planted panic")]
            {
                panic!("planted");
            }
        }
    }
}

/// A gateway, its keys, a simulator and a clock that belong together.
#[derive(Debug)]
pub struct World {
    /// The server.
    pub sim: Sim,
    /// The product.
    pub gateway: Gateway,
    /// The time.
    pub clock: Arc<dyn Clock>,
    keys: Arc<dyn KeyStore>,
    store: Arc<MemoryStore>,
    /// Before the store's.
    pub journal: Arc<FrailJournal>,
    pipes: Arc<SimPipes>,
    /// Whether the test has asked the simulator what was wrong.
    asked: bool,
}

/// No test ends without the simulator being asked what was wrong.
impl Drop for World {
    fn drop(&mut self) {
        if !self.asked && !std::thread::panicking() {
            judge(&self.sim.report(), &[]);
        }
    }
}

impl World {
    /// A world at the beginning of its time. Must be called on a paused runtime, first thing.
    ///
    /// # Panics
    ///
    /// When the library's clock was read before.
    pub fn new(latency: Latency) -> Self {
        Self::seeded(latency, SimConfig::default().seed)
    }

    /// As [`World::new`], with all chance of the simulator drawn from this seed.
    ///
    /// # Panics
    ///
    /// When the library's clock was read before.
    pub fn seeded(latency: Latency, seed: u64) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
        waygate_link::library_clock::install(&clock).expect("one world per process");
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_S.unsigned_abs());
        let sim = Sim::new(SimConfig { seed, latency, epoch, ..SimConfig::default() });
        let pipes = Arc::new(SimPipes { sim: sim.clone(), panics_planted: AtomicUsize::new(0) });
        let store = Arc::new(MemoryStore::default());
        let keys: Arc<dyn KeyStore> = Arc::new(vault(Arc::clone(&store)));
        let journal = Arc::new(FrailJournal::before(Arc::<MemoryStore>::clone(&store)));
        let gateway = gateway(&pipes, &keys, (&store, &journal), &clock);
        Self { sim, gateway, clock, keys, store, journal, pipes, asked: false }
    }

    /// Ends the gateway as a process ends, and starts another on the same keys and store.
    ///
    /// # Panics
    ///
    /// When the gateway leaves tasks behind.
    pub async fn restart_gateway(&mut self) {
        assert!(self.gateway.shut_down(SOON).await, "tasks were left behind");
        self.gateway = gateway(&self.pipes, &self.keys, (&self.store, &self.journal), &self.clock);
        self.gateway.start_instances().await.expect("a list of instances");
    }

    /// Lets this much of the world's time pass; whatever is due in it happens, in order.
    pub async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await; // allowed: virtual time, nothing is waited for
    }

    /// Lets the library panic at its next sends.
    pub fn plant_panics(&self, count: usize) {
        self.pipes.panics_planted.store(count, Ordering::SeqCst);
    }

    /// Creates and runs an instance.
    ///
    /// # Panics
    ///
    /// When it cannot be created.
    pub async fn instance(&self) -> Watched {
        let account = self.gateway.first_account().await.expect("an account").id;
        let new = NewInstance::unnamed(account);
        let created = self.gateway.create_instance(new).await.expect("an instance");
        self.watch(created.record.id)
    }

    /// Observes an instance that exists.
    ///
    /// # Panics
    ///
    /// When it does not run.
    pub fn watch(&self, id: InstanceId) -> Watched {
        let shown = self.gateway.watch_instance(id).expect("it runs");
        Watched { id, shown }
    }

    /// A code of this instance that can be scanned now.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn code(&self, instance: InstanceId) -> QrCode {
        let look = self.gateway.look_at_code(instance, CODE_WITHIN).await;
        #[expect(clippy::panic, reason = "test code")]
        let Ok(Look::Code(code)) = look else { panic!("no code: {look:?}") };
        assert!(code.expires_at > self.clock.now(), "an expired code was shown");
        code
    }

    /// The phone, made when it is missing.
    ///
    /// # Panics
    ///
    /// When the simulator takes no more phones.
    pub fn phone(&self) -> Phone {
        match self.sim.phone(PHONE) {
            Some(phone) => phone,
            None => self.sim.add_phone(PHONE).expect("a new phone"),
        }
    }

    /// A fresh instance, linked by the phone and online.
    ///
    /// # Panics
    ///
    /// When linking fails.
    pub async fn linked(&self) -> Watched {
        let mut instance = self.instance().await;
        let code = self.code(instance.id).await;
        self.phone().scan(code.text.expose()).await.expect("the phone accepts");
        instance.reaches(StateName::Online).await;
        instance
    }

    /// Starts a second gateway on the same keys and store, as nobody should.
    ///
    /// # Panics
    ///
    /// When there is no list of instances.
    pub async fn rival_gateway(&self) -> Gateway {
        let rival = gateway(&self.pipes, &self.keys, (&self.store, &self.journal), &self.clock);
        rival.start_instances().await.expect("a list of instances");
        rival
    }

    /// Ends a test: whatever the simulator did not know or had to refuse fails it.
    ///
    /// # Panics
    ///
    /// When it had to refuse something, or something crashed.
    pub async fn end_clean(self) {
        self.end(&[]).await;
    }

    /// Ends a test in which the simulator was made to refuse things: exactly those.
    ///
    /// # Panics
    ///
    /// When it had to refuse something else, did not refuse what it should have, or something
    /// crashed.
    pub async fn end(self, provoked: &[RefusalKind]) -> Report {
        let report = self.shut_down().await;
        judge(&report, provoked);
        report
    }

    /// Ends a test that plants violations of these kinds, as many as there may be: any other fails
    /// it.
    ///
    /// # Panics
    ///
    /// When the simulator has found something else, or something crashed.
    pub async fn end_with_planted(self, planted: &[ViolationKind]) {
        let mut found = self.shut_down().await.violations();
        found.retain(|violation| !planted.contains(&violation.kind));
        assert!(found.is_empty(), "the simulator complains of what was not planted: {found:?}");
    }

    /// Ends the gateway and asks the simulator.
    async fn shut_down(mut self) -> Report {
        self.asked = true;
        assert!(self.gateway.shut_down(SOON).await, "tasks were left behind");
        assert_eq!(self.gateway.crashes(), 0, "an actor crashed");
        self.sim.report()
    }
}

/// Fails a test whose simulator has something to complain of but refusals of these kinds, or whose
/// simulator had no such refusals to make.
///
/// # Panics
///
/// That is how it fails.
pub fn judge(report: &Report, provoked: &[RefusalKind]) {
    assert_eq!(report.is_clean_but_for(provoked), Ok(()), "the simulator complains");
    for kind in provoked {
        assert!(report.refusals.contains_key(kind), "{kind:?} was not refused");
    }
}

/// What ships, on the memory store.
fn vault(store: Arc<MemoryStore>) -> Vault {
    let dice = Dice::from_seed(2);
    Vault::new(store, Keyring::from_master(&[1; 32]).vault_key(), Arc::new(move || dice.bytes()))
}

fn gateway(
    pipes: &Arc<SimPipes>,
    keys: &Arc<dyn KeyStore>,
    (store, journal): (&Arc<MemoryStore>, &Arc<FrailJournal>),
    clock: &Arc<dyn Clock>,
) -> Gateway {
    let settings = LinkSettings {
        url: "ws://127.0.0.1:1/ws/chat".parse().expect("an address"),
        version: VersionSource::Fixed((2, 3000, 1_035_194_821)),
        ..LinkSettings::default()
    };
    let source: Arc<dyn PipeSource> = Arc::<SimPipes>::clone(pipes);
    let link = WhatsApp::new(settings, Network::InProcess(source), Arc::clone(keys))
        .expect("usable settings");
    let ports = Ports {
        linker: Arc::new(link),
        registry: Arc::<MemoryStore>::clone(store),
        journal: Arc::<FrailJournal>::clone(journal),
        notifications: Arc::<MemoryStore>::clone(store),
        audit: Arc::<MemoryStore>::clone(store),
        link_tickets: Arc::<MemoryStore>::clone(store),
        kept_answers: Arc::<MemoryStore>::clone(store),
        webhooks: Arc::<MemoryStore>::clone(store),
        outbox: Arc::<MemoryStore>::clone(store),
        clock: Arc::clone(clock),
    };
    Gateway::new(ports, Keyring::from_master(&[1; 32]), Dice::from_seed(1), Tasks::default())
}

/// An instance under observation.
#[derive(Debug)]
pub struct Watched {
    /// Its id.
    pub id: InstanceId,
    /// Its machine, as it changes.
    pub shown: watch::Receiver<Machine>,
}

impl Watched {
    /// Waits until the instance is in this state.
    pub async fn reaches(&mut self, name: StateName) -> Machine {
        self.reaches_within(SOON, name).await
    }

    /// Waits until the instance is in this state, at most this long.
    pub async fn reaches_within(&mut self, limit: Duration, name: StateName) -> Machine {
        let what = name.as_str();
        deadline::shown(&mut self.shown, limit, what, |machine| machine.state().name() == name)
            .await
    }
}
