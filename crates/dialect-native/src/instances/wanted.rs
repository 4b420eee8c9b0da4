//! Which instances a list shows.

use waygate_core::instance::record::InstanceRecord;
use waygate_core::instance::state::StateName;
use waygate_core::phone::PhoneNumber;

use crate::fields::unusable;
use crate::problem::Problem;
use crate::query::Query;
use crate::wire::instance::InstanceBody;

/// What instances must be like, together; everything that is not said is as good as met.
pub(super) struct Wanted {
    /// A part of the name, in small letters.
    name: Option<String>,
    /// The number that is meant to be linked, or is.
    phone: Option<PhoneNumber>,
    state: Option<StateName>,
    linked: Option<bool>,
}

impl Wanted {
    pub(super) fn read(query: &Query) -> Result<Self, Problem> {
        let phone = query.text("phone").map(str::parse::<PhoneNumber>).transpose();
        let state = query.text("state").map(|text| {
            let named = StateName::ALL.into_iter().find(|state| state.as_str() == text);
            named.ok_or_else(|| Problem::invalid("`state` is not the name of a state"))
        });
        Ok(Self {
            name: query.text("name").map(str::to_lowercase),
            phone: phone.map_err(|error| unusable("phone", error))?,
            state: state.transpose()?,
            linked: query.flag("linked")?,
        })
    }

    pub(super) fn is_met_by(&self, record: &InstanceRecord, body: &InstanceBody<'_>) -> bool {
        let name = || record.name.to_lowercase();
        self.name.as_ref().is_none_or(|part| name().contains(part.as_str()))
            && self.phone.as_ref().is_none_or(|phone| body.has_phone(phone))
            && self.state.is_none_or(|state| body.state_name() == state.as_str())
            && self.linked.is_none_or(|linked| body.linked() == Some(linked))
    }
}
