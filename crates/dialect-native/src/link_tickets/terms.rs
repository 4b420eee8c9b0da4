//! What is said of the page that a ticket opens.

use url::Url;
use waygate_core::colour::Colour;
use waygate_core::link_ticket::{BRAND_NAME_LENGTH_MAX, Brand, Language, LinkTerms, Methods};
use waygate_core::phone::PhoneNumber;

use super::logo;
use crate::fields::{Fields, unusable};
use crate::problem::Problem;

const LANGUAGE: &str = "language";
const PHONE: &str = "phone";
const RETURN_URL: &str = "return_url";

/// The longest address to lead to at the end, in bytes.
const RETURN_URL_LENGTH_MAX: usize = 2000;

pub(super) fn read(fields: &mut Fields) -> Result<LinkTerms, Problem> {
    let phone = fields.digits(PHONE)?.map(|text| text.parse::<PhoneNumber>()).transpose();
    let phone = phone.map_err(|error| unusable(PHONE, error))?;
    let phone_fixed = fields.flag("phone_fixed")?;
    if phone_fixed && phone.is_none() {
        return Err(Problem::invalid("`phone_fixed` needs a `phone`"));
    }
    let language = fields.text(LANGUAGE)?.map(|text| text.parse::<Language>()).transpose();
    Ok(LinkTerms {
        brand: brand(fields.object("brand", &["name", "colour", "logo"])?)?,
        language: language.map_err(|error| unusable(LANGUAGE, error))?,
        methods: methods(fields.text("methods")?.as_deref())?,
        phone,
        phone_fixed,
        return_url: fields.text(RETURN_URL)?.as_deref().map(return_url).transpose()?,
    })
}

fn brand(mut fields: Fields) -> Result<Brand, Problem> {
    let name = fields.text("name")?.map(|name| name.trim().to_owned());
    let name = name.filter(|name| !name.is_empty());
    if let Some(name) = &name
        && (name.chars().count() > BRAND_NAME_LENGTH_MAX || name.chars().any(char::is_control))
    {
        return Err(Problem::invalid("the brand's `name` has at most 60 characters, in one line"));
    }
    let colour = fields.text("colour")?.map(|text| text.parse::<Colour>()).transpose();
    let colour = colour.map_err(|error| unusable("colour", error))?;
    let logo = fields.text("logo")?.as_deref().map(logo::read).transpose()?;
    Ok(Brand { name, colour, logo })
}

fn methods(said: Option<&str>) -> Result<Methods, Problem> {
    match said {
        None | Some("both") => Ok(Methods::Both),
        Some("qr") => Ok(Methods::QrCode),
        Some("code") => Ok(Methods::PairingCode),
        Some(_) => Err(Problem::invalid("`methods` must be `qr`, `code` or `both`")),
    }
}

/// An address that a page may lead to without harm to whoever follows it.
fn return_url(text: &str) -> Result<String, Problem> {
    let url = Url::parse(text).ok().filter(|url| {
        let has_host = url.host_str().is_some_and(|host| !host.is_empty());
        url.scheme() == "https" && has_host && url.username().is_empty() && url.password().is_none()
    });
    let url = url.map(String::from).filter(|url| url.len() <= RETURN_URL_LENGTH_MAX);
    url.ok_or_else(|| unusable(RETURN_URL, "it must be an https address without a password"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leads_to_https_only() {
        assert_eq!(return_url("https://Shop.example").unwrap(), "https://shop.example/");
        let long = format!("https://shop.example/{}", "a".repeat(RETURN_URL_LENGTH_MAX));
        for wrong in [
            "",
            "shop.example",
            "//shop.example",
            "http://shop.example",
            "javascript:alert(1)",
            "https://",
            "https://user@shop.example",
            "https://:secret@shop.example",
            "data:text/html,hello",
            long.as_str(),
        ] {
            assert!(return_url(wrong).is_err(), "{wrong}");
        }
    }
}
