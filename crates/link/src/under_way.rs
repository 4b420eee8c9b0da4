//! Messages that have come, and are not written down yet.
//!
//! A receipt can be read at once, and a message has to be decrypted before. What becomes of a message that
//! the phone wrote is told behind that message all the same: its receipts wait for it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use whatsapp_rust::OwnedNodeRef;

/// How long receipts wait at most. A message that takes longer cannot be read yet.
const WAITED_FOR: Duration = Duration::from_secs(5);

/// Messages that are known to be under way, at most. Receipts of those beyond do not wait.
const KNOWN_MAX: usize = 16_384;

/// The ids of those of one connection. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<watch::Sender<BTreeSet<Box<str>>>>);

impl UnderWay {
    /// To be called with everything that comes, in its order.
    pub(crate) fn heed(&self, stanza: &OwnedNodeRef) {
        if stanza.tag() != "message" {
            return;
        }
        let Some(id) = stanza.attrs().optional_string("id") else { return };
        self.0.send_if_modified(|known| known.len() < KNOWN_MAX && known.insert((*id).into()));
    }

    /// These are written down, or never will be.
    pub(crate) fn end(&self, ids: &[&str]) {
        self.0.send_if_modified(|known| {
            let before = known.len();
            for id in ids {
                known.remove(*id);
            }
            known.len() < before
        });
    }

    /// Nothing will be written down any more.
    pub(crate) fn end_all(&self) {
        self.0.send_modify(BTreeSet::clear);
    }

    /// Returns once none of these is under way.
    pub(crate) async fn have_ended(&self, ids: &[&str]) {
        let mut known = self.0.subscribe();
        let ended = known.wait_for(|known| !ids.iter().any(|id| known.contains(*id)));
        if timeout(WAITED_FOR, ended).await.is_err() {
            self.end(ids);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use whatsapp_rust::wacore_binary::builder::NodeBuilder;
    use whatsapp_rust::wacore_binary::marshal::marshal;

    use super::*;

    fn stanza(tag: &'static str, id: &str) -> OwnedNodeRef {
        let bytes = marshal(&NodeBuilder::new(tag).attr("id", id).build()).unwrap();
        // In front of it stands how it is packed.
        OwnedNodeRef::new(bytes[1..].to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn receipts_wait_for_their_messages_and_for_no_others() {
        let under_way = UnderWay::default();
        under_way.heed(&stanza("message", "A"));
        under_way.heed(&stanza("message", "B"));
        under_way.heed(&stanza("receipt", "C"));
        let begun = Instant::now();
        under_way.have_ended(&["C", "D"]).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let waits = under_way.have_ended(&["D", "A"]);
        let ends = async {
            tokio::time::sleep(Duration::from_secs(1)).await; // allowed: paused time, which is measured
            under_way.end(&["A"]);
        };
        tokio::join!(waits, ends);
        assert_eq!(begun.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_ever_and_nobody_twice() {
        let under_way = UnderWay::default();
        under_way.heed(&stanza("message", "A"));
        let begun = Instant::now();
        under_way.have_ended(&["A"]).await;
        assert_eq!(begun.elapsed(), WAITED_FOR);
        under_way.have_ended(&["A"]).await;
        assert_eq!(begun.elapsed(), WAITED_FOR);
        under_way.heed(&stanza("message", "B"));
        under_way.end_all();
        under_way.have_ended(&["B"]).await;
        assert_eq!(begun.elapsed(), WAITED_FOR);
    }
}
