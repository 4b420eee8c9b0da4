//! Reading a request's body within bounds.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::Instant;

/// How long a client may send nothing of a body that it has announced.
pub const STALL: Duration = Duration::from_secs(15);

/// How long a body may take before its rate counts.
const RATE_FREE: Duration = Duration::from_secs(5);

/// The slowest rate after that, over the whole body. Without it one byte in each [`STALL`] would
/// hold a connection for as long as the client likes.
const BYTES_PER_SECOND_MIN: u32 = 1024;

/// Why a body was not read. Closed on purpose: a new reason must stop the build in every dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// It is longer than allowed, or says that it will be.
    #[error("the body is too large")]
    TooLarge,
    /// It came too slowly, or stopped coming.
    #[error("the body did not come in time")]
    Stalled,
    /// It ended early, or was not framed as HTTP asks.
    #[error("the body is broken")]
    Broken,
}

/// Reads a body of at most `limit_bytes`.
///
/// Gives up when nothing comes for `stall` ([`STALL`] where there is no reason for another), and
/// after 5 s when less than 1 KiB a second has come. Holds no more than what came, whatever length
/// was announced. Cancelled, what was read is lost, and with it the connection.
pub async fn read(body: Body, limit_bytes: usize, stall: Duration) -> Result<Bytes, BodyError> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit_bytes {
        return Err(BodyError::TooLarge);
    }
    let began = Instant::now();
    let mut body = body;
    let mut read = BytesMut::new();
    loop {
        let deadline = (Instant::now() + stall).min(began + time_for(read.len()));
        let frame = match tokio::time::timeout_at(deadline, body.frame()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(Some(Err(_broken))) => return Err(BodyError::Broken),
            Ok(None) => return Ok(read.freeze()),
            Err(_elapsed) => return Err(BodyError::Stalled),
        };
        // Trailers are not part of the content.
        let Ok(data) = frame.into_data() else { continue };
        if data.len() > limit_bytes - read.len() {
            return Err(BodyError::TooLarge);
        }
        read.extend_from_slice(&data);
    }
}

/// How long a client may take until the next byte after `count` of them.
fn time_for(count: usize) -> Duration {
    let at_least = Duration::from_secs_f64(1.0) / BYTES_PER_SECOND_MIN;
    RATE_FREE.max(at_least.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io;

    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Sends so many bytes in each second, for ever.
    fn dripping(bytes: usize) -> Body {
        Body::from_stream(stream::unfold(Instant::now(), move |last| async move {
            let next = last + SECOND;
            tokio::time::sleep_until(next).await;
            Some((Ok::<_, Infallible>(vec![0; bytes]), next))
        }))
    }

    /// Sends this, and then nothing more.
    fn stopping(first: Vec<u8>) -> Body {
        let first = stream::iter([Ok::<_, Infallible>(first)]);
        Body::from_stream(first.chain(stream::pending()))
    }

    async fn refused(body: Body, limit_bytes: usize) -> (BodyError, Duration) {
        let began = Instant::now();
        (read(body, limit_bytes, STALL).await.unwrap_err(), began.elapsed())
    }

    #[tokio::test]
    async fn a_body_is_read_whole() {
        let parts = stream::iter(["ab", "", "cd"].map(Ok::<_, Infallible>));
        assert_eq!(read(Body::from_stream(parts), 4, STALL).await.unwrap(), "abcd");
        assert_eq!(read(Body::from("abcd"), 4, STALL).await.unwrap(), "abcd");
        assert_eq!(read(Body::empty(), 0, STALL).await.unwrap(), "");
    }

    #[tokio::test]
    async fn a_body_that_announces_too_much_is_refused_unread() {
        let announced = Body::from("abcde");
        assert_eq!(read(announced, 4, STALL).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_turns_out_too_large_is_refused_on_the_way() {
        let endless = stream::repeat_with(|| Ok::<_, Infallible>("abc"));
        assert_eq!(read(Body::from_stream(endless), 4, STALL).await, Err(BodyError::TooLarge));
    }

    #[tokio::test]
    async fn a_body_that_breaks_is_told_from_one_that_ends() {
        let parts = stream::iter([Ok("ab"), Err(io::Error::other("canary"))]);
        let error = read(Body::from_stream(parts), 4, STALL).await.unwrap_err();
        assert_eq!(error, BodyError::Broken);
        assert!(!error.to_string().contains("canary"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_begins_is_given_up_after_five_seconds() {
        let stalled = (BodyError::Stalled, 5 * SECOND);
        assert_eq!(refused(stopping(Vec::new()), 1024).await, stalled);
        assert_eq!(refused(dripping(1), 1024).await, stalled, "a byte a second is no better");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_is_given_up_after_the_stall() {
        let first = vec![0; 100 * 1024];
        assert_eq!(refused(stopping(first), 1024 * 1024).await, (BodyError::Stalled, STALL));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_slower_than_a_kibibyte_a_second_is_given_up() {
        let (error, took) = refused(dripping(1000), 1024 * 1024).await;
        assert_eq!((error, took), (BodyError::Stalled, 5 * SECOND));
        let (error, took) = refused(dripping(2048), 1024 * 1024).await;
        assert_eq!((error, took), (BodyError::TooLarge, 513 * SECOND), "at twice that it is read");
    }
}
