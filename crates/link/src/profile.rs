//! What is asked of WhatsApp about the account's own profile, on a running connection.
//!
//! A request runs among the connection's tasks: it ends with the connection, and a panic of the
//! library in it ends the connection as any other does.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;
use waygate_core::error::{Error, Kind};
use waygate_core::port::link::Deed;
use whatsapp_rust::features::{ContactError, ProfileError};
use whatsapp_rust::request::IqError;
use whatsapp_rust::{Client, Jid};

use crate::picture::PictureDesk;
use crate::runtime::ConnectionTasks;

/// How long a request may take, with everything that is done for it here.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// How long to wait when WhatsApp asks for patience and does not say for how long.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection's client, from the moment it has one. Weak: the connection alone keeps it alive.
#[derive(Clone, Default)]
pub(crate) struct ClientSlot(Arc<OnceLock<Weak<Client>>>);

impl ClientSlot {
    /// Fills the slot, once.
    pub(crate) fn fill(&self, client: &Arc<Client>) {
        if self.0.set(Arc::downgrade(client)).is_err() {
            tracing::debug!("a connection got a second client");
        }
    }

    /// The client, and the account it is logged in to.
    pub(crate) fn logged_in(&self) -> Result<(Arc<Client>, Jid), Error> {
        self.0
            .get()
            .and_then(Weak::upgrade)
            .filter(|client| client.is_connected() && client.is_logged_in())
            .and_then(|client| client.pn().map(|own| (client, own.to_non_ad())))
            .ok_or_else(|| {
                Error::new(Kind::WrongState, "the instance is not logged in to WhatsApp")
            })
    }
}

/// The profile of the account that a connection is logged in to.
#[derive(Clone)]
pub(crate) struct Profile {
    pub(crate) client: ClientSlot,
    pub(crate) tasks: ConnectionTasks,
    pub(crate) desk: PictureDesk,
}

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Profile")
    }
}

impl Profile {
    /// See [`waygate_core::port::link::Line::set_profile_picture`].
    pub(crate) fn set_picture(&self, jpeg: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        let desk = self.desk.clone();
        self.ask(async move |client, _own| {
            let prepared = desk.prepare(jpeg).await?;
            // The library takes empty bytes for a removal; what comes from the desk never is.
            match client.profile().set_profile_picture(prepared).await {
                Ok(_) => Ok(()),
                Err(ProfileError::Iq(error)) => Err(translate(&error)),
                Err(_) => Err(lost()),
            }
        })
    }

    /// See [`waygate_core::port::link::Line::profile_picture_url`].
    pub(crate) fn picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        self.ask(async move |client, own| {
            match client.contacts().get_profile_picture(&own, false).await {
                Ok(picture) => Ok(picture.map(|picture| picture.url)),
                Err(ContactError::Iq(error)) => Err(translate(&error)),
                Err(_) => Err(not_understood()),
            }
        })
    }

    /// Asks something of the account that the connection is logged in to.
    fn ask<T: Send + 'static, R>(
        &self,
        request: impl FnOnce(Arc<Client>, Jid) -> R + Send + 'static,
    ) -> Deed<'static, Result<T, Error>>
    where
        R: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let Self { client, tasks, .. } = self.clone();
        Box::pin(async move {
            let (client, own) = client.logged_in()?;
            run(&tasks, request(client, own)).await
        })
    }
}

/// Runs a request among a connection's tasks, within the deadline.
async fn run<T: Send + 'static>(
    tasks: &ConnectionTasks,
    request: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    run_within(ANSWER_WITHIN, tasks, request).await
}

/// The same with a deadline of its own.
pub(crate) async fn run_within<T: Send + 'static>(
    limit: Duration,
    tasks: &ConnectionTasks,
    request: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    let (answer, answered) = oneshot::channel();
    tasks.start(Box::pin(async move {
        let outcome = timeout(limit, request).await.unwrap_or_else(|_elapsed| {
            Err(Error::new(Kind::Unreachable, "WhatsApp did not answer in time"))
        });
        if answer.send(outcome).is_err() {
            tracing::debug!("nobody waited for the answer to a request");
        }
    }));
    // Without an answer, the request ended with its connection.
    answered.await.unwrap_or_else(|_ended| Err(lost()))
}

