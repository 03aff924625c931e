//! The rounds of each side, and how two sides compare.

use super::load::Outcome;
use super::report::{Compared, Figure, Php, Rates};

/// One round of one side, with the CPU time per call of the processes that answer calls, in microseconds.
pub struct Round {
    pub outcome: Outcome,
    pub server: f64,
}

impl Round {
    /// CPU time of all processes together.
    pub fn cpu(&self) -> f64 {
        self.outcome.cpu + self.outcome.cpu_of_database + self.server
    }

    pub fn per_second(&self) -> f64 {
        self.outcome.per_second
    }
}

/// All rounds of one side.
#[derive(Default)]
pub struct Side {
    pub rounds: Vec<Round>,
}

impl Side {
    pub fn figure(&self, of: impl Fn(&Round) -> f64) -> Figure {
        Figure::of(self.rounds.iter().map(of))
    }

    /// Compared round by round, so that other load on the machine affects both sides.
    pub fn ratio(&self, to: &Side, of: impl Fn(&Round) -> f64) -> Figure {
        Figure::of(self.rounds.iter().zip(&to.rounds).map(|(one, other)| of(one) / of(other)))
    }

    /// How many calls this side answers while the other answers one, by wall-clock time.
    pub fn by_rate(&self, to: &Side) -> Figure {
        self.ratio(to, Round::per_second)
    }

    /// The same if only the processor were the limit.
    pub fn by_cpu(&self, to: &Side) -> Figure {
        to.ratio(self, Round::cpu)
    }
}

/// The sides of an action over as many connections, which took turns.
pub struct Turns {
    pub connections: u32,
    pub http: Side,
    /// The older program, or the one with another setting.
    pub other: Option<Side>,
    pub php: Option<Side>,
    pub bare: Side,
    /// The yardstick.
    pub lookup: Side,
}

impl Turns {
    pub fn rates(&self) -> Rates {
        let Turns { http, bare, lookup, .. } = self;
        Rates {
            connections: self.connections,
            per_second: http.figure(Round::per_second),
            p50: http.figure(|round| round.outcome.p50),
            p99: http.figure(|round| round.outcome.p99),
            bare_per_second: bare.figure(Round::per_second),
            ratio: http.by_rate(bare),
            ratio_of_cpu: http.by_cpu(bare),
            lookups: lookup.by_cpu(http),
            lookups_by_rate: lookup.by_rate(http),
            php: self.php.as_ref().map(|php| Php {
                per_second: php.figure(Round::per_second),
                p50: php.figure(|round| round.outcome.p50),
                p99: php.figure(|round| round.outcome.p99),
                ratio: http.by_rate(php),
                ratio_of_cpu: http.by_cpu(php),
                cpu: php.figure(|round| round.server),
                cpu_of_database: php.figure(|round| round.outcome.cpu_of_database),
                lookups: lookup.by_cpu(php),
                lookups_by_rate: lookup.by_rate(php),
            }),
        }
    }

    /// What the other program, or the other setting, changes.
    pub fn compared_with(&self, other: &Side) -> Compared {
        let database = |round: &Round| round.outcome.cpu_of_database;
        let both = |of: &dyn Fn(&Side) -> Figure| [of(other), of(&self.http)];
        Compared {
            ratio: both(&|side| side.by_rate(&self.bare)),
            ratio_of_cpu: both(&|side| side.by_cpu(&self.bare)),
            cpu: both(&|side| side.figure(|round| round.server)),
            cpu_of_database: both(&|side| side.figure(database)),
        }
    }
}
