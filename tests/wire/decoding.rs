//! Decoding of arbitrary bytes: a result or an error, quickly, and never a panic.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use whmcs_api::wire::Parameters;
use whmcs_api::wire::decode::php::unserialize;

use crate::support::processor_time;

const TYPES: [&str; 5] = [
    "",
    "application/x-www-form-urlencoded",
    "application/json",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=\"",
];

fn decode(query: &str, content_type: &str, body: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _ = runtime.block_on(Parameters::decode(query, content_type, body));
    let _ = unserialize(body);
}

/// Pieces with a meaning to the decoders, so that random input gets further than to the first byte.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        vec(any::<u8>(), 0..8),
        prop::sample::select(vec![
            "a",
            "[",
            "]",
            "[]",
            "=",
            "&",
            "%",
            "%5B",
            "%00",
            "+",
            ".",
            "\r\n",
            "--x",
            "--x--",
            "{",
            "}",
            "\"",
            ":",
            ",",
            "\\u",
            "Content-Disposition: form-data; name=\"a\"",
            "; filename=",
            "a:1:{",
            "i:0;",
            "s:3:\"",
            "b:1;",
            "N;",
            "d:",
            "O:1:",
            "99999999",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(body in pieces(), query in ".{0,40}", content_type in prop::sample::select(TYPES.to_vec())) {
        decode(&query, content_type, &body);
    }
}

/// Inputs that are, or were in other programs, expensive to decode.
#[test]
fn the_corpus_is_read_in_time() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/corpus")).unwrap() {
        let path = entry.unwrap().path();
        let body = std::fs::read(&path).unwrap();
        // The body is as large as a request may be.
        let body = body.repeat((1 << 20) / body.len().max(1));
        for content_type in TYPES {
            let start = processor_time();
            decode("", content_type, &body);
            let taken = processor_time().saturating_sub(start);
            assert!(taken < Duration::from_secs(5), "{} as {content_type}: {taken:?}", path.display());
        }
    }
}
