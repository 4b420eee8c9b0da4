//! Where a name leads.

use std::fmt;
use std::io;
use std::net::IpAddr;

use waygate_core::port::link::Deed;

/// Looks names up.
pub trait Names: fmt::Debug + Send + Sync + 'static {
    /// The addresses of a name, as they are now.
    fn look_up(&self, name: String) -> Deed<'_, io::Result<Vec<IpAddr>>>;
}

/// As the machine does it: its file of hosts, then its name servers.
#[derive(Debug, Clone, Copy)]
pub struct SystemNames;

impl Names for SystemNames {
    fn look_up(&self, name: String) -> Deed<'_, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
