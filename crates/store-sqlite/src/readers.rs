//! The connections that read.

use std::path::Path;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tokio::sync::{Mutex, Semaphore};
use waygate_core::error::Error;
use waygate_core::port::link::Deed;

use crate::connect;
use crate::failure::closed;

/// Reads that run at the same time. Most are answered from memory, so a few are enough.
const READERS: usize = 3;

/// A few connections, each used by one reader at a time.
///
/// Not sqlx's pool: that starts tasks of its own, and looks at a clock that a test may have paused.
pub(crate) struct Readers {
    /// Empty once they were closed.
    connections: Vec<Mutex<Option<SqliteConnection>>>,
    /// As many as there are connections: whoever has one finds a connection that is free.
    permits: Semaphore,
}

impl Readers {
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = connect::to_read(path);
        let mut connections = Vec::with_capacity(READERS);
        for _ in 0..READERS {
            connections.push(Mutex::new(Some(options.connect().await?)));
        }
        Ok(Self { connections, permits: Semaphore::new(READERS) })
    }

    /// Reads as soon as a connection is free.
    ///
    /// A reader that goes away in the middle leaves a usable connection: sqlx ends a statement
    /// whose rows nobody takes.
    pub(crate) async fn read<T>(
        &self,
        deed: impl for<'a> FnOnce(&'a mut SqliteConnection) -> Deed<'a, Result<T, Error>> + Send,
    ) -> Result<T, Error> {
        // Dropped after the connection is free again, since it was made before.
        let _permit = self.permits.acquire().await.map_err(|_closed| closed())?;
        let free = self.connections.iter().find_map(|it| it.try_lock().ok());
        let mut free = free.ok_or_else(closed)?;
        deed(free.as_mut().ok_or_else(closed)?).await
    }

    /// Refuses whoever comes, and waits for those who read.
    pub(crate) async fn close(&self) {
        self.permits.close();
        for connection in &self.connections {
            if let Some(connection) = connection.lock().await.take() {
                // How it ends does not matter: a reader has nothing to lose.
                drop(connection.close().await);
            }
        }
    }
}
