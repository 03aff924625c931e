//! A fault rule: what is injected, into which calls and how often, such as
//! `action=AddInvoicePayment,status=500,rate=0.1`.

use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;

use crate::actions::Catalogue;
use crate::domain::random::Random;

const PARTS: &str = "action=NAME, status=CODE, error=MESSAGE, drop, cut, hang, latency=TIME, before, after, rate=0.1 and \
                     times=3";
const MAX_LATENCY: Duration = Duration::from_hours(1);
const MILLIONTHS: f64 = 1_000_000.0;

#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The rule as it was written.
    pub text: String,
    /// `None` for every action.
    action: Option<String>,
    /// `None` if the rule only delays responses.
    pub failure: Option<Failure>,
    /// Whether the call is executed before it fails.
    pub fails_after_execution: bool,
    /// The minimum and maximum delay of a response.
    latency: (Duration, Duration),
    /// Probability of the fault, in millionths.
    millionths: u64,
    /// Maximum number of calls that get the fault.
    pub max_times: Option<u64>,
}

/// The way in which a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// An HTML error page of a web server, with this status.
    Status(StatusCode),
    /// A business error with this message.
    Error(String),
    /// The connection is closed without a response.
    Drop,
    /// The connection is closed in the middle of the response.
    Cut,
    /// No response is sent at all.
    Hang,
}

impl Rule {
    pub fn matches(&self, action: Option<&str>) -> bool {
        self.action.as_ref().is_none_or(|name| action.is_some_and(|action| name.eq_ignore_ascii_case(action)))
    }

    /// Returns an error if the rule names an unknown action.
    pub fn check_action(&self, catalogue: &Catalogue) -> Result<(), String> {
        match &self.action {
            Some(name) if catalogue.find(name).is_none() => {
                Err(format!("unknown action {name:?}; `whmcs-api actions` lists all"))
            }
            _ => Ok(()),
        }
    }

    /// Draws whether this call gets the fault, and returns the latency if so.
    pub fn draw(&self, mut random: Random) -> Option<Duration> {
        let (shortest, longest) = self.latency;
        let span = u64::try_from(longest.saturating_sub(shortest).as_millis()).unwrap_or_default();
        let is_injected = random.happens(self.millionths);
        is_injected.then(|| shortest + Duration::from_millis(random.below(span + 1)))
    }
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Rule, String> {
        let mut rule = Rule {
            text: text.to_owned(),
            action: None,
            failure: None,
            fails_after_execution: false,
            latency: (Duration::ZERO, Duration::ZERO),
            millionths: 1_000_000,
            max_times: None,
        };
        let (mut rest, mut seen) = (text, Vec::new());
        while !rest.is_empty() {
            // A message may contain commas, so it is always the last part.
            let end = if rest.starts_with("error=") { None } else { rest.find(',') };
            let part = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or("", |end| &rest[end + 1..]);
            let (key, value) = part.split_once('=').map_or((part, None), |(key, value)| (key, Some(value)));
            if seen.contains(&key) {
                return Err(format!("{key} is given twice"));
            }
            seen.push(key);
            rule.add(key, value)?;
        }
        rule.check(&seen)
    }
}

impl Rule {
    fn add(&mut self, key: &str, value: Option<&str>) -> Result<(), String> {
        match (key, value) {
            ("action", Some(name)) => self.action = Some(name.to_owned()),
            ("latency", Some(time)) => self.latency = latency(time)?,
            ("rate", Some(rate)) => self.millionths = millionths(rate)?,
            ("times", Some(times)) => {
                let count = times.parse().ok().filter(|&count| count > 0);
                self.max_times = Some(count.ok_or_else(|| format!("times={times}: must be at least 1"))?);
            }
            ("before", None) => self.fails_after_execution = false,
            ("after", None) => self.fails_after_execution = true,
            _ => {
                let failure = failure(key, value)?;
                if self.failure.is_some() {
                    return Err("only one kind of failure is possible: status, error, drop, cut or hang".to_owned());
                }
                self.failure = Some(failure);
            }
        }
        Ok(())
    }

    fn check(mut self, seen: &[&str]) -> Result<Rule, String> {
        let has = |key| seen.contains(&key);
        if self.failure.is_none() && !has("latency") {
            return Err("the rule has no effect: add status, error, drop, cut, hang or latency".to_owned());
        }
        if has("before") && has("after") {
            return Err("before and after exclude each other".to_owned());
        }
        if self.failure.is_none() && (has("before") || has("after")) {
            return Err("before and after need a failure: add status, error, drop, cut or hang".to_owned());
        }
        if self.failure == Some(Failure::Cut) {
            if has("before") {
                return Err("cut sends a part of the response, so it is always after".to_owned());
            }
            self.fails_after_execution = true;
        }
        Ok(self)
    }
}

