//! HTTP for the library: whatever host it asks for, it gets the simulator.

use std::collections::BTreeMap;

use url::Url;
use whatsapp_rust::http::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::{anyhow, async_trait};

/// Asks the simulator without TLS, where the library would have asked WhatsApp with it.
pub(crate) struct Files {
    client: reqwest::Client,
    address: Url,
}

impl Files {
    pub(crate) fn of(chat: &Url) -> anyhow::Result<Self> {
        let mut address = chat.clone();
        if address.set_scheme("http").is_err() {
            anyhow::bail!("the address is no websocket's");
        }
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { client, address })
    }
}

#[async_trait]
impl HttpClient for Files {
    async fn execute(&self, asked: HttpRequest) -> anyhow::Result<HttpResponse> {
        let mut url: Url = asked.url.parse()?;
        if url.set_scheme("http").is_err() {
            anyhow::bail!("an address that is not HTTP's");
        }
        url.set_host(self.address.host_str())?;
        if url.set_port(self.address.port()).is_err() {
            anyhow::bail!("an address without a port");
        }
        let mut request = self.client.request(asked.method.parse()?, url);
        for (name, value) in BTreeMap::from_iter(asked.headers) {
            request = request.header(name, value);
        }
        let answer = request.body(asked.body.unwrap_or_default()).send().await?;
        let status_code = answer.status().as_u16();
        Ok(HttpResponse { status_code, body: answer.bytes().await?.to_vec() })
    }
}
