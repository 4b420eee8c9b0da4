//! `PATCH /webhook-endpoints/{webhook_endpoint}`: what is named is changed, and acts from then on.

use axum::response::Response;
use waygate_core::webhook::EventFilter;
use waygate_engine::webhook_endpoints::{OwnWebhookEndpoint, WebhookEdits};

use super::own::own_endpoint;
use super::wanted::{self, EVENTS, INSTANCES};
use crate::answer;
use crate::call::AccountCall;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::wire::webhook_endpoint::EndpointBody;

pub(crate) async fn change(mut call: AccountCall) -> Result<Response, Problem> {
    let own = own_endpoint(&call).await?;
    let fields = &mut call.said.fields;
    let url = fields.text("url")?;
    if let Some(url) = &url {
        wanted::check_url(&call.outbound, url)?;
    }
    let takes_description = fields.clears("description");
    let description = fields.text("description")?.or(takes_description.then(String::new));
    let filter = filter(fields, &own)?;
    let enabled = fields.switch("enabled")?;
    let edits = WebhookEdits { url, description, filter: Some(filter), enabled };
    let (account, id) = (own.record.account, own.record.id);
    let changed = call.gateway.change_webhook_endpoint(account, id, edits).await?;
    answer::json(&EndpointBody::of(&changed))
}

/// Each half is what is said, everything where `null` is said, and as it was where nothing is.
fn filter(fields: &mut Fields, own: &OwnWebhookEndpoint) -> Result<EventFilter, Problem> {
    let EventFilter { instances, events } = own.record.filter.clone();
    let all_instances = fields.clears(INSTANCES);
    let all_events = fields.clears(EVENTS);
    let said = wanted::filter(fields)?;
    Ok(EventFilter {
        instances: if all_instances { None } else { said.instances.or(instances) },
        events: if all_events { None } else { said.events.or(events) },
    })
}
