//! A webhook endpoint, as it is told.

use serde::Serialize;
use waygate_core::event::EventName;
use waygate_core::id::InstanceId;
use waygate_engine::webhook_endpoints::OwnWebhookEndpoint;

use super::time::rfc3339;

/// An endpoint, without its secret.
#[derive(Serialize)]
pub(crate) struct EndpointBody<'a> {
    id: String,
    account_id: String,
    url: &'a str,
    description: &'a str,
    instances: Option<Vec<String>>,
    events: Option<Vec<&'static str>>,
    enabled: bool,
    disabled_because: Option<&'static str>,
    disabled_at: Option<String>,
    failing_since: Option<String>,
    created_at: String,
}

/// The same with its newest secret.
#[derive(Serialize)]
pub(crate) struct WithSecret<'a> {
    #[serde(flatten)]
    endpoint: EndpointBody<'a>,
    secret: &'a str,
}

impl<'a> EndpointBody<'a> {
    pub(crate) fn of(own: &'a OwnWebhookEndpoint) -> Self {
        let OwnWebhookEndpoint { record, terms } = own;
        let (instances, events) = (&record.filter.instances, &record.filter.events);
        let ids = instances.as_ref().map(|ids| ids.iter().map(InstanceId::to_string).collect());
        let words = events.as_ref().map(|names| names.iter().map(|it| EventName::as_str(*it)));
        Self {
            id: record.id.to_string(),
            account_id: record.account.to_string(),
            url: &terms.url,
            description: &terms.description,
            instances: ids,
            events: words.map(Iterator::collect),
            enabled: record.disabled.is_none(),
            disabled_because: record.disabled.map(|it| it.why.as_str()),
            disabled_at: record.disabled.map(|it| rfc3339(it.at)),
            failing_since: record.failing_since.map(rfc3339),
            created_at: rfc3339(record.created_at),
        }
    }
}

impl<'a> WithSecret<'a> {
    pub(crate) fn of(own: &'a OwnWebhookEndpoint, endpoint: EndpointBody<'a>) -> Self {
        let secret = own.terms.secrets.first().map_or("", |secret| secret.text.as_str());
        Self { endpoint, secret }
    }
}
