//! Instances that have something to tell.

use waygate_core::instance::state::StateName;

use crate::server::{Instance, Server};

/// A linked instance that waits to tell that it is: of its state, or also of its connection.
pub(crate) async fn with_news(server: &Server, settings: &str) -> Instance {
    let instance = server.instance().await;
    assert_eq!(server.post(&instance, "setSettings", settings).await.status, 200);
    link_account(server, &instance).await;
    instance
}

pub(crate) async fn link_account(server: &Server, instance: &Instance) {
    server.gateway.keep_looking(instance.id).await.unwrap();
    server.link.show(instance.id, "2@code").await;
    server.link.link(instance.id).await;
    server.settle(instance.id, StateName::Online).await;
}

pub(crate) const STATE: &str = r#"{"stateWebhook":"yes"}"#;
pub(crate) const BOTH: &str = r#"{"stateWebhook":"yes","statusInstanceWebhook":"yes"}"#;

impl Instance {
    pub(crate) fn receipt(&self, receipt: &str) -> String {
        format!("{}/{receipt}", self.path("deleteNotification"))
    }
}