fn failure(key: &str, value: Option<&str>) -> Result<Failure, String> {
    match (key, value) {
        ("status", Some(code)) => {
            let status = code.parse().ok().filter(|status| (400..600).contains(status));
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            status.map(Failure::Status).ok_or_else(|| format!("status={code}: must be from 400 to 599"))
        }
        ("error", Some(message)) if !message.is_empty() => Ok(Failure::Error(message.to_owned())),
        ("drop", None) => Ok(Failure::Drop),
        ("cut", None) => Ok(Failure::Cut),
        ("hang", None) => Ok(Failure::Hang),
        _ => {
            let part = value.map_or(key.to_owned(), |value| format!("{key}={value}"));
            Err(format!("{part:?} is not a valid part of a rule; valid are {PARTS}"))
        }
    }
}

/// A time such as `200ms`, or a range such as `200ms-2s`.
fn latency(text: &str) -> Result<(Duration, Duration), String> {
    let (shortest, longest) = text.split_once('-').unwrap_or((text, text));
    let time = |text| humantime::parse_duration(text).ok().filter(|time| *time <= MAX_LATENCY);
    match (time(shortest), time(longest)) {
        (Some(shortest), Some(longest)) if shortest <= longest => Ok((shortest, longest)),
        _ => Err(format!("latency={text}: must be a time of at most an hour, such as 200ms, or a range, 200ms-2s")),
    }
}

fn millionths(text: &str) -> Result<u64, String> {
    let rate = text.parse::<f64>().ok().filter(|rate| *rate > 0.0 && *rate <= 1.0);
    let rate = rate.ok_or_else(|| format!("rate={text}: must be above 0 and at most 1, such as 0.1"))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is from 0 to a million")]
    Ok((rate * MILLIONTHS).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn a_rule_is_parsed_from_its_parts() {
        let whole = rule("action=addinvoicepayment,status=500,rate=0.1,times=3,after");
        assert!(whole.matches(Some("AddInvoicePayment")) && !whole.matches(Some("AddCredit")));
        assert_eq!(whole.failure, Some(Failure::Status(StatusCode::INTERNAL_SERVER_ERROR)));
        assert_eq!((whole.millionths, whole.max_times, whole.fails_after_execution), (100_000, Some(3), true));
        let whole = rule("latency=200ms-2s,rate=0.5,error=Sorry, not now, rate=1");
        assert_eq!(whole.failure, Some(Failure::Error("Sorry, not now, rate=1".to_owned())));
        assert_eq!(whole.latency, (Duration::from_millis(200), Duration::from_secs(2)));
        for (text, failure, is_after) in [
            ("drop", Some(Failure::Drop), false),
            ("hang,after", Some(Failure::Hang), true),
            ("cut", Some(Failure::Cut), true),
            ("latency=1s", None, false),
        ] {
            assert_eq!((rule(text).failure, rule(text).fails_after_execution), (failure, is_after), "{text}");
        }
    }

    #[test]
    fn invalid_rules_are_rejected_with_the_reason() {
        for (text, message) in [
            ("", "the rule has no effect"),
            ("action=AddCredit", "the rule has no effect"),
            ("speed=3", "\"speed=3\" is not a valid part of a rule; valid are action=NAME"),
            ("drop=1", "\"drop=1\" is not a valid part"),
            ("status", "\"status\" is not a valid part"),
            ("error=", "\"error=\" is not a valid part"),
            ("drop,", "nothing"),
            ("drop,hang", "only one kind of failure"),
            ("drop,drop", "drop is given twice"),
            ("status=200", "from 400 to 599"),
            ("status=teapot", "from 400 to 599"),
            ("latency=fast", "such as 200ms"),
            ("latency=2s-1s", "such as 200ms"),
            ("latency=2h", "at most an hour"),
            ("latency=1s,after", "need a failure: add status"),
            ("drop,before,after", "exclude each other"),
            ("cut,before", "always after"),
            ("drop,rate=0", "above 0"),
            ("drop,rate=2", "at most 1"),
            ("drop,rate=NaN", "at most 1"),
            ("drop,times=0", "at least 1"),
        ] {
            match text.parse::<Rule>() {
                Err(error) => assert!(error.contains(message), "{text}: {error}"),
                Ok(_) => assert_eq!((text, message), ("drop,", "nothing"), "{text} is a fault"),
            }
        }
    }

    #[test]
    fn the_rate_holds_and_the_seed_decides_which_calls() {
        let rule = rule("drop,rate=0.25,latency=10ms-20ms");
        let draws = |seed| (0..1000).map(|call| rule.draw(Random::nth(seed, call))).collect::<Vec<_>>();
        let is_injected: Vec<Duration> = draws(1).into_iter().flatten().collect();
        assert!((200..300).contains(&is_injected.len()), "{}", is_injected.len());
        assert!(is_injected.iter().all(|latency| (10..=20).contains(&latency.as_millis())));
        assert_eq!(draws(1), draws(1));
        assert_ne!(draws(1), draws(2));
    }
}
