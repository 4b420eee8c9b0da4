//! `waygate instance`, one file per command that has something to say.

mod confirm;
mod create;
mod link;
mod list;
mod run;
mod show;

pub(crate) use run::run;
