//! The device: it is linked by its code, writes, and tells what it reads.

use std::sync::Arc;

use anyhow::Context as _;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::sync::mpsc;
use url::Url;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::download::MediaType;
use whatsapp_rust::prelude::{MessageField, wa};
use whatsapp_rust::store::SqliteStore;
use whatsapp_rust::store::traits::Backend;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::types::events::{Event, EventHandler, InboundMessage};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::{Client, Jid, TokioRuntime, UploadOptions};

use crate::files::Files;
use crate::lines::{Happened, tell};

/// See the module.
pub(crate) struct Device {
    address: Url,
    backend: Arc<dyn Backend>,
    handle: Option<BotHandle>,
}

impl Device {
    /// With its keys in this file, or in memory.
    pub(crate) async fn new(address: Url, keys: Option<&str>) -> anyhow::Result<Self> {
        let backend: Arc<dyn Backend> = match keys {
            Some(file) => Arc::new(SqliteStore::new(file).await?),
            None => Arc::new(InMemoryBackend::new()),
        };
        Ok(Self { address, backend, handle: None })
    }

    /// Connects; what happens then is told.
    pub(crate) async fn open(&mut self) -> anyhow::Result<()> {
        let (sender, mut events) = mpsc::unbounded_channel();
        let transport = TokioWebSocketTransportFactory::new().with_url(self.address.as_str());
        let bot = Bot::builder()
            .with_backend_arc(Arc::clone(&self.backend))
            .with_transport_factory(transport)
            .with_http_client(Files::of(&self.address)?)
            .with_runtime(TokioRuntime)
            .with_event_handler(Queue(sender))
            .skip_history_sync()
            .build()
            .await?;
        let handle = bot.spawn();
        let client = handle.client();
        self.handle = Some(handle);
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with the client that it listens to"
        )]
        tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                hear(&client, &event).await;
            }
        });
        Ok(())
    }

    /// Hangs up and stays linked.
    pub(crate) async fn close(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.shutdown().await;
        }
    }

    pub(crate) async fn write(&self, to: &str, text: String) -> anyhow::Result<Happened> {
        let sent = self.client()?.send_text(Jid::pn(to), text).await?;
        Ok(Happened::Sent(sent.message_id))
    }

    pub(crate) async fn write_image(&self, to: &str, file: &str) -> anyhow::Result<Happened> {
        let client = self.client()?;
        let file = BASE64_STANDARD.decode(file)?;
        let it = client.upload(file, MediaType::Image, UploadOptions::new()).await?;
        let image = wa::message::ImageMessage {
            url: Some(it.url),
            direct_path: Some(it.direct_path),
            mimetype: Some("image/jpeg".to_owned()),
            media_key: Some(it.media_key.to_vec()),
            media_key_timestamp: Some(it.media_key_timestamp),
            file_enc_sha256: Some(it.file_enc_sha256.to_vec()),
            file_sha256: Some(it.file_sha256.to_vec()),
            file_length: Some(it.file_length),
            ..wa::message::ImageMessage::default()
        };
        let message =
            wa::Message { image_message: MessageField::some(image), ..wa::Message::default() };
        let sent = client.send_message(Jid::pn(to), message).await?;
        Ok(Happened::Sent(sent.message_id))
    }

    fn client(&self) -> anyhow::Result<Arc<Client>> {
        self.handle.as_ref().map(BotHandle::client).context("the device has hung up")
    }
}

async fn hear(client: &Client, event: &Event) {
    if let Event::PairingQrCode(code) = event {
        tell(&Happened::Code(code.code.clone()));
    } else if let Event::Connected(_) = event {
        tell(&Happened::Online);
    } else if let Event::Messages(batch) = event {
        for message in batch {
            if let Some(read) = read(client, message).await {
                tell(&read);
            }
        }
    }
}

async fn read(client: &Client, message: &InboundMessage) -> Option<Happened> {
    let id = message.info.id.clone();
    let said = &message.message;
    let extended = said.extended_text_message.as_option().and_then(|it| it.text.clone());
    if let Some(text) = said.conversation.clone().or(extended) {
        return Some(Happened::Text { id, text });
    }
    let file = client.download(said.image_message.as_option()?).await.ok()?;
    Some(Happened::Image { id, file: BASE64_STANDARD.encode(file) })
}

struct Queue(mpsc::UnboundedSender<Arc<Event>>);

impl EventHandler for Queue {
    fn handle_event(&self, event: Arc<Event>) {
        // Nobody listens any more once the process ends.
        drop(self.0.send(event));
    }
}
