//! Counts in fixed windows of time, such as the minutes of the clock.

/// What was counted in the current window; it begins anew with each later one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Windowed<T> {
    /// The number of the window, in windows since some moment.
    pub number: i64,
    pub counts: T,
}

impl<T: Default> Windowed<T> {
    pub fn new(number: i64) -> Windowed<T> {
        Windowed { number, counts: T::default() }
    }

    /// Begins the window with this number unless it is the current one, and returns the counts of the one that has ended.
    /// What began in the window before the current one is counted in the current one.
    pub fn begin(&mut self, number: i64) -> Option<T> {
        let is_current = self.number == number || self.number == number + 1;
        (!is_current).then(|| std::mem::replace(self, Windowed::new(number)).counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_begin_anew_with_another_window() {
        let mut window = Windowed::<u32>::new(7);
        for (number, ended) in
            [(7, None), (6, None), (8, Some(2)), (7, None), (9, Some(2)), (5, Some(1)), (20, Some(1))]
        {
            assert_eq!(window.begin(number), ended, "{number}");
            window.counts += 1;
        }
    }
}
