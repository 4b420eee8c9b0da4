//! `waygate instance` on the command line.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, Args, Subcommand};
use waygate_core::id::{InstanceId, InstanceNumber};
use waygate_core::phone::PhoneNumber;
use waygate_core::secret::TokenText;

use super::{Output, secret};

#[derive(Debug, Subcommand)]
pub(crate) enum Instance {
    /// Creates an instance, which is then linked to a WhatsApp account; prints its credentials
    Create(InstanceCreate),
    /// Lists all instances and their states
    List(InstanceList),
    /// Shows one instance: state, account, credentials
    Show(InstanceShow),
    /// Links an instance to a WhatsApp account: shows the code in the terminal until a phone has
    /// used it
    ///
    /// Without --phone it draws a QR code and renews it in place. With --phone it shows eight
    /// characters to type on that phone instead. Ends with 0 when the account is linked (also when
    /// it was before), with 5 when it cannot be, with 6 when --within is over.
    Link(InstanceLink),
    /// Unlinks the account: the phone forgets this device, and the next link needs a new code
    Logout(Identified),
    /// Closes the connection to WhatsApp and makes a new one
    Restart(Identified),
    /// Closes the connection to WhatsApp, keeps the link, and rests until `start`
    Stop(Identified),
    /// Runs an instance again that `stop` has put to rest
    Start(Identified),
    /// Unlinks the account and removes the instance for good, with its keys and its credentials
    Delete(InstanceDelete),
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("token_from").args(["green_token", "green_token_file"])))]
pub(crate) struct InstanceCreate {
    /// A name for people, of at most 200 characters
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
    /// Takes over this `idInstance` of GREEN-API (1 to 12 digits), with its token
    #[arg(long, value_name = "ID", requires = "token_from")]
    pub(crate) green_id: Option<InstanceNumber>,
    /// Takes over this `apiTokenInstance`; `-` reads it from standard input, which no list of
    /// processes shows
    #[arg(long, value_name = "TOKEN", requires = "green_id", value_parser = secret)]
    pub(crate) green_token: Option<TokenText>,
    /// Takes over the `apiTokenInstance` in this file
    #[arg(long, value_name = "FILE", requires = "green_id")]
    pub(crate) green_token_file: Option<PathBuf>,
    /// The account that owns it; the first one when this is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct InstanceList {
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct InstanceShow {
    #[command(flatten)]
    pub(crate) which: Identified,
    /// What it prints: text for people, or JSON as the API answers
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Args)]
pub(crate) struct InstanceLink {
    #[command(flatten)]
    pub(crate) which: Identified,
    /// Shows a code to type on the phone with this number, which begins with the country's code
    #[arg(long, value_name = "NUMBER")]
    pub(crate) phone: Option<PhoneNumber>,
    /// Ends with code 6 when the account is not linked after this many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(crate) within: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct InstanceDelete {
    #[command(flatten)]
    pub(crate) which: Identified,
    /// Deletes without asking; needed where nobody can be asked
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Identified {
    /// Its `idInstance`, or its id
    pub(crate) id: Identifier,
}

/// What names an instance; both stand in paths of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Identifier {
    Id(InstanceId),
    Number(InstanceNumber),
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// The text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an instance is named by its idInstance, such as 1105600123, or by its id, such as \
     67e55044-10b1-426f-9247-bb680e5fe0c8"
)]
pub(crate) struct NoIdentifier;

impl FromStr for Identifier {
    type Err = NoIdentifier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().map(Self::Number);
        number.or_else(|_| text.parse().map(Self::Id)).map_err(|_neither| NoIdentifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_named_by_number_or_id_and_by_nothing_else() {
        for good in ["1", "1105600123", "67e55044-10b1-426f-9247-bb680e5fe0c8"] {
            assert_eq!(good.parse::<Identifier>().unwrap().to_string(), good);
        }
        for bad in ["", "0", "shop", "1/../tokens", "1105600123?x", "67e55044"] {
            assert_eq!(bad.parse::<Identifier>(), Err(NoIdentifier), "{bad}");
        }
    }
}
