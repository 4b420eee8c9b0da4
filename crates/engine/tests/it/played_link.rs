//! A link that does what a test tells it, and remembers what was asked of it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "test code")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use waygate_core::account::LinkedAccount;
use waygate_core::clock::Clock;
use waygate_core::error::Error;
use waygate_core::id::{AccountId, InstanceId};
use waygate_core::instance::settings::Settings;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::EndReason;
use waygate_core::secret::{PairingText, QrText};
use waygate_engine::Gateway;
use waygate_engine::clock::SystemClock;
use waygate_engine::dice::Dice;
use waygate_engine::instances::{InstanceWithToken, NewInstance};
use waygate_engine::keyring::Keyring;
use waygate_engine::ports::Ports;
use waygate_engine::tasks::Tasks;
use waygate_store::MemoryStore;

#[derive(Default)]
struct Seen {
    sinks: BTreeMap<InstanceId, Arc<dyn LinkSink>>,
    dials: usize,
    open: usize,
    open_most: usize,
    forgotten: usize,
    logouts: usize,
    /// The phones for which pairing codes were asked.
    phones: Vec<PhoneNumber>,
    panics_left: usize,
    /// Look-ups of keys under way, and the most that there were.
    recalls: usize,
    recalls_most: usize,
    paired_at_hang_up: bool,
}

#[derive(Clone, Default)]
pub(crate) struct PlayedLink {
    seen: Arc<Mutex<Seen>>,
    dialled: Arc<Notify>,
    asked: Arc<Notify>,
    linked: Option<LinkedAccount>,
    store: Arc<MemoryStore>,
}

impl std::fmt::Debug for PlayedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlayedLink")
    }
}

impl PlayedLink {
    /// A link whose instances have keys already.
    pub(crate) fn linked() -> Self {
        Self { linked: Some(account()), ..Self::default() }
    }

    /// An application on this link and on its store, which outlives applications.
    pub(crate) fn gateway(&self) -> Gateway {
        self.gateway_on(Arc::<MemoryStore>::clone(&self.store))
    }

    /// The same with a journal of the test's own.
    pub(crate) fn gateway_on(&self, journal: Arc<dyn Journal>) -> Gateway {
        self.gateway_of(journal, Arc::new(SystemClock))
    }

    /// The same with a clock of the test's own.
    pub(crate) fn gateway_at(&self, clock: Arc<dyn Clock>) -> Gateway {
        self.gateway_of(Arc::<MemoryStore>::clone(&self.store), clock)
    }

    fn gateway_of(&self, journal: Arc<dyn Journal>, clock: Arc<dyn Clock>) -> Gateway {
        let registry = Arc::<MemoryStore>::clone(&self.store);
        let ports = Ports { linker: Arc::new(self.clone()), registry, journal, clock };
        let keyring = Keyring::from_master(&[7; 32]);
        Gateway::new(ports, keyring, Dice::from_seed(1), Tasks::default())
    }

    /// What the applications on this link remember.
    pub(crate) fn store(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.store)
    }

    pub(crate) fn panic_at_next_dials(&self, count: usize) {
        self.seen.lock().unwrap().panics_left = count;
    }

    /// The next connection that is closed has just been accepted by a phone.
    pub(crate) fn pair_at_next_hang_up(&self) {
        self.seen.lock().unwrap().paired_at_hang_up = true;
    }

    pub(crate) fn dials(&self) -> usize {
        self.seen.lock().unwrap().dials
    }

    pub(crate) fn open_most(&self) -> usize {
        self.seen.lock().unwrap().open_most
    }

    pub(crate) fn recalls_most(&self) -> usize {
        self.seen.lock().unwrap().recalls_most
    }

    pub(crate) fn logouts(&self) -> usize {
        self.seen.lock().unwrap().logouts
    }

    /// Waits until there have been so many connections.
    pub(crate) async fn dialled(&self, count: usize) {
        let dialled = async {
            loop {
                let told = self.dialled.notified();
                if self.dials() == count {
                    break;
                }
                told.await;
            }
        };
        within(dialled).await;
    }

    /// Waits until so many pairing codes were asked for; answers with the last one's phone.
    pub(crate) async fn asked_for_pairing_code(&self, count: usize) -> PhoneNumber {
        let asked = async {
            loop {
                let told = self.asked.notified();
                let seen = self.seen.lock().unwrap().phones.clone();
                match seen.last() {
                    Some(last) if seen.len() == count => break last.clone(),
                    Some(_) | None => told.await,
                }
            }
        };
        within(asked).await
    }

    pub(crate) fn forgotten(&self) -> usize {
        self.seen.lock().unwrap().forgotten
    }

    /// Waits until the instance has dialled and tells its newest connection this.
    pub(crate) async fn tell(&self, instance: InstanceId, event: LinkEvent) {
        let ended = matches!(event, LinkEvent::Ended(_));
        let sink = within(async {
            loop {
                let dialled = self.dialled.notified();
                let found = self.seen.lock().unwrap().sinks.get(&instance).cloned();
                match found {
                    Some(sink) => break sink,
                    None => dialled.await,
                }
            }
        });
        let sink = sink.await;
        if ended {
            let mut seen = self.seen.lock().unwrap();
            seen.open -= 1;
            seen.sinks.remove(&instance);
        }
        sink.deliver(event).await;
    }
}

