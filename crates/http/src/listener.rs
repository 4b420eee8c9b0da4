//! The accept loop: who may connect, and how long they may take for anything.
//!
//! A connection that nobody finishes costs a descriptor and memory that the links to WhatsApp need,
//! so each wait has a limit, and the number of connections has two. HTTP/1.1 only, as hyper reads it:
//! a line may end in LF alone, which RFC 9112, 2.2, allows.

use std::future::Future;
use std::io;
#[cfg(unix)]
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{TcpSocket, UnixListener, UnixStream};
use tokio::time::Instant;
use waygate_engine::tasks::Tasks;

use self::connection::converse;
use self::connection_limiter::ConnectionLimiter;
use crate::peer::{Network, PeerAddress};
use crate::site::Site;
use crate::websocket::SessionLimits;

mod connection;
mod connection_limiter;
mod head_timer;
mod stream;

pub(crate) use self::stream::linger;

/// How many connections may wait to be accepted, unless the system allows fewer. Of a burst of more,
/// some are lost, and their clients try again after a second, three, seven. tokio asks for 128.
#[cfg(unix)]
const BACKLOG: u32 = 4096;

/// How long the loop rests when the system has nothing left to accept with.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// The least time between two lines about refused connections: a flood must not fill the log too.
const REFUSAL_LOG_INTERVAL: Duration = Duration::from_secs(60);

/// How long a client may take and how much it may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From the first byte of a request's head to its last; on a new connection from the start.
    /// 10 s by default.
    pub head: Duration,
    /// From the end of an answer to the first byte of the next request. 75 s by default.
    pub idle: Duration,
    /// The longest head of a request in bytes, its first line included; one above is answered with
    /// 431. 32 KiB by default.
    pub head_bytes_max: usize,
    /// From a request's head to the head of its answer, the reading of its body included. Longer
    /// than the longest poll. 120 s by default.
    pub handler: Duration,
    /// How long a client may take nothing of an answer that is ready. 30 s by default.
    pub write_stall: Duration,
    /// Connections at a time. 4096 by default.
    pub connections_max: usize,
    /// Connections at a time from one address, or one /64 of IPv6; 256 by default. Does not count
    /// for this machine itself, where the proxy is that speaks for all others.
    pub connections_per_address_max: usize,
    /// How long requests in flight and sessions may go on once the process is to end. Longer than a
    /// session's closing handshake and the second after it. 5 s by default.
    pub grace: Duration,
    /// What holds for sessions; of the others only `write_stall`, `grace` and the numbers of
    /// connections do.
    pub session: SessionLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            head_bytes_max: 32 * 1024,
            handler: Duration::from_secs(120),
            write_stall: Duration::from_secs(30),
            connections_max: 4096,
            connections_per_address_max: 256,
            grace: Duration::from_secs(5),
            session: SessionLimits::default(),
        }
    }
}

/// Accepts connections and serves the site on them until [`Tasks::stop_token`] fires.
///
/// Returns once it has stopped listening. Connections are tasks of their own in the same table:
/// idle ones end with the token, the others within [`Limits::grace`] after it.
pub async fn serve(listener: TcpListener, site: Site, limits: Limits, tasks: &Tasks) {
    match with_backlog(listener) {
        Ok(listener) => accept_from(listener, site, limits, tasks).await,
        Err(error) => tracing::error!(%error, "the listener is lost; nothing is served"),
    }
}

/// A listener may be told once more how many may wait for it (listen(2)).
#[cfg(unix)]
fn with_backlog(listener: TcpListener) -> io::Result<TcpListener> {
    let socket = OwnedFd::from(listener.into_std()?);
    TcpSocket::from_std_stream(socket.into()).listen(BACKLOG)
}

#[cfg(not(unix))]
fn with_backlog(listener: TcpListener) -> io::Result<TcpListener> {
    Ok(listener)
}

/// Does on a socket in the file system what [`serve`] does on one of the network.
///
/// Requests have no [`PeerAddress`], so the limit per address does not count for them. Who may
/// connect is a matter of the file's directory and mode; removing the file is the caller's.
#[cfg(unix)]
pub async fn serve_unix(listener: UnixListener, site: Site, limits: Limits, tasks: &Tasks) {
    accept_from(listener, site, limits, tasks).await;
}

/// Where connections come from. One per kind of socket.
trait Accept: Send + 'static {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection, and its address if it has one. Must be cancel-safe.
    fn accept(
        &mut self,
    ) -> impl Future<Output = io::Result<(Self::Stream, Option<PeerAddress>)>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, Option<PeerAddress>)> {
        let (stream, address) = Self::accept(self).await?;
        // Answers are written whole, so waiting to fill a packet only delays them. A socket that
        // refuses this works all the same.
        drop(stream.set_nodelay(true));
        Ok((stream, Some(PeerAddress(address))))
    }
}

#[cfg(unix)]
impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&mut self) -> io::Result<(UnixStream, Option<PeerAddress>)> {
        let (stream, _unnamed) = Self::accept(self).await?;
        Ok((stream, None))
    }
}

async fn accept_from(mut source: impl Accept, site: Site, limits: Limits, tasks: &Tasks) {
    let stop = tasks.stop_token();
    let limiter =
        ConnectionLimiter::new(limits.connections_max, limits.connections_per_address_max);
    let mut refusals = Refusals::default();
    loop {
        // Cancel-safe: the token has no state, and `Accept::accept` promises it.
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            accepted = source.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match limiter.permit(counted(peer)) {
                Some(permit) => {
                    let talk = converse(stream, peer, site.clone(), limits.clone(), stop.clone());
                    tasks.start("http connection", async move {
                        talk.await;
                        drop(permit);
                    });
                }
                None => {
                    site.count_refused_connection();
                    refusals.note(site.refused_connections());
                }
            },
            Err(error) if is_about_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                // Trying again at once would fail again at once: what is missing, a descriptor for
                // one, comes back when a connection ends.
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                }
            }
        }
    }
}

/// What the limit per address counts a connection by, if it counts.
fn counted(peer: Option<PeerAddress>) -> Option<Network> {
    peer.filter(|peer| !peer.is_local()).map(PeerAddress::network)
}

/// Whether an error of `accept` tells of a client that has gone, and not of us.
fn is_about_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// Tells of refused connections now and then.
#[derive(Debug, Default)]
struct Refusals {
    logged: Option<Instant>,
}

impl Refusals {
    fn note(&mut self, total: u64) {
        if self.logged.is_some_and(|at| at.elapsed() < REFUSAL_LOG_INTERVAL) {
            return;
        }
        self.logged = Some(Instant::now());
        tracing::warn!(
            total,
            "connections are refused: too many at a time, or too many from one address"
        );
    }
}

#[cfg(test)]
mod tests;
