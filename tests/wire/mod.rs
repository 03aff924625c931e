//! Decoding and encoding of random and hostile input.

mod decoding;
mod encoding;
mod names;
