//! A link that does what a test tells it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::EndReason;
use waygate_core::secret::{PairingText, QrText};

/// What the played WhatsApp makes of requests about the profile picture.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Pictures {
    /// Takes every picture.
    #[default]
    Taken,
    /// Takes none, for this reason.
    Refused(Kind),
    /// Never answers.
    Silent,
}

#[derive(Default)]
struct Seen {
    sinks: BTreeMap<InstanceId, Arc<dyn LinkSink>>,
    dials: usize,
    logouts: usize,
    /// The phones for which pairing codes were asked.
    phones: Vec<PhoneNumber>,
    pictures: Pictures,
    taken: Vec<Vec<u8>>,
}

#[derive(Clone, Default)]
pub(crate) struct PlayedLink {
    seen: Arc<Mutex<Seen>>,
    dialled: Arc<Notify>,
    asked: Arc<Notify>,
}

impl fmt::Debug for PlayedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlayedLink")
    }
}

impl PlayedLink {
    pub(crate) fn dials(&self) -> usize {
        self.seen().dials
    }

    pub(crate) fn logouts(&self) -> usize {
        self.seen().logouts
    }

    pub(crate) fn play_pictures(&self, pictures: Pictures) {
        self.seen().pictures = pictures;
    }

    pub(crate) fn pictures_taken(&self) -> Vec<Vec<u8>> {
        self.seen().taken.clone()
    }

    /// Waits until the instance has dialled and tells its newest connection this.
    pub(crate) async fn tell(&self, instance: InstanceId, event: LinkEvent) {
        let is_end = matches!(event, LinkEvent::Ended(_));
        let sink = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let dialled = self.dialled.notified();
                if let Some(sink) = self.sink(instance) {
                    return sink;
                }
                dialled.await;
            }
        });
        let sink = sink.await.expect("nothing was dialled");
        if is_end {
            self.seen().sinks.remove(&instance);
        }
        sink.deliver(event).await;
    }

    /// Waits for a connection and shows this code on it.
    pub(crate) async fn show(&self, instance: InstanceId, code: &str) {
        let valid_for = Duration::from_secs(60);
        self.tell(instance, LinkEvent::QrIssued { text: QrText::new(code), valid_for }).await;
    }

    /// Waits until so many connections were made.
    pub(crate) async fn dialled(&self, count: usize) {
        self.until(&self.dialled, |seen| seen.dials >= count, "nothing was dialled").await;
    }

    /// Waits for the `count`th connection of all, shows a code on it that can be scanned, and waits
    /// until it is asked for a pairing code. Tells for which phone.
    pub(crate) async fn asked(&self, instance: InstanceId, count: usize) -> String {
        self.dialled(count).await;
        let before = self.seen().phones.len();
        self.show(instance, "2@beside").await;
        self.until(&self.asked, |seen| seen.phones.len() > before, "no code was asked for").await;
        self.seen().phones[before].digits().to_owned()
    }

    /// The same, and answers with this code.
    pub(crate) async fn pair(&self, instance: InstanceId, count: usize, code: &str) {
        self.asked(instance, count).await;
        self.tell(instance, pairing_code(code)).await;
    }

    async fn until(&self, told: &Notify, there: impl Fn(&Seen) -> bool, missing: &str) {
        let wait = async {
            loop {
                let told = told.notified();
                if there(&self.seen()) {
                    return;
                }
                told.await;
            }
        };
        let within = tokio::time::timeout(Duration::from_secs(20), wait).await;
        within.unwrap_or_else(|_elapsed| panic!("{missing}"));
    }

    /// Waits for a connection, has a phone scan its code, and logs in on the next one.
    pub(crate) async fn link(&self, instance: InstanceId) {
        self.tell(instance, LinkEvent::Paired(account())).await;
        self.tell(instance, LinkEvent::Ended(EndReason::RestartRequired)).await;
        self.log_in(instance).await;
    }

    /// Waits for a connection and logs in.
    pub(crate) async fn log_in(&self, instance: InstanceId) {
        let push_name = Some("Ann".into());
        self.tell(instance, LinkEvent::Connected { account: account(), push_name }).await;
    }

    fn sink(&self, instance: InstanceId) -> Option<Arc<dyn LinkSink>> {
        self.seen().sinks.get(&instance).cloned()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

pub(crate) fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
}

/// A code to type, which can be typed for as long as WhatsApp's.
pub(crate) fn pairing_code(text: &str) -> LinkEvent {
    let valid_for = Duration::from_secs(160);
    LinkEvent::PairingCodeIssued { text: PairingText::new(text), valid_for }
}

impl Linker for PlayedLink {
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line> {
        let mut seen = self.seen();
        seen.dials += 1;
        seen.sinks.insert(instance, Arc::clone(&sink));
        self.dialled.notify_waiters();
        Box::new(PlayedLine { link: self.clone(), sink, instance })
    }

    fn linked_account(&self, _: InstanceId) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn forget(&self, _: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}

#[derive(Clone)]
struct PlayedLine {
    link: PlayedLink,
    sink: Arc<dyn LinkSink>,
    instance: InstanceId,
}

impl fmt::Debug for PlayedLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlayedLine")
    }
}

impl PlayedLine {
    fn end(&self, reason: EndReason) {
        self.link.seen().sinks.remove(&self.instance);
        let sink = Arc::clone(&self.sink);
        #[expect(clippy::disallowed_methods, reason = "a test")]
        drop(tokio::task::spawn(async move { sink.deliver(LinkEvent::Ended(reason)).await }));
    }
}

impl Line for PlayedLine {
    fn hang_up(&self) {
        self.end(EndReason::HungUp);
    }

    fn log_out(&self) {
        self.link.seen().logouts += 1;
        self.end(EndReason::LoggedOutByUs);
    }

    fn request_pairing_code(&self, phone: &PhoneNumber) {
        self.link.seen().phones.push(phone.clone());
        self.link.asked.notify_waiters();
    }

    fn set_profile_picture(&self, jpeg: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        let link = self.link.clone();
        Box::pin(async move {
            let pictures = link.seen().pictures;
            match pictures {
                Pictures::Taken => {
                    link.seen().taken.push(jpeg);
                    Ok(())
                }
                Pictures::Refused(kind) => Err(Error::new(kind, "WhatsApp refused the picture")),
                Pictures::Silent => std::future::pending().await,
            }
        })
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        let pictures = self.link.seen().pictures;
        Box::pin(async move {
            match pictures {
                Pictures::Taken => Ok(Some("https://pps.example/ann.jpg".into())),
                Pictures::Refused(kind) => Err(Error::new(kind, "WhatsApp refused to tell")),
                Pictures::Silent => std::future::pending().await,
            }
        })
    }
}
