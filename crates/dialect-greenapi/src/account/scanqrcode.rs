//! `scanqrcode`: an instance's codes as they come, over a websocket, until a phone has scanned one.
//!
//! Each frame is a text with one object. All but `qrCode` are the last of their session.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use waygate_core::error::{Error, Kind};
use waygate_core::id::InstanceId;
use waygate_core::instance::machine::Machine;
use waygate_core::instance::state::{Outcome, QrCode, State};
use waygate_core::token::TokenKind;
use waygate_engine::attempts::WRONG_PHONE;
use waygate_engine::look::Look;
use waygate_engine::sight::Sight;
use waygate_http::websocket::{CloseCode, Session};

use super::notice::Notice;
use crate::call::SessionCall;
use crate::refusal::Refusal;
use crate::seats::Seat;
use crate::wire::wid::wid;

/// How long a session lasts at most (contract, section 4.3).
const SESSION_FOR: Duration = Duration::from_secs(100);

/// How often the token is looked up again: one that is worth nothing any more must not go on
/// showing codes.
const TOKEN_CHECKED_EVERY: Duration = Duration::from_secs(2);

const TAKEN_OVER: &str = "another session of this instance took over";
const NOT_THROUGH: &str = "a phone has accepted, and its first login is not through yet";

/// What is told once after a success; it has no `message`.
#[derive(Serialize)]
struct AccountData {
    r#type: &'static str,
    wid: String,
    pushname: String,
    #[serde(rename = "webhookUrl")]
    webhook_url: String,
}

/// What is sent.
struct Frame {
    text: String,
    /// Why the session ends with it, as the client reads it; `None` when it goes on.
    last: Option<&'static str>,
}

pub(crate) async fn scanqrcode(call: SessionCall, mut session: Session) {
    let mut sitting = Sitting::begin(call);
    loop {
        // Neither branch loses anything: what the client says is ignored, and when it has left,
        // nobody waits for a frame.
        let frame = tokio::select! {
            biased;
            () = left(&mut session) => return,
            frame = sitting.next_frame() => frame,
        };
        if session.send_text(frame.text).await.is_err() {
            return;
        }
        if let Some(told) = frame.last {
            tracing::debug!(told, "a session of codes ends");
            return session.close(CloseCode::NORMAL, "").await;
        }
    }
}

/// Waits until the client has left. Cancel-safe.
async fn left(session: &mut Session) {
    while session.receive().await.is_some() {}
}

/// A session with what ends it.
struct Sitting {
    course: Course,
    seat: Seat,
    token_checks: Interval,
    ends_at: Instant,
}

impl Sitting {
    fn begin(call: SessionCall) -> Self {
        let (call, now) = (Arc::new(call), Instant::now());
        let seat = call.desk.seats.take(call.instance.id);
        let mut token_checks = interval_at(now + TOKEN_CHECKED_EVERY, TOKEN_CHECKED_EVERY);
        token_checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { course: Course::begin(call, now), seat, token_checks, ends_at: now + SESSION_FOR }
    }

    async fn next_frame(&mut self) -> Frame {
        let Self { course, seat, token_checks, ends_at } = self;
        let call = Arc::clone(&course.call);
        // Cancel-safe: the others only wait, and the course is given up only with the session.
        tokio::select! {
            biased;
            () = seat.lost() => Frame::ending(&Notice::error(TAKEN_OVER)),
            refusal = refused(&call, token_checks) => {
                Frame::ending(&Notice::error(refusal.into_words()))
            }
            () = tokio::time::sleep_until(*ends_at) => Frame::ending(&Notice::TIMEOUT),
            frame = course.next_frame() => frame,
        }
    }
}

/// Waits until the token opens the instance no more.
async fn refused(call: &SessionCall, checks: &mut Interval) -> Refusal {
    loop {
        checks.tick().await;
        let grant = match call.gateway().authenticate(TokenKind::Instance, &call.token).await {
            Ok(grant) => grant,
            Err(error) => return error.into(),
        };
        match grant.and_then(|grant| grant.instance) {
            Some(instance) if instance.removed_at.is_some() => return Refusal::DELETED,
            Some(_) => {}
            None => return Refusal::Unauthorized,
        }
    }
}

/// What an instance shows, from the first code to the account.
struct Course {
    call: Arc<SessionCall>,
    /// The instance was linked when the session began: there is nothing to wait for.
    began_linked: bool,
    /// By then there has to be something to tell.
    first_by: Instant,
    /// The code that was told last.
    told: Option<QrCode>,
    /// What was seen last; `None` where a code is still to come.
    seen: Option<Sight>,
}

impl Course {
    fn begin(call: Arc<SessionCall>, now: Instant) -> Self {
        let sight = call.gateway().sight(call.instance.id);
        let began_linked = matches!(sight, Ok(Sight::Linked(_)));
        let first_by = now + call.desk.settings.code_within;
        Self { call, began_linked, first_by, told: None, seen: None }
    }

    fn instance(&self) -> InstanceId {
        self.call.instance.id
    }

    async fn next_frame(&mut self) -> Frame {
        loop {
            match self.next_step().await {
                Ok(Some(frame)) => return frame,
                Ok(None) => {}
                Err(error) => return Frame::ending(&self.notice_of(error).await),
            }
        }
    }

