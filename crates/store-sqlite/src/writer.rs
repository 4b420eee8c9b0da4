//! The one connection that writes, and what shares a commit.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use waygate_core::error::{Error, Kind};
use waygate_core::port::link::Deed;

use crate::failure::internal;
use crate::{migrate, properties};

/// Writes that wait at the same time; whoever comes then waits for a place. Some commits' worth.
pub(crate) const QUEUE_WRITES_MAX: usize = 256;

/// Writes that share a commit. More of them would make the first wait longer than a sync takes.
pub(crate) const COMMIT_WRITES_MAX: usize = 64;

/// What is queued for the writer.
pub(crate) enum Order {
    /// To write something down.
    Write(Box<dyn Write>),
    /// To stop once everything that is queued was written. The sender goes when it has stopped.
    Stop(oneshot::Sender<()>),
}

/// One write and the caller who waits for it. It is the writer's own: a caller that goes away
/// stops nothing halfway.
pub(crate) trait Write: Send {
    /// Does it within the running transaction and remembers the answer. Tells whether what it did
    /// is to stay.
    fn perform<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Deed<'a, bool>;

    /// Whether it erased what must not be found in any file.
    fn erases(&self) -> bool;

    /// Tells the caller, now that it is known what became of the transaction.
    fn tell(self: Box<Self>, fate: Result<(), &Arc<sqlx::Error>>);
}

/// A write that is a closure.
pub(crate) struct Planned<F, T> {
    pub(crate) deed: Option<F>,
    pub(crate) answer: Option<Result<T, Error>>,
    pub(crate) caller: oneshot::Sender<Result<T, Error>>,
    pub(crate) erases: bool,
}

impl<F, T> Write for Planned<F, T>
where
    F: for<'a> FnOnce(&'a mut SqliteConnection) -> Deed<'a, Result<T, Error>> + Send,
    T: Send,
{
    fn perform<'a>(&'a mut self, connection: &'a mut SqliteConnection) -> Deed<'a, bool> {
        Box::pin(async move {
            let Some(deed) = self.deed.take() else { return false };
            self.answer.insert(deed(connection).await).is_ok()
        })
    }

    fn erases(&self) -> bool {
        self.erases && matches!(self.answer, Some(Ok(_)))
    }

    fn tell(self: Box<Self>, fate: Result<(), &Arc<sqlx::Error>>) {
        let answer = match fate {
            Ok(()) => self.answer,
            // What it found may have been another write's, which is gone as well: a transaction
            // that failed answers nothing, not even a conflict.
            Err(source) => Some(Err(internal(Arc::clone(source)))),
        };
        if let Some(answer) = answer {
            // A caller that is gone wants no answer.
            drop(self.caller.send(answer));
        }
    }
}

/// Writes what a [`SqliteStore`](crate::SqliteStore) is asked to write.
///
/// Nothing is written, and no caller answered, unless somebody runs it.
pub struct Writer {
    pub(crate) connection: SqliteConnection,
    pub(crate) orders: mpsc::Receiver<Order>,
    pub(crate) commits: Arc<AtomicU64>,
    pub(crate) path: PathBuf,
    pub(crate) version: u32,
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("commits", &self.commits).finish_non_exhaustive()
    }
}

impl Writer {
    /// Writes until the store is closed or dropped, and all that was queued before is written.
    /// Then marks the stop as clean and empties the write-ahead log; its error says that this
    /// failed, and nothing of what callers were told.
    ///
    /// Dropping it instead is safe at any moment: what was told stays, and the next start checks
    /// the database.
    pub async fn run(mut self) -> Result<(), Error> {
        let mut orders = Vec::with_capacity(COMMIT_WRITES_MAX);
        let mut waiting = Vec::new();
        while self.orders.recv_many(&mut orders, COMMIT_WRITES_MAX).await > 0 {
            let mut writes = Vec::with_capacity(orders.len());
            for order in orders.drain(..) {
                match order {
                    Order::Write(write) => writes.push(write),
                    Order::Stop(caller) => {
                        self.orders.close();
                        waiting.push(caller);
                    }
                }
            }
            self.write(writes).await;
        }
        let stopped = self.stop().await;
        drop(waiting);
        stopped
    }

    /// Writes all of these with one commit, and tells each caller what became of it.
    async fn write(&mut self, mut writes: Vec<Box<dyn Write>>) {
        if writes.is_empty() {
            return;
        }
        let fate = commit(&mut self.connection, &mut writes).await.map_err(Arc::new);
        if fate.is_ok() {
            self.commits.fetch_add(1, Ordering::Relaxed);
        } else {
            // Fails when the transaction is gone already, which is as good.
            drop(run(&mut self.connection, "ROLLBACK").await);
        }
        if writes.iter().any(|write| write.erases()) {
            // Without it the log would keep what was erased until it is written over. It is left
            // to the next time when somebody reads for too long.
            drop(self.empty_log().await);
        }
        for write in writes {
            write.tell(fate.as_ref().copied());
        }
    }

    async fn stop(mut self) -> Result<(), Error> {
        properties::keep_stopped_cleanly(&mut self.connection, true).await.map_err(internal)?;
        self.empty_log().await.map_err(internal)?;
        self.connection.close().await.map_err(internal)?;
        migrate::discard_copies(&self.path, self.version).map_err(|source| {
            Error::new(Kind::Internal, "the database's copy cannot be removed").because(source)
        })
    }

    /// Moves the whole log into the database and cuts it to nothing.
    async fn empty_log(&mut self) -> Result<(), sqlx::Error> {
        run(&mut self.connection, "PRAGMA wal_checkpoint(TRUNCATE)").await
    }
}

/// One transaction, in which each write of several has a savepoint: one that fails takes only itself back.
///
/// By plain statements and not by sqlx's transactions: those count their depth themselves, and a
/// transaction that SQLite has rolled back on its own (a full disk does that) leaves the count, and
/// with it the connection, wrong for good.
async fn commit(
    connection: &mut SqliteConnection,
    writes: &mut [Box<dyn Write>],
) -> Result<(), sqlx::Error> {
    run(connection, "BEGIN IMMEDIATE").await?;
    if let [alone] = writes {
        // It takes nobody along, so it needs no savepoint. Each statement is a way to the connection's
        // thread and back, and most writes of keys are alone.
        let stays = alone.perform(connection).await;
        return run(connection, if stays { "COMMIT" } else { "ROLLBACK" }).await;
    }
    for write in writes {
        run(connection, "SAVEPOINT one").await?;
        if !write.perform(connection).await {
            // Fails when the whole transaction is gone. Then the rest must not begin another one.
            run(connection, "ROLLBACK TO one").await?;
        }
        run(connection, "RELEASE one").await?;
    }
    run(connection, "COMMIT").await
}

async fn run(
    connection: &mut SqliteConnection,
    statement: &'static str,
) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(connection).await.map(|_result| ())
}

#[cfg(test)]
mod tests;
