//! What comes for the account, on its way to whoever writes it down.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::watch;
use waygate_core::error::{Error, Kind};
use waygate_core::message::arrival::Arrived;
use waygate_core::port::link::LinkSink;
use whatsapp_rust::types::events::InboundMessage;
use whatsapp_rust::{Client, InboundDurabilityHook, anyhow};

use crate::ballots::Ballots;
use crate::message::address::alone;
use crate::people;

/// Where everything that comes on one connection goes.
#[derive(Clone)]
pub(crate) struct Intake {
    sink: Arc<dyn LinkSink>,
    /// Something was not written down. Nothing that follows it may be, or it would be overtaken.
    refused: Arc<watch::Sender<bool>>,
    ballots: Arc<Ballots>,
}

impl Intake {
    pub(crate) fn new(sink: &Arc<dyn LinkSink>) -> Self {
        let refused = Arc::new(watch::Sender::new(false));
        Self { sink: Arc::clone(sink), refused, ballots: Arc::default() }
    }

    /// What these messages tell.
    pub(crate) async fn read(
        &self,
        client: &Client,
        messages: impl IntoIterator<Item = &InboundMessage>,
    ) -> Vec<Arrived> {
        let own = client.pn().and_then(|own| alone(&own));
        let mut arrived = Vec::new();
        for message in messages {
            arrived.extend(self.ballots.arrived(client, message, own.as_ref()).await);
        }
        arrived
    }

    /// Returns once something was not written down. WhatsApp delivers it again on the next connection,
    /// and on no earlier one.
    pub(crate) async fn refused(&self) {
        let mut refused = self.refused.subscribe();
        if refused.wait_for(|it| *it).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Has it written down.
    pub(crate) async fn take(
        &self,
        client: &Client,
        mut arrived: Vec<Arrived>,
    ) -> Result<(), Error> {
        for one in &mut arrived {
            people::name_by_number(client, one).await;
        }
        if arrived.is_empty() {
            return Ok(());
        }
        if *self.refused.borrow() {
            return Err(Error::new(Kind::WrongState, "what came before was not written down"));
        }
        self.sink.receive(arrived).await
    }
}

#[async_trait]
impl InboundDurabilityHook for Intake {
    /// The library acknowledges the messages when this succeeds. It must ask the client nothing that
    /// waits for WhatsApp, since the sender's session is locked meanwhile.
    async fn on_messages(
        &self,
        client: Arc<Client>,
        batch: &[InboundMessage],
    ) -> anyhow::Result<()> {
        let arrived = self.read(&client, batch).await;
        if let Err(error) = self.take(&client, arrived).await {
            let cause = error.with_causes();
            tracing::error!(count = batch.len(), cause, "messages were not written down");
            self.refused.send_replace(true);
            // The library prints this.
            anyhow::bail!("not written down");
        }
        Ok(())
    }
}
