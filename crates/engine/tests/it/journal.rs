//! What happens is written down before anybody hears of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "test code")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Semaphore;
use waygate_core::error::{Error, Kind};
use waygate_core::event::{Event, EventKind, EventName, Extent, NewEvent, Sequence, StateChanged};
use waygate_core::id::InstanceId;
use waygate_core::instance::change::Cause;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::standing::Standing;
use waygate_core::instance::state::StateName;
use waygate_core::message::MessageKey;
use waygate_core::port::journal::Journal;
use waygate_core::port::link::{Deed, LinkEvent};
use waygate_core::reason::EndReason;
use waygate_core::secret::QrText;
use waygate_played::application::{create, reaches};
use waygate_played::deadline::within;
use waygate_played::link::{PlayedLink, account};

const WAIT: Duration = Duration::from_secs(20);

/// A journal that lets one entry pass for each leaf it is given, and fails when told to.
#[derive(Debug)]
struct GatedJournal {
    store: Arc<dyn Journal>,
    leaves: Semaphore,
    failures_left: AtomicUsize,
}

impl GatedJournal {
    fn new(link: &PlayedLink, leaves: usize) -> Arc<Self> {
        let failures_left = AtomicUsize::new(0);
        Arc::new(Self { store: link.store(), leaves: Semaphore::new(leaves), failures_left })
    }
}

impl Journal for GatedJournal {
    fn commit(
        &self,
        instance: InstanceId,
        at: Timestamp,
        events: Vec<NewEvent>,
        standing: Option<Standing>,
    ) -> Deed<'_, Result<Sequence, Error>> {
        Box::pin(async move {
            self.leaves.acquire().await.unwrap().forget();
            let left = self.failures_left.load(Ordering::SeqCst);
            if left > 0 {
                self.failures_left.store(left - 1, Ordering::SeqCst);
                return Err(Error::new(Kind::Internal, "the disk is full"));
            }
            self.store.commit(instance, at, events, standing).await
        })
    }

    fn read_after(
        &self,
        instance: InstanceId,
        after: Sequence,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.store.read_after(instance, after, limit)
    }

    fn newest(
        &self,
        instance: InstanceId,
        name: EventName,
        before: Option<Sequence>,
        limit: u32,
    ) -> Deed<'_, Result<Vec<Event>, Error>> {
        self.store.newest(instance, name, before, limit)
    }

    fn event_of(
        &self,
        instance: InstanceId,
        key: MessageKey,
    ) -> Deed<'_, Result<Option<Event>, Error>> {
        self.store.event_of(instance, key)
    }

    fn extent(&self, instance: InstanceId) -> Deed<'_, Result<Extent, Error>> {
        self.store.extent(instance)
    }

    fn forget_events(&self, cutoff: Timestamp, count_max: u64) -> Deed<'_, Result<u64, Error>> {
        self.store.forget_events(cutoff, count_max)
    }

    fn forget_seen(&self, cutoff: Timestamp) -> Deed<'_, Result<u64, Error>> {
        self.store.forget_seen(cutoff)
    }
}

fn change(event: &Event) -> (StateName, StateName, Cause) {
    let EventKind::StateChanged(StateChanged { from, to, cause, .. }) = &event.kind else {
        panic!("another kind of event")
    };
    (*from, *to, *cause)
}

#[tokio::test(start_paused = true)]
async fn nobody_hears_of_a_change_that_is_not_written_down_yet() {
    let link = PlayedLink::default();
    let journal = GatedJournal::new(&link, 1);
    let gateway = link.gateway_on(Arc::<GatedJournal>::clone(&journal));
    let instance = create(&gateway).await.record.id;
    reaches(&gateway, instance, StateName::Unlinked).await;

    let shown = gateway.watch_instance(instance).unwrap();
    let look = gateway.keep_looking(instance);
    // Less than a look lasts, so that it still counts when the disk is there.
    let early = tokio::time::timeout(Duration::from_secs(60), look).await;
    early.expect_err("the caller waits for the disk");
    assert_eq!(shown.borrow().state().name(), StateName::Unlinked, "and so does everybody else");
    journal.leaves.add_permits(10);
    reaches(&gateway, instance, StateName::Connecting).await;
}

