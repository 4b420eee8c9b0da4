//! The binary, as people start it, over real sockets. The tests are in `tests/`; `cargo xtask test`
//! builds the two binaries and says where they are.
