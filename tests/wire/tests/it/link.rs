//! What the link itself tells: whether WhatsApp has heard of a logout, and what keys are worth.
#![expect(clippy::expect_used, clippy::panic, reason = "test code")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, watch};
use waygate_core::clock::Clock;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::message::arrival::Arrived;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker as _};
use waygate_core::reason::EndReason;
use waygate_link::WhatsApp;
use waygate_link::keys::{KeyStore as _, KeysInMemory};
use waygate_link::network::{Network, Pipe, PipeSource};
use waygate_link::settings::{LinkSettings, VersionSource};
use waygate_sim::{Fault, Latency, Phone, Sim, SimConfig, ViolationKind};
use waygate_testkit::clock::{EPOCH_S, TokioClock};
use waygate_testkit::world::{PHONE, SOON};

/// Longer than any limit of the link.
const EVENT_WITHIN: Duration = SOON;

/// Pipes into the simulator that can be made to swallow what the client sends.
#[derive(Debug)]
struct DeafPipes {
    sim: Sim,
    deaf: Arc<AtomicBool>,
    /// How many pipes were opened.
    opened: watch::Sender<usize>,
    /// How often something was swallowed.
    swallowed: watch::Sender<usize>,
}

impl PipeSource for DeafPipes {
    fn open(&self) -> std::io::Result<Pipe> {
        let pipe = self.sim.dial().map_err(std::io::Error::other)?;
        let (to_server, mut from_client) = mpsc::channel(64);
        let (deaf, swallowed) = (Arc::clone(&self.deaf), self.swallowed.clone());
        #[expect(clippy::disallowed_methods, reason = "test code")]
        tokio::task::spawn(async move {
            while let Some(bytes) = from_client.recv().await {
                if deaf.load(Ordering::SeqCst) {
                    swallowed.send_modify(|count| *count += 1);
                } else if pipe.to_server.send(bytes).await.is_err() {
                    return;
                }
            }
        });
        self.opened.send_modify(|count| *count += 1);
        Ok(Pipe { to_server, from_server: pipe.from_server })
    }
}

#[derive(Debug)]
struct Told(mpsc::UnboundedSender<LinkEvent>);

impl LinkSink for Told {
    fn deliver(&self, event: LinkEvent) -> Deed<'_, ()> {
        drop(self.0.send(event));
        Box::pin(std::future::ready(()))
    }

    fn receive(&self, _: Vec<Arrived>) -> Deed<'_, Result<(), Error>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A link, a simulator with one phone, and an instance.
struct Bench {
    sim: Sim,
    phone: Phone,
    link: WhatsApp,
    keys: Arc<KeysInMemory>,
    instance: InstanceId,
    deaf: Arc<AtomicBool>,
    opened: watch::Receiver<usize>,
    swallowed: watch::Receiver<usize>,
    /// What a test does that no client should.
    planted: Vec<ViolationKind>,
}

/// No test ends without the simulator being asked what was wrong: what was planted and nothing else.
impl Drop for Bench {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let report = self.sim.report();
            let found = report.violations();
            let kinds: Vec<_> = found.iter().map(|violation| violation.kind).collect();
            assert_eq!(kinds, self.planted, "the simulator complains: {found:?}");
            assert!(report.replaced.is_empty(), "online twice: {:?}", report.replaced);
        }
    }
}

struct Dialled {
    line: Box<dyn Line>,
    told: mpsc::UnboundedReceiver<LinkEvent>,
}

/// Waits until a count is larger than it was.
async fn grows(count: &watch::Receiver<usize>, before: usize) {
    let mut count = count.clone();
    let grown = tokio::time::timeout(EVENT_WITHIN, count.wait_for(|now| *now > before)).await;
    drop(grown.expect("it grows in time").expect("somebody counts"));
}

