//! Use cases of the record of who did what.

use std::time::Duration;

use waygate_core::audit::{Act, Entry};
use waygate_core::error::Error;
use waygate_core::id::{AccountId, InstanceId};

use crate::gateway::Gateway;

/// How long an act stays in the record.
pub const ACTS_KEPT_FOR: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// An act that has begun. It is written down when it ends, or when it is dropped: whoever goes away
/// before the answer has done it all the same.
#[derive(Debug)]
pub struct ActUnderWay {
    gateway: Gateway,
    act: Option<Act>,
}

impl ActUnderWay {
    /// It is about this instance of this account.
    pub fn is_about(&mut self, instance: InstanceId, account: AccountId) {
        if let Some(act) = &mut self.act {
            (act.instance, act.account) = (Some(instance), Some(account));
        }
    }

    /// It is the same that was done before, so nothing is written down a second time.
    pub fn was_done_before(mut self) {
        drop(self.act.take());
    }

    /// It was answered with this status. Returns when it is written down; what cannot be is logged,
    /// since it was done all the same.
    pub async fn end(mut self, status: u16) {
        let Some(act) = self.act.take() else { return };
        let (gateway, act) = (self.gateway.clone(), Act { status: Some(status), ..act });
        // Written down also when nobody waits for it.
        let written = self.gateway.see_through("audit", async move {
            gateway.write_down(act).await;
            Ok(())
        });
        // Nothing fails but what was logged.
        drop(written.await);
    }
}

impl Drop for ActUnderWay {
    fn drop(&mut self) {
        let Some(act) = self.act.take() else { return };
        let gateway = self.gateway.clone();
        self.gateway.parts().tasks.start("audit", async move { gateway.write_down(act).await });
    }
}

impl Gateway {
    /// Somebody begins to do something. The time, and what becomes of it, are noted here.
    pub fn begin_act(&self, act: Act) -> ActUnderWay {
        let act = Act { at: self.now(), status: None, ..act };
        ActUnderWay { gateway: self.clone(), act: Some(act) }
    }

    async fn write_down(&self, act: Act) {
        if let Err(error) = self.parts().ports.audit.record(act).await {
            tracing::error!(cause = error.with_causes(), "an act could not be written down");
        }
    }

    /// What was done, newest first, at most `limit`: with the things of all accounts or of this one, and
    /// before the entry with this number, where one is named.
    ///
    /// # Errors
    ///
    /// `Internal` when the store fails.
    pub async fn acts(
        &self,
        account: Option<AccountId>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Entry>, Error> {
        self.parts().ports.audit.acts(account, before, limit).await
    }

    pub(crate) async fn forget_acts(&self) {
        match self.parts().ports.audit.forget_acts(self.now() - ACTS_KEPT_FOR).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "old acts were forgotten"),
            Err(error) => {
                tracing::error!(cause = error.with_causes(), "old acts could not be forgotten");
            }
        }
    }
}