/// An instance to create.
pub(crate) fn new_instance(account: AccountId) -> NewInstance {
    let (name, settings) = ("shop".to_owned(), Settings::default());
    NewInstance { account, name, settings, number: None, token: None }
}

/// Creates an instance in the first account.
pub(crate) async fn create(gateway: &Gateway) -> InstanceWithToken {
    let account = gateway.first_account().await.unwrap().id;
    gateway.create_instance(new_instance(account)).await.unwrap()
}

pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it took too long")
}

pub(crate) fn code(text: &str) -> LinkEvent {
    LinkEvent::QrIssued { text: QrText::new(text), valid_for: Duration::from_secs(60) }
}

pub(crate) fn pairing_code(text: &str) -> LinkEvent {
    let valid_for = Duration::from_secs(180);
    LinkEvent::PairingCodeIssued { text: PairingText::new(text), valid_for }
}

pub(crate) fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 1 }
}

struct PlayedLine {
    seen: Arc<Mutex<Seen>>,
    asked: Arc<Notify>,
    sink: Arc<dyn LinkSink>,
    instance: InstanceId,
}

impl std::fmt::Debug for PlayedLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlayedLine")
    }
}

impl PlayedLine {
    fn end(&self, reason: EndReason) {
        let mut seen = self.seen.lock().unwrap();
        seen.open -= 1;
        seen.sinks.remove(&self.instance);
        let sink = Arc::clone(&self.sink);
        let paired = std::mem::take(&mut seen.paired_at_hang_up);
        #[expect(clippy::disallowed_methods, reason = "a test")]
        tokio::task::spawn(async move {
            if paired {
                sink.deliver(LinkEvent::Paired(account())).await;
            }
            sink.deliver(LinkEvent::Ended(reason)).await;
        });
    }
}

impl Line for PlayedLine {
    fn hang_up(&self) {
        self.end(EndReason::HungUp);
    }

    fn log_out(&self) {
        self.seen.lock().unwrap().logouts += 1;
        self.end(EndReason::LoggedOutByUs);
    }

    fn request_pairing_code(&self, phone: &PhoneNumber) {
        self.seen.lock().unwrap().phones.push(phone.clone());
        self.asked.notify_waiters();
    }

    fn set_profile_picture(&self, _: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        Box::pin(async { Ok(None) })
    }
}

impl Linker for PlayedLink {
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line> {
        let mut seen = self.seen.lock().unwrap();
        if seen.panics_left > 0 {
            seen.panics_left -= 1;
            drop(seen);
            panic!("planted");
        }
        seen.dials += 1;
        seen.open += 1;
        seen.open_most = seen.open_most.max(seen.open);
        seen.sinks.insert(instance, Arc::clone(&sink));
        self.dialled.notify_waiters();
        let (seen, asked) = (Arc::clone(&self.seen), Arc::clone(&self.asked));
        Box::new(PlayedLine { seen, asked, sink, instance })
    }

    fn linked_account(&self, _: InstanceId) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async {
            let count = |add: bool| {
                let mut seen = self.seen.lock().unwrap();
                seen.recalls = if add { seen.recalls + 1 } else { seen.recalls - 1 };
                seen.recalls_most = seen.recalls_most.max(seen.recalls);
            };
            count(true);
            tokio::task::yield_now().await;
            count(false);
            Ok(self.linked.clone())
        })
    }

    fn forget(&self, _: InstanceId) -> Deed<'_, Result<(), Error>> {
        self.seen.lock().unwrap().forgotten += 1;
        Box::pin(async { Ok(()) })
    }
}