fn lost() -> Error {
    Error::new(Kind::Unreachable, "the connection to WhatsApp was lost before it answered")
}

fn not_understood() -> Error {
    Error::new(Kind::Internal, "WhatsApp's answer was not understood")
}

/// Our words for a failed request. The library's own may quote what was sent or said, so only the
/// number goes on into a log.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that may grow")]
pub(crate) fn translate(error: &IqError) -> Error {
    match error {
        IqError::Timeout => Error::new(Kind::Unreachable, "WhatsApp did not answer in time"),
        IqError::ServerError { code, backoff, .. } => refused(*code, *backoff),
        IqError::UnexpectedResponseType { .. } | IqError::ParseError(_) => not_understood(),
        _ => lost(),
    }
}

fn refused(code: u16, backoff_s: Option<u32>) -> Error {
    let retry_after = backoff_s.map_or(PATIENCE, |seconds| Duration::from_secs(seconds.into()));
    let error = match code {
        406 => Error::new(Kind::Invalid, "WhatsApp does not accept this picture"),
        429 => Error::new(Kind::Limited { retry_after }, "WhatsApp asks for patience"),
        500.. => Error::new(Kind::Unreachable, "WhatsApp cannot do this at the moment"),
        _ => Error::new(Kind::Internal, "WhatsApp refused the request"),
    };
    error.because(format!("WhatsApp answered {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_error(code: u16, backoff: Option<u32>) -> IqError {
        let text = "about 15550001111".to_owned();
        IqError::ServerError { code, text, error_type: None, backoff }
    }

    #[test]
    fn every_refusal_has_its_kind_and_no_text_of_the_server() {
        let limited = |seconds| Kind::Limited { retry_after: Duration::from_secs(seconds) };
        for (error, kind) in [
            (server_error(406, None), Kind::Invalid),
            (server_error(429, None), limited(60)),
            (server_error(429, Some(5)), limited(5)),
            (server_error(503, None), Kind::Unreachable),
            (server_error(400, None), Kind::Internal),
            (IqError::Timeout, Kind::Unreachable),
            (IqError::NotConnected, Kind::Unreachable),
            (IqError::UnexpectedResponseType { got: None }, Kind::Internal),
        ] {
            let translated = translate(&error);
            assert_eq!(translated.kind(), kind, "{error}");
            assert!(!format!("{translated:?}").contains("1555"), "{translated:?}");
        }
    }

    #[tokio::test]
    async fn without_a_login_nothing_can_be_asked() {
        let (client, desk) = (ClientSlot::default(), PictureDesk::new());
        let profile = Profile { client, tasks: ConnectionTasks::new(), desk };
        let set = profile.set_picture(Vec::new()).await.unwrap_err();
        assert_eq!(set.kind(), Kind::WrongState);
        let get = profile.picture_url().await.unwrap_err();
        assert_eq!(get.kind(), Kind::WrongState);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_ends_at_its_deadline() {
        let never = std::future::pending::<Result<(), Error>>();
        let error = run(&ConnectionTasks::new(), never).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Unreachable);
        assert_eq!(error.public(), "WhatsApp did not answer in time");
    }

    #[tokio::test]
    async fn a_request_ends_with_its_connection() {
        let tasks = ConnectionTasks::new();
        let never = std::future::pending::<Result<(), Error>>();
        let (outcome, ()) = tokio::join!(run(&tasks, never), async { tasks.end() });
        assert_eq!(outcome.unwrap_err().kind(), Kind::Unreachable);
    }

    #[tokio::test]
    async fn a_request_goes_on_when_nobody_waits_for_it() {
        let (done, seen) = oneshot::channel();
        let tasks = ConnectionTasks::new();
        let mut asked = Box::pin(run(&tasks, async {
            tokio::task::yield_now().await;
            done.send(()).map_err(|()| lost())
        }));
        let once = std::future::poll_fn(|context| {
            assert!(asked.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        });
        once.await;
        drop(asked);
        seen.await.unwrap();
    }
}
