//! The encoded bytes of a reply, sent in chunks.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

/// Maximum size of a chunk that is assembled from text and shared parts.
const MAX_PIECE_BYTES: usize = 64 * 1024;

/// The encoded bytes of a reply. A part that occurs many times is kept in memory once and inserted while the body is
/// sent: a list of all products consists mostly of such parts.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// The bytes without the shared parts.
    text: Bytes,
    /// The shared parts in order, each with the number of bytes of `text` between the previous part and this one.
    shared: VecDeque<(usize, Bytes)>,
    length: usize,
    distinct_length: usize,
}

impl Body {
    /// Creates a body from `text` and the parts to insert, each with the number of bytes of `text` since the previous
    /// part. `distinct_shared` is the total size of the parts if each is counted once.
    pub(super) fn new(mut text: Vec<u8>, shared: VecDeque<(usize, Bytes)>, distinct_shared: usize) -> Body {
        if text.len() < text.capacity() / 2 {
            // It may be kept for as long as a slow client reads.
            text.shrink_to_fit();
        }
        let length = text.len() + shared.iter().map(|(_, part)| part.len()).sum::<usize>();
        let distinct_length = text.len() + distinct_shared;
        Body { text: text.into(), shared, length, distinct_length }
    }

    /// Returns the number of bytes that are sent to the client.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns the number of bytes if each shared part is counted once.
    pub fn distinct_len(&self) -> usize {
        self.distinct_length
    }

    /// Returns the same body for sending it many times: in one piece, which no client's response copies, unless it would
    /// then take more memory than this.
    #[must_use]
    pub fn joined(self, most_bytes: usize) -> Body {
        if self.shared.is_empty() || self.length > most_bytes {
            return self;
        }
        let text = Bytes::from(self.whole().into_owned());
        Body { text, shared: VecDeque::new(), ..self }
    }

    /// Returns the number of bytes that it takes in memory.
    pub fn memory_len(&self) -> usize {
        if self.shared.is_empty() { self.length } else { self.distinct_length }
    }

    /// Returns at most this many bytes from the beginning.
    pub(super) fn prefix(&self, bytes: usize) -> Cow<'_, [u8]> {
        let (mut prefix, mut rest) = (Vec::new(), &*self.text);
        for (before, part) in &self.shared {
            if prefix.len() + before >= bytes {
                break;
            }
            let (text, after) = rest.split_at(*before);
            prefix.extend_from_slice(text);
            prefix.extend_from_slice(part);
            rest = after;
        }
        if prefix.is_empty() {
            return Cow::Borrowed(&rest[..rest.len().min(bytes)]);
        }
        prefix.extend_from_slice(&rest[..rest.len().min(bytes.saturating_sub(prefix.len()))]);
        prefix.truncate(bytes);
        Cow::Owned(prefix)
    }

    /// Returns all bytes, with the shared parts inserted.
    pub fn whole(&self) -> Cow<'_, [u8]> {
        if self.shared.is_empty() {
            return Cow::Borrowed(&self.text);
        }
        let (mut rest, mut whole) = (self.clone(), Vec::with_capacity(self.length));
        while let Some(piece) = rest.next_piece() {
            whole.extend_from_slice(&piece);
        }
        Cow::Owned(whole)
    }

    fn next_piece(&mut self) -> Option<Bytes> {
        let capacity = if self.shared.is_empty() { 0 } else { self.length.min(MAX_PIECE_BYTES) };
        let mut piece = Vec::with_capacity(capacity);
        while let Some((before, part)) = self.shared.front()
            && piece.len() + before + part.len() <= MAX_PIECE_BYTES
        {
            piece.extend_from_slice(&self.text.split_to(*before));
            piece.extend_from_slice(part);
            self.shared.pop_front();
        }
        let piece = if piece.is_empty() { self.next_uncopied() } else { piece.into() };
        self.length -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }

    /// Returns a chunk without copying it: a shared part that is too large to copy, the text before it, or the rest of
    /// the text.
    fn next_uncopied(&mut self) -> Bytes {
        match self.shared.front_mut() {
            Some((before, _)) if *before > 0 => self.text.split_to(mem::take(before)),
            Some(_) => self.shared.pop_front().map(|(_, part)| part).unwrap_or_default(),
            None => mem::take(&mut self.text),
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Body {
        let length = bytes.len();
        Body { text: bytes, shared: VecDeque::new(), length, distinct_length: length }
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        Body::new(bytes, VecDeque::new(), 0)
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next_piece().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_same_bytes_in_pieces_and_whole() {
        let part = |length| Bytes::from("s".repeat(length));
        for (gaps_and_parts, most) in [
            (vec![], 7),
            (
                vec![(1, part(1)), (0, part(0)), (0, part(20_000)), (2, part(20_000)), (0, part(30_000)), (1, part(9))],
                MAX_PIECE_BYTES,
            ),
            (vec![(0, part(MAX_PIECE_BYTES)), (7, part(MAX_PIECE_BYTES - 7))], MAX_PIECE_BYTES),
            (
                vec![
                    (3, part(MAX_PIECE_BYTES)),
                    (1, part(3 * MAX_PIECE_BYTES)),
                    (0, part(0)),
                    (0, part(MAX_PIECE_BYTES + 1)),
                ],
                3 * MAX_PIECE_BYTES,
            ),
        ] {
            let mut expected = String::new();
            let mut rest = "abcdefg";
            for (gap, part) in &gaps_and_parts {
                expected.extend([&rest[..*gap], str::from_utf8(part).unwrap()]);
                rest = &rest[*gap..];
            }
            expected.push_str(rest);
            let mut body = Body::new(b"abcdefg".to_vec(), gaps_and_parts.into(), 5);
            assert!(body.whole() == expected.as_bytes());
            assert_eq!((body.len(), body.distinct_len()), (expected.len(), 12));
            let mut joined = body.clone().joined(expected.len());
            assert_eq!((joined.distinct_len(), joined.memory_len()), (12, expected.len()));
            assert!(joined.next_piece().is_some_and(|piece| piece == expected.as_bytes()) && joined.is_end_stream());
            let is_kept = body.clone().joined(expected.len() - 1).memory_len() == body.memory_len();
            assert!(is_kept, "it is larger than allowed");
            for bytes in [0, 1, 2, 3, 7, 20_002, MAX_PIECE_BYTES, expected.len(), usize::MAX] {
                assert!(*body.prefix(bytes) == expected.as_bytes()[..bytes.min(expected.len())], "{bytes} bytes");
            }
            let mut pieces = Vec::new();
            while let Some(piece) = body.next_piece() {
                assert!(piece.len() <= most, "{} bytes", piece.len());
                pieces.extend_from_slice(&piece);
                assert_eq!(body.size_hint().exact(), Some((expected.len() - pieces.len()) as u64));
            }
            assert!(pieces == expected.as_bytes() && body.is_end_stream());
        }
        assert!(Body::default().next_piece().is_none());
    }
}
