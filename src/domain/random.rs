//! Pseudo-random numbers that are the same for the same seed, on every machine and in every version of this program.
//! For data and tests; secrets use `getrandom`.

/// A generator (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Creates one of many independent generators that share a seed, identified by its number.
    pub fn nth(seed: u64, number: u64) -> Random {
        Random(Random(seed).draw() ^ Random(!number).draw())
    }

    /// Returns the next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number from 0 to `end` - 1, or 0 if `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw().checked_rem(end).unwrap_or_default()
    }

    /// Returns a number from `first` to `last`, both included.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        let span = last.saturating_sub(first).saturating_add(1).max(1).unsigned_abs();
        first.saturating_add_unsigned(self.below(span))
    }

    /// Returns `true` with a probability of `millionths` in a million.
    pub fn happens(&mut self, millionths: u64) -> bool {
        self.below(1_000_000) < millionths
    }

    /// Returns `true` with a probability of `percent` in a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.happens(percent * 10_000)
    }

    /// Returns one of the elements, or `None` if there are none.
    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        let index = usize::try_from(self.below(from.len() as u64)).ok()?;
        from.get(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_algorithm() {
        let mut random = Random::new(1_234_567);
        let numbers: Vec<u64> = (0..3).map(|_| random.draw()).collect();
        assert_eq!(numbers, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn numbers_lie_within_their_limits() {
        let mut random = Random::nth(1, 2);
        assert!((0..1000).all(|_| (-3..=3).contains(&random.between(-3, 3))));
        assert_eq!((random.below(0), random.between(7, 7), random.between(7, 1)), (0, 7, 7));
        assert_eq!(random.pick::<u8>(&[]), None);
        assert!((0..100).all(|_| random.happens(1_000_000) && !random.happens(0)));
        let heads = (0..10_000).filter(|_| random.percent(20)).count();
        assert!((1900..2100).contains(&heads), "{heads}");
    }
}
