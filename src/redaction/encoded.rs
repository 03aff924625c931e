//! JSON that is encoded already, with PHP's escapes: there is no white space between values, and a quote within a text is
//! written as `\u0022`, so that a text ends at the next quote.

use std::borrow::Cow;

use super::known_names::is_harmless;
use super::names::is_plain;
use super::{HIDDEN, is_nested, shapes};

/// Returns JSON, which may be truncated, with the values of hidden names replaced: all of it, or its beginning with more
/// than `room` bytes. Returns `None` if anything else in that may need redaction.
pub fn without_hidden_values(json: &str, room: usize) -> Option<Cow<'_, str>> {
    let bytes = json.as_bytes();
    // `copied` is the place up to which the JSON is in the copy, and `at` that up to which it has been looked at.
    let (mut copy, mut copied, mut at) = (String::new(), 0, 0);
    while copy.len() + at - copied <= room {
        let start = end_of_text(bytes, at);
        // Nearly always, there is only a comma or colon between two texts.
        if start - at > 1 && shapes::are_in(&json[at..start]) {
            return None;
        }
        if start == bytes.len() {
            at = start;
            break;
        }
        let end = end_of_text(bytes, start + 1);
        let text = &json[start + 1..end];
        let is_name = match bytes.get(end + 1) {
            Some(next) => *next == b':',
            None => start == at || !matches!(bytes[start - 1], b':' | b'['),
        };
        at = bytes.len().min(end + 1);
        if is_name && is_harmless(text) {
            continue;
        }
        if shapes::are_in(text) || if is_name { !is_plain(text) } else { is_nested(text) } {
            return None;
        }
        // Where the JSON is truncated, a name may have no value.
        if is_name && at < bytes.len() {
            copy.reserve(room.saturating_sub(copy.len()));
            copy.extend([&json[copied..=at], "\"", HIDDEN, "\""]);
            at = end_of_value(bytes, at + 1);
            copied = at;
        }
    }
    if copied == 0 {
        return Some(json[..at].into());
    }
    copy.push_str(&json[copied..at]);
    Some(copy.into())
}

/// Returns the place of the next quote from here on, or the end.
fn end_of_text(json: &[u8], from: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    let mut at = from;
    // Most texts are short. For these, eight bytes at a time are faster than one, and faster than more.
    while let Some(block) = json.get(at..).and_then(<[u8]>::first_chunk) {
        // A byte is 0 where there is a quote, and the subtraction sets the highest bit of the first such byte.
        let differences = u64::from_le_bytes(*block) ^ (ONES * u64::from(b'"'));
        let quotes = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
        if quotes != 0 {
            return at + quotes.trailing_zeros() as usize / 8;
        }
        at += block.len();
    }
    let rest = json.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|byte| **byte != b'"').count()
}

/// Returns the end of the value that begins here, or of truncated JSON.
fn end_of_value(json: &[u8], start: usize) -> usize {
    let (mut depth, mut at) = (0_u32, start);
    while let Some(byte) = json.get(at) {
        match byte {
            b',' | b'}' | b']' if depth == 0 => return at,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => at = end_of_text(json, at + 1),
            _ => {}
        }
        at += 1;
    }
    json.len()
}
