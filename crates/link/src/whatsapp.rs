//! [`WhatsApp`]: the port's implementation, and what all its connections share.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use waygate_core::account::LinkedAccount;
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::passkey::PasskeyAssertion;
use waygate_core::message::media::{MediaFile, MediaKind};
use waygate_core::message::outgoing::{Outgoing, Unsent};
use waygate_core::phone::PhoneNumber;
use waygate_core::port::link::{Deed, Line, LinkEvent, LinkSink, Linker};
use waygate_core::reason::EndReason;

use crate::connection::{Command, Connection};
use crate::http_client::LinkHttp;
use crate::intake::Intake;
use crate::keys::{KeyDesk, KeyStore};
use crate::media::MediaDesk;
use crate::network::{Network, Tls};
use crate::picture::PictureDesk;
use crate::profile::{ClientSlot, Profile};
use crate::registered::Registered;
use crate::runtime::{ConnectionTasks, note_panic, panics_caught};
use crate::sending::{Acks, Sending};
use crate::settings::{LinkSettings, SettingsProblem};
use crate::translate;
use crate::turn::Turn;
use crate::version::VersionBook;

/// The link to WhatsApp could not be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// The settings are not usable by this build.
    #[error(transparent)]
    Settings(#[from] SettingsProblem),
    /// TLS could not be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up")]
    Http(#[from] reqwest::Error),
}

/// What all connections of a process share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) settings: Arc<LinkSettings>,
    pub(crate) network: Network,
    pub(crate) tls: Tls,
    pub(crate) http: LinkHttp,
    pub(crate) versions: VersionBook,
    pub(crate) keys: KeyDesk,
    pub(crate) desk: PictureDesk,
}

/// Dials WhatsApp with whatsapp-rust. Must be used inside a tokio runtime.
#[derive(Debug, Clone)]
pub struct WhatsApp(Arc<Shared>);

impl WhatsApp {
    /// Sets up what the connections share.
    ///
    /// # Errors
    ///
    /// When the settings are not usable by this build, see [`LinkSettings::problems`].
    pub fn new(
        settings: LinkSettings,
        network: Network,
        keys: Arc<dyn KeyStore>,
    ) -> Result<Self, SetupError> {
        if let Some(problem) = settings.problems().into_iter().next() {
            return Err(problem.into());
        }
        let tls = Tls::new()?;
        let http = LinkHttp::new(&tls)?;
        let versions = VersionBook::new(settings.version.clone(), http.clone());
        let settings = Arc::new(settings);
        let (keys, desk) = (KeyDesk::new(keys), PictureDesk::new());
        Ok(Self(Arc::new(Shared { settings, network, tls, http, versions, keys, desk })))
    }

    /// How many panics of the library's tasks were caught in this process.
    pub fn panics_caught() -> u64 {
        panics_caught()
    }
}

#[derive(Debug)]
struct RunningLine {
    commands: mpsc::Sender<Command>,
    abort: CancellationToken,
    profile: Profile,
    sending: Sending,
    media: MediaDesk,
}

impl RunningLine {
    fn tell(&self, command: Command) {
        // Full or closed: a command to end is under way already, or the end has come.
        if self.commands.try_send(command).is_err() {
            tracing::debug!("a connection that is ending was told something");
        }
    }
}

impl Line for RunningLine {
    fn hang_up(&self) {
        self.tell(Command::HangUp);
    }

    fn log_out(&self) {
        self.tell(Command::LogOut);
    }

    fn request_pairing_code(&self, phone: &PhoneNumber) {
        self.tell(Command::RequestPairingCode(phone.clone()));
    }

    fn answer_passkey(&self, assertion: PasskeyAssertion) {
        self.tell(Command::AnswerPasskey(assertion));
    }

    fn confirm_passkey(&self) {
        self.tell(Command::ConfirmPasskey);
    }

    fn set_profile_picture(&self, jpeg: Vec<u8>) -> Deed<'static, Result<(), Error>> {
        self.profile.set_picture(jpeg)
    }

    fn profile_picture_url(&self) -> Deed<'static, Result<Option<String>, Error>> {
        self.profile.picture_url()
    }

    fn send(&self, message: Outgoing) -> Deed<'static, Result<(), Unsent>> {
        self.sending.send(message)
    }

    fn fetch_media(
        &self,
        kind: MediaKind,
        file: MediaFile,
        bytes_max: u64,
    ) -> Deed<'static, Result<Vec<u8>, Error>> {
        self.media.fetch(kind, file, bytes_max)
    }
}

impl Drop for RunningLine {
    fn drop(&mut self) {
        self.abort.cancel();
    }
}

impl Linker for WhatsApp {
    fn dial(&self, instance: InstanceId, sink: Arc<dyn LinkSink>) -> Box<dyn Line> {
        let (commands, orders) = mpsc::channel(4);
        let abort = CancellationToken::new();
        let tasks = ConnectionTasks::new();
        let (slot, turn) = (ClientSlot::default(), Turn::default());
        let profile =
            Profile { client: slot.clone(), tasks: tasks.clone(), desk: self.0.desk.clone() };
        let sending = Sending {
            client: slot.clone(),
            tasks: tasks.clone(),
            acks: Acks::default(),
            registered: Registered::default(),
        };
        let (shared, intake) = (Arc::clone(&self.0), Intake::new(&sink));
        let acks = sending.acks.clone();
        let (client, http) = (slot.clone(), self.0.http.clone());
        let media = MediaDesk { client, tasks: tasks.clone(), http };
        let connection =
            Connection { shared, instance, sink, intake, orders, tasks, slot, turn, acks };
        let (aborted, last_word) = (abort.clone(), Arc::clone(&connection.sink));
        // Its own table: the connection's tasks end with it, so it cannot be one of them.
        ConnectionTasks::new().start(Box::pin(async move {
            let whole = AssertUnwindSafe(connection.run()).catch_unwind();
            let end = tokio::select! {
                () = aborted.cancelled() => return,
                end = whole => end,
            };
            if let Err(payload) = end {
                note_panic(&*payload);
                last_word.deliver(LinkEvent::Ended(EndReason::Fault)).await;
            }
        }));
        Box::new(RunningLine { commands, abort, profile, sending, media })
    }

    fn linked_account(
        &self,
        instance: InstanceId,
    ) -> Deed<'_, Result<Option<LinkedAccount>, Error>> {
        Box::pin(async move {
            let device = self.0.keys.linked_device(instance).await.map_err(|error| {
                Error::new(Kind::Internal, "the instance's keys cannot be read").because(error)
            })?;
            Ok(device.and_then(|device| {
                device.pn.as_ref().map(|own| translate::account(own, device.lid.as_ref()))
            }))
        })
    }

    fn forget(&self, instance: InstanceId) -> Deed<'_, Result<(), Error>> {
        Box::pin(async move {
            self.0.keys.destroy(instance).await.map_err(|error| {
                Error::new(Kind::Internal, "the instance's keys cannot be destroyed").because(error)
            })
        })
    }
}
