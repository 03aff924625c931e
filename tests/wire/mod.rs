//! Bytes to values and back, on input that nobody thought of.

mod decoding;
mod encoding;
mod names;
