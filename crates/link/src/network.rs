//! How bytes get to WhatsApp: over a websocket, or over a pipe to a simulator in this process.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use whatsapp_rust::transport::Connector;

/// A connection as a pair of byte streams, without framing. Dropping `to_server` hangs up;
/// `from_server` ends when the other side did.
#[derive(Debug)]
pub struct Pipe {
    /// Towards the server.
    pub to_server: mpsc::Sender<Bytes>,
    /// From the server.
    pub from_server: mpsc::Receiver<Bytes>,
}

/// Opens pipes, for tests that own the time and so cannot use real sockets.
pub trait PipeSource: fmt::Debug + Send + Sync + 'static {
    /// One more connection.
    ///
    /// # Errors
    ///
    /// When the other side takes none.
    fn open(&self) -> std::io::Result<Pipe>;

    /// Called on the library's own task before it sends: the place where a test plants a fault.
    fn before_send(&self) {}
}

/// The way to WhatsApp.
#[derive(Debug, Clone)]
pub enum Network {
    /// A websocket to the address of the settings.
    Websocket,
    /// A pipe in this process.
    InProcess(Arc<dyn PipeSource>),
}

/// The one TLS configuration of the process. Building one per connection would read all roots
/// again each time, at nine KiB and a millisecond a piece.
#[derive(Clone)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    pub(crate) fn new() -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn connector(&self) -> Connector {
        Connector::Rustls(TlsConnector::from(Arc::clone(&self.0)))
    }

    pub(crate) fn config(&self) -> ClientConfig {
        ClientConfig::clone(&self.0)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}
