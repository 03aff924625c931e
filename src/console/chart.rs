//! Small charts, as pictures (SVG) that the server draws. What they show is also said in words.

use std::fmt::Write;

use maud::{Markup, html};

const WIDTH: u64 = 600;
const HEIGHT: u64 = 80;

/// A chart of bars: of each period, how many there were, and how many of these are marked.
pub struct Bars<'c> {
    /// What the chart shows, in words.
    pub label: &'c str,
    /// In the order of time.
    pub periods: &'c [Bar],
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Bar {
    pub all: u64,
    pub marked: u64,
}

impl Bars<'_> {
    /// Draws the chart.
    pub fn draw(&self) -> Markup {
        let most = self.periods.iter().map(|bar| bar.all).max().unwrap_or_default().max(1);
        let (all, marked) = (path(self.periods, most, |bar| bar.all), path(self.periods, most, |bar| bar.marked));
        html! {
            svg class="chart" role="img" aria-label=(self.label) viewBox=(format!("0 0 {WIDTH} {HEIGHT}"))
                preserveAspectRatio="none" {
                path class="all" d=(all) {}
                path class="marked" d=(marked) {}
                path class="base" d=(format!("M0 {HEIGHT}H{WIDTH}")) {}
            }
        }
    }
}

/// The bars as one path, so that a chart of a day is short.
fn path(bars: &[Bar], most: u64, height: fn(&Bar) -> u64) -> String {
    let count = (bars.len() as u64).max(1);
    let mut path = String::new();
    for (index, bar) in (0..).zip(bars) {
        let value = height(bar);
        if value == 0 {
            continue;
        }
        let (left, right) = (index * WIDTH / count, (index + 1) * WIDTH / count);
        // What there is at all is visible.
        let tall = (value * HEIGHT / most).max(2);
        let _ = write!(path, "M{left} {HEIGHT}v-{tall}h{}v{tall}z", (right - left).max(2) - 1);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_tall_as_they_are_many() {
        let bar = |all, marked| Bar { all, marked };
        let chart = Bars { label: "Calls & errors", periods: &[bar(4, 1), bar(0, 0), bar(8, 0), bar(1, 0)] };
        let drawn = chart.draw().into_string();
        assert!(drawn.contains("aria-label=\"Calls &amp; errors\""), "{drawn}");
        assert!(drawn.contains("d=\"M0 80v-40h149v40zM300 80v-80h149v80zM450 80v-10h149v10z\""), "{drawn}");
        assert!(drawn.contains("d=\"M0 80v-10h149v10z\""), "{drawn}");
        assert!(Bars { label: "", periods: &[] }.draw().into_string().contains("d=\"\""));
    }
}
