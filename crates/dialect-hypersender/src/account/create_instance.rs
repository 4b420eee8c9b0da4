//! `create-instance`: a new instance with its first code.

use axum::http::StatusCode;
use axum::response::Response;
use url::Url;
use waygate_core::error::{Error, Kind};
use waygate_core::instance::settings::Settings;
use waygate_core::phone::PhoneNumber;
use waygate_core::push::PushForm;
use waygate_core::token::TokenKind;
use waygate_engine::instances::NewInstance;
use waygate_http::outbound::{Policy, Refusal as Forbidden};

use crate::answer;
use crate::call::AccountCall;
use crate::fields::Fields;
use crate::refusal::Refusal;
use crate::validation::Wrong;
use crate::webhook::TOLD;
use crate::wire::code::{self, Shown};
use crate::wire::instance::InstanceBody;
use crate::wire::status;

/// The longest name (contract, section 3.1), in characters.
const NAME_LENGTH_MAX: usize = 50;

/// The longest address, in bytes: the same as in the other APIs.
const URL_BYTES_MAX: usize = 2048;

const HTTPS: &str = "https://";

const NO_URL: &str = "The webhook url field must be a valid URL.";

/// What a client wants.
struct Wish {
    phone: PhoneNumber,
    name: String,
    webhook_url: String,
}

pub(crate) async fn create_instance(call: AccountCall) -> Result<Response, Refusal> {
    let Wish { phone, name, webhook_url } =
        read(Fields::read(&call.said)?, &call.desk.settings.outbound)?;
    let settings = settings(webhook_url);
    let phone = Some(phone);
    let new = NewInstance { name, phone, settings, ..NewInstance::unnamed(call.account) };
    let gateway = call.gateway();
    let created = gateway.create_instance_of_a_free_name(new).await.map_err(name_taken)?;
    let record = created.record;
    let token = gateway.instance_token_or_new(&record, TokenKind::Hypersender).await?;
    // It exists from here on, and whoever asked must hear of it, with a code or without one.
    let shown = code::shown(gateway, record.id, call.desk.settings.code_within).await;
    let picture = match shown {
        Ok(Shown::Code(picture)) => Some(picture),
        Ok(Shown::Nothing | Shown::Unavailable(_)) => None,
        Err(error) => {
            tracing::error!(cause = error.with_causes(), "a new instance shows no code");
            None
        }
    };
    let machine = status::running(gateway, record.id);
    let body = InstanceBody::of(&record, machine.as_ref(), Some(&token));
    answer::json(StatusCode::CREATED, &body.with_code(picture))
}

/// With a receiver everything is told that the vendor tells; without one nothing, since it would wait for
/// somebody who fetches it.
fn settings(webhook_url: String) -> Settings {
    let mut settings = Settings { webhook_url, ..Settings::default() };
    if !settings.webhook_url.is_empty() {
        settings.push_form = PushForm::Envelope;
        settings.switches.extend(TOLD);
    }
    settings
}

fn read(mut sent: Fields, outbound: &Policy) -> Result<Wish, Refusal> {
    let mut wrong = Wrong::default();
    let phone = wrong.note("phone", phone(&mut sent));
    let name = wrong.note("name", name(&mut sent));
    let webhook_url = wrong.note("webhook_url", webhook_url(&mut sent, outbound));
    match (phone, name, webhook_url) {
        (Some(phone), Some(name), Some(webhook_url)) => Ok(Wish { phone, name, webhook_url }),
        (None, _, _) | (_, None, _) | (_, _, None) => Err(Refusal::Invalid(wrong)),
    }
}

/// `+` and digits, and nothing else: what a person may write, a program does not.
fn phone(sent: &mut Fields) -> Result<PhoneNumber, String> {
    let text = sent.required_text("phone")?;
    let digits = text.strip_prefix('+').filter(|rest| rest.bytes().all(|it| it.is_ascii_digit()));
    let phone = digits.and_then(|digits| digits.parse().ok());
    phone.ok_or_else(|| "The phone field format is invalid.".to_owned())
}

fn name(sent: &mut Fields) -> Result<String, String> {
    let name = sent.required_text("name")?;
    if name.chars().count() > NAME_LENGTH_MAX {
        return Err(format!(
            "The name field must not be greater than {NAME_LENGTH_MAX} characters."
        ));
    }
    Ok(name)
}

/// An address that events are sent to, as far as it can be told without asking for it.
fn webhook_url(sent: &mut Fields, outbound: &Policy) -> Result<String, String> {
    let Some(text) = sent.text("webhook_url")? else { return Ok(String::new()) };
    if text.len() > URL_BYTES_MAX {
        return Err(format!(
            "The webhook url field must not be greater than {URL_BYTES_MAX} characters."
        ));
    }
    match Url::parse(&text) {
        Ok(url) if url.scheme() == "https" && text.starts_with(HTTPS) => {}
        Ok(url) if url.has_host() => {
            let sentence = "The webhook url field must start with one of the following:";
            return Err(format!("{sentence} {HTTPS}."));
        }
        Ok(_) | Err(_) => return Err(NO_URL.to_owned()),
    }
    match outbound.check(&text) {
        Ok(_destination) => Ok(text),
        Err(Forbidden::NotOfTheWeb) => Err(NO_URL.to_owned()),
        // The vendor's own service has no network to protect; the words are ours.
        Err(why @ (Forbidden::Credentials | Forbidden::Port | Forbidden::Address)) => {
            Err(format!("The webhook url field must {why}."))
        }
    }
}

fn name_taken(error: Error) -> Refusal {
    match error.kind() {
        Kind::Conflict => {
            let sentence = "The name has already been taken.".to_owned();
            Refusal::Invalid(Wrong::only("name", sentence))
        }
        Kind::NotFound
        | Kind::Invalid
        | Kind::WrongState
        | Kind::Limited { .. }
        | Kind::Unreachable
        | Kind::Internal => error.into(),
    }
}
