use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::Semaphore;
use whatsapp_rust::Jid;
use whatsapp_rust::store::persistence_manager::PersistenceManager;
use whatsapp_rust::store::traits::DeviceStore;
use whatsapp_rust::wacore::store::Device;
use whatsapp_rust::wacore::store::error::StoreError;

use super::forward::prelude::*;
use super::*;
use crate::runtime::ConnectionTasks;

/// Keys in memory whose saves wait until the test lets them go on.
struct HeldKeys {
    memory: InMemoryBackend,
    begun: Semaphore,
    let_through: Semaphore,
    fail: AtomicBool,
    saves: AtomicUsize,
}

impl HeldKeys {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            memory: InMemoryBackend::new(),
            begun: Semaphore::new(0),
            let_through: Semaphore::new(0),
            fail: AtomicBool::new(false),
            saves: AtomicUsize::new(0),
        })
    }

    /// Waits until one more save has begun.
    async fn one_begun(&self) {
        let begun = tokio::time::timeout(Duration::from_secs(5), self.begun.acquire());
        begun.await.unwrap().unwrap().forget();
    }

    fn let_all_through(&self) {
        self.let_through.add_permits(1000);
    }

    async fn stored_name(&self) -> String {
        self.memory.load().await.unwrap().unwrap().push_name
    }
}

super::forward::pass_on_all_but_the_device! { HeldKeys, memory }

#[async_trait]
impl DeviceStore for HeldKeys {
    async fn save(&self, device: &Device) -> StoreResult<()> {
        self.begun.add_permits(1);
        self.let_through.acquire().await.unwrap().forget();
        if self.fail.load(Ordering::SeqCst) {
            return Err(StoreError::Io(std::io::Error::other("no space is left")));
        }
        self.saves.fetch_add(1, Ordering::SeqCst);
        self.memory.save(device).await
    }

    async fn load(&self) -> StoreResult<Option<Device>> {
        self.memory.load().await
    }

    async fn exists(&self) -> StoreResult<bool> {
        self.memory.exists().await
    }

    async fn create(&self) -> StoreResult<i32> {
        self.memory.create().await
    }
}

/// A store of the keys of one instance.
#[derive(Clone)]
struct OneOnly(Arc<HeldKeys>);

impl fmt::Debug for OneOnly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneOnly")
    }
}

#[async_trait]
impl KeyStore for OneOnly {
    async fn open(&self, _instance: InstanceId) -> Result<Keys, KeysError> {
        Ok(Arc::<HeldKeys>::clone(&self.0))
    }

    async fn holds(&self, _instance: InstanceId) -> Result<bool, KeysError> {
        Ok(true)
    }

    async fn destroy(&self, _instance: InstanceId) -> Result<(), KeysError> {
        Ok(())
    }
}

/// A connection's keys, with the place where a client keeps what it knows.
struct Opened {
    tasks: ConnectionTasks,
    keys: Arc<KeysInUse>,
    known: Arc<PersistenceManager>,
}

impl Opened {
    async fn at(desk: &KeyDesk) -> Self {
        let tasks = ConnectionTasks::new();
        let keys = desk.open(instance(1), &tasks).await.unwrap();
        let backend = Arc::<KeysInUse>::clone(&keys);
        let known = Arc::new(PersistenceManager::new(backend).await.unwrap());
        keys.follow(&known);
        Self { tasks, keys, known }
    }

    async fn learn(&self, name: &str) {
        self.known.modify_device(|device| device.push_name = name.to_owned()).await;
    }

    /// What the library's own saver does when something was learnt.
    fn save_in_the_background(&self) {
        let known = Arc::clone(&self.known);
        self.tasks.start(Box::pin(async move { known.flush().await.unwrap() }));
    }
}

fn held() -> (Arc<HeldKeys>, KeyDesk) {
    let held = HeldKeys::new();
    let desk = KeyDesk::new(Arc::new(OneOnly(Arc::clone(&held))));
    (held, desk)
}

fn instance(byte: u8) -> InstanceId {
    InstanceId::from_random_bytes([byte; 16])
}

#[tokio::test]
async fn what_is_still_being_written_is_not_called_stored() {
    let (held, desk) = held();
    let opened = Opened::at(&desk).await;
    opened.learn("before").await;
    held.let_through.add_permits(1);
    opened.keys.settle().await.unwrap();
    held.one_begun().await;

    opened.learn("after").await;
    opened.save_in_the_background();
    held.one_begun().await;
    let flushed = opened.known.flush().now_or_never();
    assert!(matches!(flushed, Some(Ok(()))), "the library does not wait for its own saver");
    let mut settled = std::pin::pin!(opened.keys.settle());
    assert!(settled.as_mut().now_or_never().is_none(), "nothing is stored yet");
    assert_eq!(held.stored_name().await, "before");
    held.let_all_through();
    settled.await.unwrap();
    assert_eq!(held.stored_name().await, "after");
}

