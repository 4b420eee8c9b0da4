//! Frames of the server one at a time, where what follows an answer must not overtake what we make
//! of it.
//!
//! When a passkey's code is confirmed, the library keeps the new secret as soon as WhatsApp has
//! answered, and checks the `pair-success` that follows against it in another task (whatsapp-rust 0.7.0,
//! `passkey/flow.rs`, `pair.rs`). A busy machine hands it both at once, and the phone's proof does not
//! verify. So what stands behind the answer waits until the call is through.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a frame waits at most: the one before it may not have been the answer.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Whether a call of one connection is under way that frames have to wait for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn(Arc<watch::Sender<bool>>);

/// A call that is under way until this is dropped.
pub(crate) struct Call(Turn);

/// The frames of one connection.
pub(crate) struct Frames {
    busy: watch::Receiver<bool>,
    /// One was handed on since the call began.
    is_ahead: bool,
}

impl Turn {
    pub(crate) fn begin(&self) -> Call {
        self.0.send_replace(true);
        Call(self.clone())
    }

    pub(crate) fn frames(&self) -> Frames {
        Frames { busy: self.0.subscribe(), is_ahead: false }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.0.send_replace(false);
    }
}

impl Frames {
    /// Waits until the next one may be handed on.
    pub(crate) async fn next(&mut self) {
        if self.is_ahead {
            drop(timeout(WAIT_MAX, self.busy.wait_for(|busy| !*busy)).await);
        }
        self.is_ahead = *self.busy.borrow();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_stands_behind_an_answer_waits_for_the_end_of_the_call() {
        let turn = Turn::default();
        let mut frames = turn.frames();
        let began = Instant::now();
        frames.next().await;
        frames.next().await;
        let call = turn.begin();
        frames.next().await;
        assert_eq!(began.elapsed(), Duration::ZERO, "until then nothing waits");
        let end = async {
            tokio::task::yield_now().await;
            drop(call);
        };
        tokio::join!(frames.next(), end);
        frames.next().await;
        assert_eq!(began.elapsed(), Duration::ZERO, "nor afterwards");
    }

    #[tokio::test(start_paused = true)]
    async fn a_frame_that_was_not_the_answer_holds_nothing_up_for_long() {
        let turn = Turn::default();
        let mut frames = turn.frames();
        let _call = turn.begin();
        let began = Instant::now();
        frames.next().await;
        frames.next().await;
        frames.next().await;
        assert_eq!(began.elapsed(), WAIT_MAX * 2);
    }
}
