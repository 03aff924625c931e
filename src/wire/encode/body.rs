//! The bytes of a reply.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

/// How many bytes are put together at a time at most.
const PIECE: usize = 64 * 1024;

/// The bytes of a reply. What its parts share is kept once, and put in its places as the client takes them: a list of
/// all products is mostly that.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// All but the shared parts.
    text: Bytes,
    /// The shared parts in their order, each with how much of the text is between it and the one before.
    shared: VecDeque<(usize, Bytes)>,
    length: usize,
    own_length: usize,
}

impl Body {
    /// Of a text, and parts that belong behind so many bytes of it, each counted from the one before. If each is
    /// counted once, these have `distinct` bytes.
    pub(super) fn new(mut text: Vec<u8>, shared: VecDeque<(usize, Bytes)>, distinct: usize) -> Body {
        if text.len() < text.capacity() / 2 {
            // It may be kept for as long as a slow client reads.
            text.shrink_to_fit();
        }
        let length = text.len() + shared.iter().map(|(_, part)| part.len()).sum::<usize>();
        let own_length = text.len() + distinct;
        Body { text: text.into(), shared, length, own_length }
    }

    /// How many bytes go to the client.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// How many there are if what is shared is counted once, as it is made and kept.
    pub fn own_len(&self) -> usize {
        self.own_length
    }

    /// At most so many bytes of the beginning.
    pub(super) fn first(&self, bytes: usize) -> Cow<'_, [u8]> {
        let (mut first, mut rest) = (Vec::new(), &*self.text);
        for (before, part) in &self.shared {
            if first.len() + before >= bytes {
                break;
            }
            let (text, after) = rest.split_at(*before);
            first.extend_from_slice(text);
            first.extend_from_slice(part);
            rest = after;
        }
        if first.is_empty() {
            return Cow::Borrowed(&rest[..rest.len().min(bytes)]);
        }
        first.extend_from_slice(&rest[..rest.len().min(bytes.saturating_sub(first.len()))]);
        first.truncate(bytes);
        Cow::Owned(first)
    }

    /// All of it in one.
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
        let room = if self.shared.is_empty() { 0 } else { self.length.min(PIECE) };
        let mut piece = Vec::with_capacity(room);
        while let Some((before, part)) = self.shared.front()
            && piece.len() + before + part.len() <= PIECE
        {
            piece.extend_from_slice(&self.text.split_to(*before));
            piece.extend_from_slice(part);
            self.shared.pop_front();
        }
        let piece = if piece.is_empty() { self.next_as_it_is() } else { piece.into() };
        self.length -= piece.len();
        (!piece.is_empty()).then_some(piece)
    }

    /// What is too large to be copied, or all that is left.
    fn next_as_it_is(&mut self) -> Bytes {
        match self.shared.front_mut() {
            Some((before, _)) if *before > 0 => self.text.split_to(mem::take(before)),
            Some(_) => self.shared.pop_front().map(|(_, part)| part).unwrap_or_default(),
            None => mem::take(&mut self.text),
        }
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
                PIECE,
            ),
            (vec![(0, part(PIECE)), (7, part(PIECE - 7))], PIECE),
            (vec![(3, part(PIECE)), (1, part(3 * PIECE)), (0, part(0)), (0, part(PIECE + 1))], 3 * PIECE),
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
            assert_eq!((body.len(), body.own_len()), (expected.len(), 12));
            for bytes in [0, 1, 2, 3, 7, 20_002, PIECE, expected.len(), usize::MAX] {
                assert!(*body.first(bytes) == expected.as_bytes()[..bytes.min(expected.len())], "{bytes} bytes");
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
