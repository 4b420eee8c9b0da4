//! An order: a fault, whom it strikes, and how often.

use serde::{Deserialize as _, Serialize, de::DeserializeOwned, de::Error as _};
use serde_json::{Map, Value};

use super::{Direction, Fault, StanzaKind};

/// A fault with its target: all, one account, or one of its devices. What is to come it strikes until
/// it is lifted, or a number of times, or for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Order {
    /// What happens.
    #[serde(flatten)]
    pub(super) fault: Fault,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) for_ms: Option<u64>,
}

/// Why an order is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OrderProblem {
    /// Codes are counted from 1; garbage goes into `attrs`.
    #[error("a reason or code is at least 1; leave it out to send none")]
    Zero,
    /// Not a status that refuses.
    #[error("a status is between 400 and 599")]
    Status,
    /// Not between 1 and 100.
    #[error("a percentage is between 1 and 100")]
    Percent,
    /// Devices have numbers within an account only.
    #[error("a device is one of a number's; the number is missing")]
    DeviceOfNobody,
    /// What it strikes belongs to no account, or not yet.
    #[error("this fault strikes no single account")]
    NotOfAccount,
    /// What it strikes is the phone's, or of no device yet.
    #[error("this fault strikes no single device")]
    NotOfDevice,
    /// It is carried out at once, so it has no count and no time.
    #[error("this fault is carried out at once; it has neither count nor time")]
    AtOnce,
    /// It has nothing of which a share could be drawn.
    #[error("this fault has no share")]
    NoShare,
}

/// What a fault can be aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Aim {
    Everybody,
    Account,
    Device,
}