impl Bench {
    fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::start());
        waygate_link::library_clock::install(&clock).expect("one world per process");
        let epoch = SystemTime::UNIX_EPOCH + Duration::from_secs(EPOCH_S.unsigned_abs());
        let config = SimConfig { latency: Latency::FortyMillis, epoch, ..SimConfig::default() };
        let sim = Sim::new(config);
        let phone = sim.add_phone(PHONE).expect("a new phone");
        let deaf = Arc::new(AtomicBool::new(false));
        let ((opened, opens), (swallowed, swallows)) = (watch::channel(0), watch::channel(0));
        let pipes = DeafPipes { sim: sim.clone(), deaf: Arc::clone(&deaf), opened, swallowed };
        let settings = LinkSettings {
            url: "ws://127.0.0.1:1/ws/chat".parse().expect("an address"),
            version: VersionSource::Fixed((2, 3000, 1_035_194_821)),
            ..LinkSettings::default()
        };
        let network = Network::InProcess(Arc::new(pipes));
        let keys = Arc::new(KeysInMemory::default());
        let store = Arc::<KeysInMemory>::clone(&keys);
        let link = WhatsApp::new(settings, network, store).expect("usable settings");
        let instance = InstanceId::from_random_bytes([1; 16]);
        let (opened, swallowed, planted) = (opens, swallows, Vec::new());
        Self { sim, phone, link, keys, instance, deaf, opened, swallowed, planted }
    }

    fn dial(&self) -> Dialled {
        let (sender, told) = mpsc::unbounded_channel();
        Dialled { line: self.link.dial(self.instance, Arc::new(Told(sender))), told }
    }

    /// A connection of an instance that the phone has linked.
    async fn online(&self) -> Dialled {
        let mut linking = self.dial();
        let LinkEvent::QrIssued { text, .. } = linking.next().await else { panic!("no code") };
        self.phone.scan(text.expose()).await.expect("the phone accepts");
        assert_eq!(linking.end().await, EndReason::RestartRequired);
        let mut online = self.dial();
        while !matches!(online.next().await, LinkEvent::Connected { .. }) {}
        online
    }
}

impl Dialled {
    async fn next(&mut self) -> LinkEvent {
        let event = tokio::time::timeout(EVENT_WITHIN, self.told.recv()).await;
        event.expect("an event in time").expect("it has not ended")
    }

    /// Waits for the end and returns its reason.
    async fn end(mut self) -> EndReason {
        loop {
            if let LinkEvent::Ended(reason) = self.next().await {
                return reason;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_whatsapp_confirms_ends_as_a_logout() {
    let bench = Bench::new();
    let online = bench.online().await;
    online.line.log_out();
    assert_eq!(online.end().await, EndReason::LoggedOutByUs);
    assert_eq!(bench.phone.devices(), []);
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_whatsapp_does_not_answer_ends_as_a_hang_up() {
    let bench = Bench::new();
    let online = bench.online().await;
    bench.deaf.store(true, Ordering::SeqCst);
    online.line.log_out();
    assert_eq!(online.end().await, EndReason::HungUp);
    assert_eq!(bench.phone.devices().len(), 1, "it stays on the phone");
}

#[tokio::test(start_paused = true)]
async fn a_logout_that_a_lost_connection_overtakes_ends_as_a_hang_up() {
    let bench = Bench::new();
    let online = bench.online().await;
    bench.deaf.store(true, Ordering::SeqCst);
    online.line.log_out();
    grows(&bench.swallowed, 0).await;
    bench.sim.inject(Fault::cut().on(PHONE));
    assert_eq!(online.end().await, EndReason::HungUp);
    assert_eq!(bench.phone.devices().len(), 1, "it stays on the phone");
}

#[tokio::test(start_paused = true)]
async fn a_logout_before_the_connection_stands_ends_as_a_hang_up() {
    let bench = Bench::new();
    drop(bench.online().await);
    bench.sim.inject(Fault::HangDials.times(1));
    let before = *bench.opened.borrow();
    let dialled = bench.dial();
    grows(&bench.opened, before).await;
    dialled.line.log_out();
    assert_eq!(dialled.end().await, EndReason::HungUp);
    assert_eq!(bench.phone.devices().len(), 1, "it stays on the phone");
}

#[tokio::test(start_paused = true)]
async fn a_link_that_was_cut_off_half_way_is_offered_a_code_again() {
    let mut bench = Bench::new();
    // To WhatsApp it looks like keys that were lost, which in a way they were.
    bench.planted.push(ViolationKind::CredentialsDeleted);
    drop(bench.online().await);
    assert!(bench.link.linked_account(bench.instance).await.unwrap().is_some());
    let row = bench.keys.open(bench.instance).await.unwrap();
    let mut device = row.load().await.unwrap().expect("it was linked");
    device.account = None;
    row.save(&device).await.unwrap();

    assert_eq!(bench.link.linked_account(bench.instance).await.unwrap(), None);
    drop(bench.online().await);
    let account = bench.link.linked_account(bench.instance).await.unwrap();
    assert_eq!(account.expect("it is linked anew").phone, PHONE);
}