#[tokio::test(start_paused = true)]
async fn a_code_that_waits_behind_the_disk_is_not_shown_as_valid_for_longer() {
    let link = PlayedLink::default();
    let journal = GatedJournal::new(&link, 2);
    let gateway = link.gateway_on(Arc::<GatedJournal>::clone(&journal));
    let instance = create(&gateway).await.record.id;
    gateway.keep_looking(instance).await.unwrap();
    link.show(instance, "2@first").await;
    let (text, valid_for) = (QrText::new("2@second"), Duration::from_secs(20));
    let issued_at = gateway.now();
    link.tell(instance, LinkEvent::QrIssued { text, issued_at, valid_for }).await;
    tokio::time::advance(Duration::from_secs(15)).await;
    journal.leaves.add_permits(10);
    let mut shown = gateway.watch_instance(instance).unwrap();
    let second =
        |machine: &Machine| machine.state().qr_code(issued_at).is_some_and(|code| code.round == 2);
    let machine = within(shown.wait_for(second)).await.unwrap();
    let code = machine.state().qr_code(issued_at).unwrap();
    assert_eq!((code.issued_at, code.expires_at), (issued_at, issued_at + valid_for));
}

#[tokio::test(start_paused = true)]
async fn an_instance_waits_while_the_store_fails_and_loses_nothing() {
    let link = PlayedLink::default();
    let journal = GatedJournal::new(&link, usize::MAX >> 4);
    let gateway = link.gateway_on(Arc::<GatedJournal>::clone(&journal));
    let instance = create(&gateway).await.record.id;
    reaches(&gateway, instance, StateName::Unlinked).await;
    journal.failures_left.store(8, Ordering::SeqCst);
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT * 9), link.show(instance, "late"));
    look.unwrap();
    let history = gateway.state_history(instance, 10).await.unwrap();
    let states: Vec<_> = history.iter().map(|event| change(event).1).collect();
    assert_eq!(states, [StateName::Linking, StateName::Connecting, StateName::Unlinked]);
    let sequences: Vec<u64> = history.iter().map(|event| event.sequence.0).collect();
    assert_eq!(sequences, [3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_waits_for_the_store_still_ends_with_the_process() {
    let link = PlayedLink::default();
    let journal = GatedJournal::new(&link, usize::MAX >> 4);
    let gateway = link.gateway_on(Arc::<GatedJournal>::clone(&journal));
    journal.failures_left.store(usize::MAX >> 4, Ordering::SeqCst);
    create(&gateway).await;
    assert!(gateway.shut_down(WAIT).await);
}

#[tokio::test]
async fn the_history_tells_each_change_with_its_cause_and_account() {
    let link = PlayedLink::default();
    let (gateway, instance) = link.running().await;
    let (look, ()) =
        tokio::join!(gateway.look_at_code(instance, WAIT), link.show(instance, "a code"));
    look.unwrap();
    link.link(instance).await;
    reaches(&gateway, instance, StateName::Online).await;
    link.tell(instance, LinkEvent::Ended(EndReason::DeviceRemoved)).await;
    reaches(&gateway, instance, StateName::Unlinked).await;

    let history = gateway.state_history(instance, 100).await.unwrap();
    let told: Vec<_> = history.iter().rev().map(change).collect();
    let (pending, unlinked) = (StateName::Pending, StateName::Unlinked);
    let (connecting, linking) = (StateName::Connecting, StateName::Linking);
    let online = StateName::Online;
    let removed = Cause::Ended(EndReason::DeviceRemoved);
    assert_eq!(
        told,
        [
            (pending, unlinked, Cause::Started),
            (unlinked, connecting, Cause::Looked),
            (connecting, linking, Cause::CodeIssued),
            (linking, online, Cause::LoggedIn),
            (online, unlinked, removed),
        ]
    );
    let EventKind::StateChanged(last) = &history[0].kind else { panic!("another kind of event") };
    assert_eq!((last.linked, &last.account), (false, &Some(account())), "who was unlinked");
    let newest = gateway.state_history(instance, 1).await.unwrap();
    assert_eq!(newest, history[..1]);
}

#[tokio::test(start_paused = true)]
async fn a_look_does_not_wait_longer_than_it_says_for_an_instance_that_waits_for_the_store() {
    let link = PlayedLink::default();
    let gateway = link.gateway_on(GatedJournal::new(&link, 1));
    let instance = create(&gateway).await.record.id;
    let begun = tokio::time::Instant::now();
    let error = gateway.look_at_code(instance, WAIT).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert_eq!(begun.elapsed(), WAIT);
}