#[tokio::test]
async fn an_older_state_never_follows_a_newer_one() {
    let (held, desk) = held();
    held.let_all_through();
    let opened = Opened::at(&desk).await;
    opened.learn("older").await;
    let older = opened.known.get_device_snapshot().to_serializable();
    opened.learn("newer").await;
    opened.keys.settle().await.unwrap();
    opened.keys.save(&older).await.unwrap();
    assert_eq!(held.stored_name().await, "newer");
}

#[tokio::test]
async fn what_was_learnt_during_a_write_is_written_after_it() {
    let (held, desk) = held();
    let opened = Opened::at(&desk).await;
    opened.learn("the id").await;
    opened.save_in_the_background();
    held.one_begun().await;
    opened.learn("the id and the account").await;
    held.let_all_through();
    opened.keys.settle().await.unwrap();
    assert_eq!(held.stored_name().await, "the id and the account");
}

#[tokio::test]
async fn what_is_stored_is_not_written_again() {
    let (held, desk) = held();
    held.let_all_through();
    let opened = Opened::at(&desk).await;
    opened.learn("something").await;
    for _ in 0..3 {
        opened.keys.settle().await.unwrap();
    }
    assert_eq!(held.saves.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_write_that_failed_is_told_and_made_again() {
    let (held, desk) = held();
    held.let_all_through();
    held.fail.store(true, Ordering::SeqCst);
    let opened = Opened::at(&desk).await;
    opened.learn("something").await;
    for _ in 0..2 {
        let error = opened.keys.settle().await.unwrap_err();
        assert!(matches!(error, KeysError::Database(_)), "{error:?}");
    }
    held.fail.store(false, Ordering::SeqCst);
    opened.keys.settle().await.unwrap();
    assert_eq!(held.stored_name().await, "something");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_not_waited_for_forever() {
    let (_held, desk) = held();
    let opened = Opened::at(&desk).await;
    opened.learn("something").await;
    let error = opened.keys.settle().await.unwrap_err();
    assert!(matches!(error, KeysError::Busy), "{error:?}");
    let again = desk.open(instance(1), &ConnectionTasks::new()).await;
    assert!(matches!(again, Err(KeysError::Busy)), "it is still being written");
}

#[tokio::test]
async fn a_new_connection_waits_for_what_the_one_before_is_still_writing() {
    let (held, desk) = held();
    let opened = Opened::at(&desk).await;
    opened.learn("the last thing").await;
    opened.save_in_the_background();
    held.one_begun().await;
    opened.tasks.end();
    drop(opened);

    let tasks = ConnectionTasks::new();
    let mut again = std::pin::pin!(desk.open(instance(1), &tasks));
    assert!(again.as_mut().now_or_never().is_none(), "the write goes on");
    held.let_all_through();
    let device = again.await.unwrap().load().await.unwrap().unwrap();
    assert_eq!(device.push_name, "the last thing");
}

/// Leaves the row of a device that got this far in being linked.
async fn leave_row(files: &KeysInMemory, instance: InstanceId, with_account: bool) -> Device {
    let keys = files.open(instance).await.unwrap();
    keys.create().await.unwrap();
    let mut device = keys.load().await.unwrap().unwrap();
    device.pn = Some("15550001111:3@s.whatsapp.net".parse::<Jid>().unwrap());
    if with_account {
        device.account = Some(Arc::default());
    }
    keys.save(&device).await.unwrap();
    device
}

#[tokio::test]
async fn a_link_that_was_cut_off_half_way_is_none_and_its_keys_are_not_used() {
    let files = KeysInMemory::default();
    let half = leave_row(&files, instance(1), false).await;
    let whole = leave_row(&files, instance(2), true).await;
    let desk = KeyDesk::new(Arc::new(files));
    let tasks = ConnectionTasks::new();

    assert!(desk.linked_device(instance(1)).await.unwrap().is_none());
    let fresh = desk.open(instance(1), &tasks).await.unwrap();
    let known = PersistenceManager::new(fresh).await.unwrap().get_device_snapshot();
    assert_eq!(known.pn, None, "a code is offered");
    assert_ne!(known.noise_key.public_key, half.noise_key.public_key);

    assert!(desk.linked_device(instance(2)).await.unwrap().is_some());
    let kept = desk.open(instance(2), &tasks).await.unwrap().load().await.unwrap().unwrap();
    assert_eq!(kept.pn, whole.pn);
    assert_eq!(kept.noise_key.public_key, whole.noise_key.public_key);
}

#[tokio::test]
async fn an_instance_that_was_never_opened_has_no_keys_after_it_was_asked_for() {
    let keys = Arc::new(KeysInMemory::default());
    let desk = KeyDesk::new(Arc::<KeysInMemory>::clone(&keys));
    assert!(desk.linked_device(instance(1)).await.unwrap().is_none());
    assert!(!keys.holds(instance(1)).await.unwrap());
}
