//! A link that does what a test tells it, and remembers what was asked of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

mod line;

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use waygate_core::account::LinkedAccount;
use waygate_core::error::Kind;
use waygate_core::id::InstanceId;
use waygate_core::instance::passkey::PasskeyAssertion;
use waygate_core::message::outgoing::{Outgoing, Unsent};
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{LinkEvent, LinkSink};
use waygate_core::reason::EndReason;
use waygate_core::secret::{PairingText, QrText};
use waygate_store::MemoryStore;

use crate::clock::PausedClock;
use crate::deadline::PATIENCE;

/// What the played WhatsApp makes of requests about the profile picture.
#[derive(Debug, Clone, Copy, Default)]
pub enum Pictures {
    /// Takes every picture, and tells where the account's is.
    #[default]
    Taken,
    /// Takes and tells none, for this reason.
    Refused(Kind),
    /// Never answers.
    Silent,
}

/// What the played WhatsApp makes of messages.
#[derive(Debug, Clone, Copy, Default)]
pub enum Sending {
    /// Takes every message.
    #[default]
    Taken,
    /// Takes none, for this reason.
    Unsent(Unsent),
    /// Never answers.
    Silent,
}

/// What the played WhatsApp makes of requests for files.
#[derive(Debug, Clone, Copy, Default)]
pub enum Hosts {
    /// Gives of every file its path, as the file.
    #[default]
    Giving,
    /// Gives none, for this reason.
    Refusing(Kind),
}

struct Connection {
    instance: InstanceId,
    sink: Arc<dyn LinkSink>,
    /// The phone for which a pairing code was asked.
    asked: Option<PhoneNumber>,
    /// The answer of a passkey that was given.
    answered: Option<PasskeyAssertion>,
    /// Whether the code that follows was confirmed.
    confirmed: bool,
}

#[derive(Default)]
struct Seen {
    /// The connections that are open, by the number of their dial.
    open: BTreeMap<usize, Connection>,
    open_most: usize,
    dials: usize,
    forgotten: usize,
    /// Whether the next destructions of keys succeed, as far as a test says it.
    forgets: VecDeque<bool>,
    logouts: usize,
    logouts_are_lost: bool,
    /// Look-ups of keys from now on that fail.
    recalls_to_fail: usize,
    /// Look-ups of keys under way, and the most that there were.
    recalls: usize,
    recalls_most: usize,
    pictures: Pictures,
    pictures_taken: Vec<Vec<u8>>,
    /// What becomes of the next messages, and then of all further ones.
    next_sending: VecDeque<Sending>,
    sending: Sending,
    /// When each message was sent, whatever became of it.
    sent: Vec<(Instant, Outgoing)>,
    hosts: Hosts,
    files_asked: usize,
    panics_left: usize,
    paired_at_hang_up: bool,
    applications: u64,
}

impl Seen {
    fn newest(&self, instance: InstanceId) -> Option<(usize, &Connection)> {
        let found = self.open.iter().rfind(|(_, connection)| connection.instance == instance);
        found.map(|(number, connection)| (*number, connection))
    }
}

/// The link, with the store and the clock of the applications on it. Clones are the same link.
#[derive(Clone, Default)]
pub struct PlayedLink {
    seen: Arc<Mutex<Seen>>,
    /// Something was dialled, or asked of a connection.
    stirred: Arc<Notify>,
    linked: Option<LinkedAccount>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: PausedClock,
}

impl fmt::Debug for PlayedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlayedLink")
    }
}

/// What a test plays. Whatever waits panics after [`PATIENCE`].
impl PlayedLink {
    /// A link whose instances have keys of [`account`] already.
    pub fn linked() -> Self {
        Self { linked: Some(account()), ..Self::default() }
    }

    /// So many dials from now on panic.
    pub fn panic_at_next_dials(&self, count: usize) {
        self.seen().panics_left = count;
    }

    /// The next connection that is closed has just been accepted by a phone.
    pub fn pair_at_next_hang_up(&self) {
        self.seen().paired_at_hang_up = true;
    }

    /// So many look-ups of keys from now on fail.
    pub fn fail_next_recalls(&self, count: usize) {
        self.seen().recalls_to_fail = count;
    }

    /// The next destructions of keys succeed or fail as told here; further ones succeed.
    pub fn play_forgets(&self, succeed: impl IntoIterator<Item = bool>) {
        self.seen().forgets = succeed.into_iter().collect();
    }

    /// WhatsApp does not answer logouts from now on.
    pub fn lose_logouts(&self) {
        self.seen().logouts_are_lost = true;
    }

    /// From now on requests about profile pictures end so.
    pub fn play_pictures(&self, pictures: Pictures) {
        self.seen().pictures = pictures;
    }

    /// The next messages end so, one each; further ones as [`Self::play_sending`] says.
    pub fn play_next_sendings(&self, sendings: impl IntoIterator<Item = Sending>) {
        self.seen().next_sending = sendings.into_iter().collect();
    }

    /// From now on messages end so.
    pub fn play_sending(&self, sending: Sending) {
        self.seen().sending = sending;
    }

    /// Waits until so many messages, at least, were given to connections. Tells which, and when.
    pub async fn sent(&self, count: usize) -> Vec<(Instant, Outgoing)> {
        let sent = |seen: &Seen| (seen.sent.len() >= count).then(|| seen.sent.clone());
        self.find(sent, "not as many messages were sent").await
    }

    /// From now on requests for files end so.
    pub fn play_hosts(&self, hosts: Hosts) {
        self.seen().hosts = hosts;
    }

    /// How often a file was asked for.
    pub fn files_asked(&self) -> usize {
        self.seen().files_asked
    }

