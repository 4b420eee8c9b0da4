//! The vault, as the library and whoever has the disk see it.

mod canaries;
mod damage;
mod house;
mod old_files;
mod same_answers;
mod steps;
mod turns;
