//! Whatever is asked in whatever order, the vault answers as the library's own memory does: on memory, and
//! on SQLite.
#![expect(clippy::unwrap_used, reason = "test code")]

use std::sync::Arc;

use futures_util::future::join_all;
use proptest::collection::vec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use waygate_core::port::records::Records;
use waygate_store::MemoryStore;
use waygate_vault::Vault;
use whatsapp_rust::wacore::store::InMemoryBackend;

use crate::house::{File, instance, vault};
use crate::steps::{Step, fixed_device, step};

/// How many sequences; the nightly run has more.
const SEQUENCES: u128 = 200;
/// Steps of each.
const STEPS: usize = 200;
/// Sequences that run side by side, so that they share commits.
const TOGETHER: u128 = 20;

#[tokio::test]
async fn the_vault_answers_as_the_librarys_memory_does() {
    let (file, memory) = (File::new(), Arc::new(MemoryStore::default()));
    file.with(async |sqlite| {
        let on_memory = vault(memory as Arc<dyn Records>, 1);
        let on_sqlite = vault(sqlite as Arc<dyn Records>, 2);
        let (mut runner, mut begun) = (TestRunner::default(), 0);
        let count = sequences();
        while begun < count {
            let ends = count.min(begun + TOGETHER);
            let round = (begun..ends).map(|number| {
                let steps = vec(step(), STEPS).new_tree(&mut runner).unwrap().current();
                compare(number, steps, [&on_memory, &on_sqlite])
            });
            join_all(round).await;
            begun = ends;
        }
    })
    .await;
}

#[expect(clippy::disallowed_methods, reason = "the nightly run asks more")]
fn sequences() -> u128 {
    let text = std::env::var("VAULT_SEQUENCES").ok();
    text.map_or(SEQUENCES, |text| text.parse().unwrap())
}

/// Each sequence has an instance of its own.
async fn compare(number: u128, steps: Vec<Step>, vaults: [&Vault; 2]) {
    let [memory, sqlite] = vaults.map(|vault| vault.open(instance(number)));
    let (memory, sqlite) = (memory.await.unwrap(), sqlite.await.unwrap());
    let (library, device) = (InMemoryBackend::new(), fixed_device());
    for (at, step) in steps.iter().enumerate() {
        let expected = step.answer(&library, &device).await;
        assert!(!expected.contains("Err"), "{step:?}: {expected}");
        for (keys, place) in [(&memory, "memory"), (&sqlite, "SQLite")] {
            let answer = step.answer(keys, &device).await;
            assert_eq!(answer, expected, "{step:?} on {place} after {:?}", &steps[..at]);
        }
    }
}