    /// Waits until the instance has dialled and tells its newest connection this.
    pub async fn tell(&self, instance: InstanceId, event: LinkEvent) {
        let newest = |seen: &Seen| {
            let (number, connection) = seen.newest(instance)?;
            Some((number, Arc::clone(&connection.sink)))
        };
        let (number, sink) = self.find(newest, "nothing was dialled").await;
        if matches!(event, LinkEvent::Ended(_)) {
            self.seen().open.remove(&number);
        }
        sink.deliver(event).await;
    }

    /// Waits until the instance has dialled and gives what its newest connection tells things to.
    pub async fn sink(&self, instance: InstanceId) -> Arc<dyn LinkSink> {
        let newest = |seen: &Seen| Some(Arc::clone(&seen.newest(instance)?.1.sink));
        self.find(newest, "nothing was dialled").await
    }

    /// Waits for a connection and shows this code on it.
    pub async fn show(&self, instance: InstanceId, text: &str) {
        self.tell(instance, code(text)).await;
    }

    /// Waits until the newest connection of the instance is asked for a pairing code. Tells for which
    /// phone.
    pub async fn asked(&self, instance: InstanceId) -> PhoneNumber {
        let asked = |seen: &Seen| seen.newest(instance)?.1.asked.clone();
        self.find(asked, "no pairing code was asked for").await
    }

    /// Waits until the newest connection of the instance is given the answer of a passkey.
    pub async fn answered(&self, instance: InstanceId) -> PasskeyAssertion {
        let answered = |seen: &Seen| seen.newest(instance)?.1.answered.clone();
        self.find(answered, "no passkey was given").await
    }

    /// Waits until the code that follows is confirmed there.
    pub async fn confirmed(&self, instance: InstanceId) {
        let confirmed = |seen: &Seen| seen.newest(instance)?.1.confirmed.then_some(());
        self.find(confirmed, "no code was confirmed").await;
    }

    /// Waits for the `count`th connection of all, shows the code `2@beside` on it, and waits until it
    /// is asked for a pairing code. Tells for which phone.
    pub async fn offer(&self, instance: InstanceId, count: usize) -> PhoneNumber {
        self.dialled(count).await;
        self.show(instance, "2@beside").await;
        self.asked(instance).await
    }

    /// The same, and answers with this pairing code.
    pub async fn pair(&self, instance: InstanceId, count: usize, text: &str) {
        self.offer(instance, count).await;
        self.tell(instance, pairing_code(text)).await;
    }

    /// Waits for a connection, has a phone accept on it, and ends it as WhatsApp does then.
    pub async fn accept(&self, instance: InstanceId) {
        self.tell(instance, LinkEvent::Paired(account())).await;
        self.tell(instance, LinkEvent::Ended(EndReason::RestartRequired)).await;
    }

    /// Waits for a connection and logs in.
    pub async fn log_in(&self, instance: InstanceId) {
        let push_name = Some("Ann".into());
        self.tell(instance, LinkEvent::Connected { account: account(), push_name }).await;
    }

    /// Waits for a connection, has a phone accept on it, and logs in on the next one.
    pub async fn link(&self, instance: InstanceId) {
        self.accept(instance).await;
        self.log_in(instance).await;
    }

    /// Waits until there have been exactly so many connections.
    pub async fn dialled(&self, count: usize) {
        let dialled = |seen: &Seen| (seen.dials == count).then_some(());
        self.find(dialled, "not as much was dialled").await;
    }

    async fn find<T>(&self, look: impl Fn(&Seen) -> Option<T>, missing: &str) -> T {
        let found = async {
            loop {
                let stirred = self.stirred.notified();
                if let Some(found) = look(&self.seen()) {
                    return found;
                }
                stirred.await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_elapsed| panic!("{missing}"))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }

    /// A number that no other application on this link has: two must not draw the same ids.
    pub(crate) fn next_seed(&self) -> u64 {
        let mut seen = self.seen();
        seen.applications += 1;
        seen.applications
    }
}

/// What was asked of the link so far.
impl PlayedLink {
    /// How many connections were made.
    pub fn dials(&self) -> usize {
        self.seen().dials
    }

    /// How many connections there were at most at a time.
    pub fn open_most(&self) -> usize {
        self.seen().open_most
    }

    /// How many accounts were looked up in the keys at most at a time.
    pub fn recalls_most(&self) -> usize {
        self.seen().recalls_most
    }

    /// How many messages were given to connections.
    pub fn sendings(&self) -> usize {
        self.seen().sent.len()
    }

    /// How often a device was removed from its account.
    pub fn logouts(&self) -> usize {
        self.seen().logouts
    }

    /// How often keys were destroyed.
    pub fn forgotten(&self) -> usize {
        self.seen().forgotten
    }

    /// The profile pictures that were set.
    pub fn pictures_taken(&self) -> Vec<Vec<u8>> {
        self.seen().pictures_taken.clone()
    }
}

/// The account that every phone links.
pub fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
}

/// When a code was issued that is heard of at once: what is ahead counts as just now.
pub const JUST_NOW: Timestamp = Timestamp::MAX;

/// A code to scan, which can be scanned for as long as WhatsApp's first.
pub fn code(text: &str) -> LinkEvent {
    let (text, valid_for) = (QrText::new(text), Duration::from_secs(60));
    LinkEvent::QrIssued { text, issued_at: JUST_NOW, valid_for }
}

/// A code to type, which can be typed for as long as WhatsApp's.
pub fn pairing_code(text: &str) -> LinkEvent {
    let (text, valid_for) = (PairingText::new(text), Duration::from_secs(180));
    LinkEvent::PairingCodeIssued { text, issued_at: JUST_NOW, valid_for }
}
