//! A session's stream, which counts what one message costs.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a session runs on.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// A stream that stops to read when too much has come without a message.
///
/// The framing puts fragments together by itself and says nothing until the last has come. Its limit
/// is on what they hold, and an empty fragment holds nothing.
pub(super) struct Metered {
    stream: Box<dyn Stream>,
    /// Bytes since the last message.
    count: usize,
    count_max: usize,
}

impl Metered {
    pub(super) fn new(stream: Box<dyn Stream>, count_max: usize) -> Self {
        Self { stream, count: 0, count_max }
    }

    /// A message has come, or a part of the talk that is no message.
    pub(super) fn start_over(&mut self) {
        self.count = 0;
    }

    /// Whether reading has stopped.
    pub(super) fn is_flooded(&self) -> bool {
        self.count > self.count_max
    }

    pub(super) fn into_inner(self) -> Box<dyn Stream> {
        self.stream
    }
}

impl AsyncRead for Metered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.is_flooded() {
            // Nobody is woken: whoever polls looks at `is_flooded` and does not wait.
            return Poll::Pending;
        }
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.count = self.count.saturating_add(buf.filled().len().saturating_sub(before));
        read
    }
}

impl AsyncWrite for Metered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