/// What is about to be struck.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whom<'a> {
    /// A connection, before it is anybody's.
    Nobody,
    /// A phone, or somebody who is to become a device of its account.
    Account(&'a str),
    /// A device.
    Device(&'a str, u16),
}

impl From<Fault> for Order {
    fn from(fault: Fault) -> Self {
        Self { fault, number: None, device: None, percent: None, count: None, for_ms: None }
    }
}

impl Order {
    /// For the devices of this account alone.
    #[must_use]
    pub fn on(self, number: impl Into<String>) -> Self {
        Self { number: Some(number.into()), ..self }
    }

    /// For one device alone.
    #[must_use]
    pub fn on_device(self, number: impl Into<String>, device: u16) -> Self {
        Self { device: Some(device), ..self.on(number) }
    }

    /// For a share of all that it could strike, drawn from the seed: of what is there exactly so many,
    /// each of what is to come with this chance.
    #[must_use]
    pub fn percent(self, percent: u8) -> Self {
        Self { percent: Some(percent), ..self }
    }

    /// For what comes next, this often.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { count: Some(count), ..self }
    }

    /// For what comes within this time.
    #[must_use]
    pub fn for_ms(self, for_ms: u64) -> Self {
        Self { for_ms: Some(for_ms), ..self }
    }

    /// What happens.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }

    /// The account that it is for; all when there is none.
    pub fn number(&self) -> Option<&str> {
        self.number.as_deref()
    }

    /// Reads the JSON form, in which everything stands side by side.
    pub(crate) fn read(mut fields: Map<String, Value>) -> Result<Self, serde_json::Error> {
        Ok(Self {
            number: take(&mut fields, "number")?,
            device: take(&mut fields, "device")?,
            percent: take(&mut fields, "percent")?,
            count: take(&mut fields, "count")?,
            for_ms: take(&mut fields, "for_ms")?,
            fault: Fault::deserialize(Value::Object(fields))?,
        })
    }

    /// Why it cannot be carried out, if it cannot: it would do nothing, or what no server does.
    pub fn check(&self) -> Result<(), OrderProblem> {
        self.check_words()?;
        let aim = match (&self.number, self.device) {
            (None, Some(_)) => return Err(OrderProblem::DeviceOfNobody),
            (None, None) => Aim::Everybody,
            (Some(_), None) => Aim::Account,
            (Some(_), Some(_)) => Aim::Device,
        };
        let finest = self.finest_aim();
        if aim > finest {
            let everybody = finest == Aim::Everybody;
            return Err(if everybody {
                OrderProblem::NotOfAccount
            } else {
                OrderProblem::NotOfDevice
            });
        }
        if self.percent.is_some_and(|percent| !(1..=100).contains(&percent)) {
            return Err(OrderProblem::Percent);
        }
        let whole = matches!(self.fault, Fault::RestartServer { .. } | Fault::RotateLeaf);
        if self.percent.is_some() && whole {
            return Err(OrderProblem::NoShare);
        }
        let lasts = self.count.is_some() || self.for_ms.is_some();
        if lasts && !self.fault.is_standing() { Err(OrderProblem::AtOnce) } else { Ok(()) }
    }

    fn check_words(&self) -> Result<(), OrderProblem> {
        let zero = if let Fault::StreamError(error) = &self.fault {
            error.code == Some(0)
        } else if let Fault::RefuseLogins(failure) | Fault::RefuseRegistrations(failure) =
            &self.fault
        {
            failure.reason == Some(0)
        } else {
            matches!(self.fault, Fault::RefuseCodes { reason: 0, .. })
                || matches!(self.fault, Fault::RefuseMessages { error: 0 })
        };
        if zero {
            return Err(OrderProblem::Zero);
        }
        if let Fault::RefuseDials { status } = &self.fault
            && !(400..=599).contains(status)
        {
            return Err(OrderProblem::Status);
        }
        Ok(())
    }

    fn finest_aim(&self) -> Aim {
        match &self.fault {
            Fault::StreamError(_)
            | Fault::EndStream { .. }
            | Fault::CloseConnection { .. }
            | Fault::CutConnection { .. }
            | Fault::GoMute { .. }
            | Fault::ClientExpiration(_)
            | Fault::RefuseLogins(_)
            | Fault::RefuseMessages { .. }
            | Fault::Delay { .. }
            | Fault::Duplicate { .. }
            | Fault::Reorder { .. }
            | Fault::Drop { .. }
            | Fault::Mutate { .. } => Aim::Device,
            Fault::RefuseCodes { .. } | Fault::SlowPhone { .. } | Fault::ForgetSessions => {
                Aim::Account
            }
            Fault::RefuseRegistrations(_)
            | Fault::RefuseDials { .. }
            | Fault::HangDials
            | Fault::RestartServer { .. }
            | Fault::RotateLeaf => Aim::Everybody,
        }
    }

    /// Whether this is one of those it is for.
    pub(super) fn is_for(&self, whom: Whom<'_>) -> bool {
        let number = self.number.as_deref();
        match whom {
            Whom::Nobody => number.is_none(),
            Whom::Account(account) => number.is_none_or(|number| number == account),
            Whom::Device(account, device) => {
                number.is_none_or(|number| number == account)
                    && self.device.is_none_or(|number| number == device)
            }
        }
    }

    /// The share that it strikes.
    pub(super) fn share(&self) -> u8 {
        self.percent.unwrap_or(100)
    }

    /// Whether it takes the place of an earlier one: of the same name, for the same target, and at the
    /// same moment or about the same stanzas.
    pub(super) fn replaces(&self, earlier: &Self) -> bool {
        let target = |order: &Self| (order.number.clone(), order.device);
        self.fault.name() == earlier.fault.name()
            && target(self) == target(earlier)
            && self.fault.moment() == earlier.fault.moment()
            && self.stanzas() == earlier.stanzas()
    }

    fn stanzas(&self) -> Option<(Direction, Option<StanzaKind>)> {
        if let Fault::Delay { direction, stanza, .. }
        | Fault::Duplicate { direction, stanza }
        | Fault::Reorder { direction, stanza }
        | Fault::Drop { direction, stanza } = self.fault
        {
            Some((direction, stanza))
        } else if let Fault::Mutate { stanza } = self.fault {
            Some((Direction::ToClient, stanza))
        } else {
            None
        }
    }
}

fn take<T: DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, serde_json::Error> {
    let Some(value) = fields.remove(name) else {
        return Ok(None);
    };
    serde_json::from_value(value)
        .map_err(|error| serde_json::Error::custom(format!("{name}: {error}")))
}
