//! Settings as the binary loads them: from files, environments and flags, good and bad.

#[cfg(test)]
mod loading;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod sources;
#[cfg(test)]
mod wrong_input;