    /// One look; a frame when it came to something new.
    async fn next_step(&mut self) -> Result<Option<Frame>, Error> {
        match self.seen.take() {
            None => self.look().await,
            Some(seen) if self.told.is_some() => self.look_on(seen).await,
            Some(seen) => {
                let looked = tokio::time::timeout_at(self.first_by, self.look_on(seen)).await;
                looked.unwrap_or_else(|_elapsed| Err(Error::new(Kind::Unreachable, NOT_THROUGH)))
            }
        }
    }

    /// Waits for a code as `qr` does.
    async fn look(&mut self) -> Result<Option<Frame>, Error> {
        let within = self.call.desk.settings.code_within;
        match self.call.gateway().look_at_code(self.instance(), within).await? {
            Look::Code(code) => self.show(Sight::QrCode(code.clone()), code),
            Look::AlreadyLinked(_account) if !self.began_linked => {
                // Scanned just now; what comes of it is to be seen.
                self.seen = Some(Sight::Finishing);
                Ok(None)
            }
            ended @ (Look::AlreadyLinked(_)
            | Look::PasskeyRequired
            | Look::NotBefore { .. }
            | Look::Unusable(_)
            | Look::Impossible(_)) => self.end(&ended),
        }
    }

    /// Waits for something else to see.
    async fn look_on(&mut self, seen: Sight) -> Result<Option<Frame>, Error> {
        let sight = self.call.gateway().next_sight(self.instance(), &seen, SESSION_FOR).await?;
        let Some(sight) = sight else {
            self.seen = Some(seen);
            return Ok(None);
        };
        match &sight {
            Sight::QrCode(code) | Sight::PairingCode { qr: Some(code), .. } => {
                let code = code.clone();
                self.show(sight, code)
            }
            Sight::PairingCode { qr: None, .. } | Sight::PairingCodeTyped(_) | Sight::Finishing => {
                self.seen = Some(sight);
                Ok(None)
            }
            Sight::Idle { last: Some(Outcome::WrongPhone) } => {
                self.end(&Look::Impossible(WRONG_PHONE))
            }
            // How long the next code takes, and whether there is one, a new look tells.
            Sight::Idle { .. } | Sight::Preparing | Sight::NotBefore { .. } => Ok(None),
            Sight::Linked(_account) => self.account_data().await,
            Sight::Passkey(_) => self.end(&Look::PasskeyRequired),
            Sight::Unusable(reason) => self.end(&Look::Unusable(reason)),
            Sight::Impossible(reason) => self.end(&Look::Impossible(reason)),
        }
    }

    /// Tells a code, unless it was told before.
    fn show(&mut self, sight: Sight, code: QrCode) -> Result<Option<Frame>, Error> {
        self.seen = Some(sight);
        if self.told.as_ref() == Some(&code) {
            return Ok(None);
        }
        let notice = Notice::of(&Look::Code(code.clone()), self.instance(), &self.call.desk)?;
        self.told = Some(code);
        Ok(Some(Frame { text: json(&notice), last: None }))
    }

    fn end(&self, look: &Look) -> Result<Option<Frame>, Error> {
        Ok(Some(Frame::ending(&Notice::of(look, self.instance(), &self.call.desk)?)))
    }

    /// Waits until the account is online and tells it; nothing when it is lost before.
    async fn account_data(&self) -> Result<Option<Frame>, Error> {
        let gateway = self.call.gateway();
        let mut shown = gateway.watch_instance(self.instance())?;
        let decided = |machine: &Machine| {
            matches!(machine.state(), State::Online { .. })
                || !matches!(Sight::of(machine, gateway.now()), Sight::Linked(_))
        };
        let state = match shown.wait_for(decided).await {
            Ok(machine) => machine.state().clone(),
            Err(_gone) => return Ok(None),
        };
        let State::Online { account, push_name } = state else { return Ok(None) };
        let settings = gateway.settings(self.instance()).await?;
        let told = "accountData";
        let text = json(&AccountData {
            r#type: told,
            wid: wid(&account),
            pushname: push_name.unwrap_or_default(),
            webhook_url: settings.webhook_url,
        });
        Ok(Some(Frame { text, last: Some(told) }))
    }

    /// Why it does not go on, in words.
    async fn notice_of(&self, error: Error) -> Notice {
        let error = match self.call.gateway().watch_instance(self.instance()) {
            Ok(_running) => error,
            Err(not_running) => {
                // Maybe it is being removed, which the next look at the token tells.
                tokio::time::sleep(TOKEN_CHECKED_EVERY).await;
                not_running
            }
        };
        match error.kind() {
            Kind::Unreachable => Notice::error(error.public().to_owned()),
            Kind::NotFound
            | Kind::Invalid
            | Kind::Conflict
            | Kind::WrongState
            | Kind::Limited { .. }
            | Kind::Internal => Notice::error(Refusal::from(error).into_words()),
        }
    }
}

impl Frame {
    /// The last one of a session.
    fn ending(notice: &Notice) -> Self {
        Self { text: json(notice), last: Some(notice.name()) }
    }
}

fn json(told: &impl Serialize) -> String {
    // Texts under fixed keys are always written.
    serde_json::to_string(told).unwrap_or_default()
}
