//! One device of the library's, steered by lines of JSON: what to do on standard input, what happened on
//! standard output. Its keys live as long as the process, or in a file that is named behind the address.
//!
//! Of the library only the address is changed, and, by the feature of a sandbox, that the signatures of the
//! server's certificates are not checked: it takes no other root than WhatsApp's.

mod device;
mod files;
mod lines;

use anyhow::Context as _;
use url::Url;

use device::Device;
use lines::{Wish, tell};

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let address = std::env::args().nth(1).context("the address of a simulator is missing")?;
    let address: Url = address.parse()?;
    // There is one anyway.
    drop(rustls::crypto::ring::default_provider().install_default());
    let keys = std::env::args().nth(2);
    let mut device = Device::new(address, keys.as_deref()).await?;
    device.open().await?;
    let mut wishes = lines::wishes();
    while let Some(wish) = wishes.recv().await {
        match wish? {
            Wish::Text { to, text } => tell(&device.write(&to, text).await?),
            Wish::Image { to, file } => tell(&device.write_image(&to, &file).await?),
            Wish::Close => device.close().await,
            Wish::Open => device.open().await?,
        }
    }
    device.close().await;
    Ok(())
}
