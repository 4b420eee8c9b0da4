//! A link that does what a test tells it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use waygate_core::account::LinkedAccount;
use waygate_core::error::Error;
use waygate_core::id::InstanceId;
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::EndReason;
use waygate_core::secret::{PairingText, QrText};

use crate::server::within;

#[derive(Default)]
struct Seen {
    sinks: BTreeMap<InstanceId, Arc<dyn LinkSink>>,
    phones: Vec<PhoneNumber>,
    logouts: usize,
}

#[derive(Clone, Default)]
pub(crate) struct PlayedLink {
    seen: Arc<Mutex<Seen>>,
    /// Something was dialled, or asked of a connection.
    stirred: Arc<Notify>,
}

impl fmt::Debug for PlayedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlayedLink")
    }
}

impl PlayedLink {
    pub(crate) fn logouts(&self) -> usize {
        self.seen().logouts
    }

    /// Waits until the instance has dialled and tells its newest connection this.
    pub(crate) async fn tell(&self, instance: InstanceId, event: LinkEvent) {
        let is_end = matches!(event, LinkEvent::Ended(_));
        let sink = self.find(|seen| seen.sinks.get(&instance).cloned()).await;
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

    /// Waits until WhatsApp was asked for a code to type on this phone, and gives this one.
    pub(crate) async fn give(&self, instance: InstanceId, phone: &str, code: &str) {
        self.asked_for(phone).await;
        let valid_for = Duration::from_secs(160);
        let text = PairingText::new(code);
        self.tell(instance, LinkEvent::PairingCodeIssued { text, valid_for }).await;
    }

    /// Waits until WhatsApp was asked for a code to type on this phone.
    pub(crate) async fn asked_for(&self, phone: &str) {
        self.find(|seen| seen.phones.iter().any(|it| it.digits() == phone).then_some(())).await;
    }

    /// Waits for a connection, has a phone accept, and logs in on the next one.
    pub(crate) async fn link(&self, instance: InstanceId) {
        self.tell(instance, LinkEvent::Paired(account())).await;
        self.tell(instance, LinkEvent::Ended(EndReason::RestartRequired)).await;
        let push_name = Some("Ann".into());
        self.tell(instance, LinkEvent::Connected { account: account(), push_name }).await;
    }

    async fn find<T>(&self, look: impl Fn(&Seen) -> Option<T>) -> T {
        within(async {
            loop {
                let stirred = self.stirred.notified();
                if let Some(found) = look(&self.seen()) {
                    return found;
                }
                stirred.await;
            }
        })
        .await
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap()
    }
}

pub(crate) fn account() -> LinkedAccount {
    LinkedAccount { phone: "15550001111".into(), lid: None, device: 3 }
}

impl Linker for PlayedLink {
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line> {
        self.seen().sinks.insert(instance, Arc::clone(&sink));
        self.stirred.notify_waiters();
        Box::new(PlayedLine { link: self.clone(), sink, instance })
    }

    fn linked_account(&self, _: InstanceId) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async { Ok(None) })
    }

    fn forget(&self, _: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}

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
        self.link.stirred.notify_waiters();
    }

    fn set_profile_picture(&self, _: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        Box::pin(async { Ok(None) })
    }
}
