//! Connects, to permitted addresses alone.
//!
//! This is where the policy holds: names and literal addresses come the same way, so neither passes by
//! it, and what was checked is what is connected to. Nothing is looked up twice.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower::Service;

use super::names::Names;
use super::policy::Policy;

/// How long a name may take to be found, and the receiver to be connected to.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(5);

/// The most addresses of a name that are tried.
const ADDRESSES_MAX: usize = 4;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unconnected {
    /// The address is not permitted, or one of those that the name has.
    #[error("the address is not permitted")]
    Refused,
    #[error("there is no connection in time")]
    Late,
    #[error("the receiver cannot be connected to")]
    Unreached(#[source] io::Error),
}

/// Connects by a policy. Clones share everything.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) policy: Policy,
    pub(super) names: Arc<dyn Names>,
}

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Unconnected>> + Send>>;

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = Unconnected;
    type Future = Connecting;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Unconnected>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Connecting {
        let connector = self.clone();
        Box::pin(async move {
            let connected = timeout(CONNECT_WITHIN, connector.connect(&to)).await;
            connected.map_err(|_late| Unconnected::Late)?.map(TokioIo::new)
        })
    }
}

impl Connector {
    async fn connect(&self, to: &Uri) -> Result<TcpStream, Unconnected> {
        let default_port = if to.scheme_str() == Some("https") { 443 } else { 80 };
        let port = to.port_u16().unwrap_or(default_port);
        let addresses = self.addresses(to.host().unwrap_or_default()).await?;
        // One bad address among them is enough: whoever owns the name chooses which is taken.
        if !addresses.iter().all(|address| self.permits(*address)) {
            return Err(Unconnected::Refused);
        }
        let mut failed = io::Error::from(io::ErrorKind::NotFound);
        let tried = addresses.len().min(ADDRESSES_MAX);
        let within = CONNECT_WITHIN / u32::try_from(tried.max(1)).unwrap_or(1);
        for address in addresses.into_iter().take(ADDRESSES_MAX) {
            let address = SocketAddr::new(address, port);
            match timeout(within, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failed = error,
                Err(_late) => failed = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(Unconnected::Unreached(failed))
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, Unconnected> {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse() {
            return Ok(vec![address]);
        }
        self.names.look_up(bare.to_owned()).await.map_err(Unconnected::Unreached)
    }

    fn permits(&self, address: IpAddr) -> bool {
        self.policy.permits(address) && (self.policy.names(address) || !is_of_this_machine(address))
    }
}

/// Whether packets to this address would not leave the machine. Its public addresses are in no table;
/// the routes of the system tell, and nothing is sent to ask them.
fn is_of_this_machine(address: IpAddr) -> bool {
    let anywhere: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = UdpSocket::bind((anywhere, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    from.is_ok_and(|from| from.ip() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_addresses_are_told_from_others() {
        assert!(is_of_this_machine(Ipv4Addr::LOCALHOST.into()));
        assert!(!is_of_this_machine(Ipv4Addr::new(203, 0, 113, 1).into()));
    }
}
