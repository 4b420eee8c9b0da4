//! The settings as a whole, and the keys that are in no section.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::events::Events;
use crate::greenapi::GreenApi;
use crate::http::Http;
use crate::hypersender::Hypersender;
use crate::key::{Absent, Key, Kind, Refusal};
use crate::listen;
use crate::log::Log;
use crate::media::Media;
use crate::native::Native;
use crate::outbound::Outbound;
use crate::problem::Problems;
use crate::reader::{Reader, Reported};
use crate::secrets::Secrets;
use crate::sources::Sources;
use crate::whatsapp::WhatsApp;

/// Everything that can be set, checked. No part of it is a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The directory that holds everything the gateway must not forget.
    pub data_dir: PathBuf,
    /// Where the APIs are served. Beyond this machine only with a master key of one's own.
    pub listen: SocketAddr,
    /// `[events]`: how much of what happened is kept.
    pub events: Events,
    /// `[greenapi]`: the GREEN-API dialect.
    pub greenapi: GreenApi,
    /// `[hypersender]`: the Hypersender dialect.
    pub hypersender: Hypersender,
    /// `[http]`: what is between Waygate and its clients.
    pub http: Http,
    /// `[log]`: what the gateway tells about itself.
    pub log: Log,
    /// `[media]`: the files in messages.
    pub media: Media,
    /// `[native]`: Waygate's own API.
    pub native: Native,
    /// `[outbound]`: what it may connect to when a user of an API names an address.
    pub outbound: Outbound,
    /// `[secrets]`: with what stored secrets are sealed.
    pub secrets: Secrets,
    /// `[whatsapp]`: how it connects, and as what.
    pub whatsapp: WhatsApp,
}

const DATA_DIR: Key<PathBuf> = Key {
    name: "data_dir",
    kind: Kind::Text("a path"),
    absent: Absent::Default("./waygate-data"),
    description: "The directory that holds everything Waygate must not forget. It is made when it \
                  does not exist. A relative path begins where Waygate is started, not where the \
                  file is. One process uses it at a time.",
    check: path,
};

impl Settings {
    /// Reads and checks everything the sources say.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let (inputs, problems) = sources.inputs();
        let mut reader = Reader::new(inputs, problems);
        let settings = Self::read(&mut reader);
        reader.finish(settings)
    }

    /// Each key is read before any is missed, so that all problems are found.
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Reported> {
        let data_dir = reader.value(&DATA_DIR);
        let listen = listen::read(reader);
        let events = Events::read(reader);
        let greenapi = GreenApi::read(reader);
        let hypersender = Hypersender::read(reader);
        let http = Http::read(reader);
        let log = Log::read(reader);
        let media = Media::read(reader);
        let native = Native::read(reader);
        let outbound = Outbound::read(reader);
        let secrets = Secrets::read(reader);
        let whatsapp = WhatsApp::read(reader);
        let (secrets, listen) = (secrets?, listen?);
        let listen = listen::check(reader, listen, &secrets);
        Ok(Self {
            data_dir: data_dir?.value,
            listen: listen?,
            events: events?,
            greenapi: greenapi?,
            hypersender: hypersender?,
            http: http?,
            log: log?,
            media: media?,
            native: native?,
            outbound: outbound?,
            secrets,
            whatsapp: whatsapp?,
        })
    }
}

pub(crate) fn path(text: &str) -> Result<PathBuf, Refusal> {
    if text == "~" || text.starts_with("~/") {
        let reason = "begins with `~`, which only a shell replaces; write the whole path";
        return Err(Refusal::because(reason));
    }
    Ok(text.into())
}
