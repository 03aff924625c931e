//! Billing periods: FOSSBilling has codes such as `1M`, and the tables names such as `Monthly`.

/// The cycles that both have: code, the name of the cycle in services, and as orders name it.
const CYCLES: [(&str, &str, &str); 6] = [
    ("1M", "Monthly", "monthly"),
    ("3M", "Quarterly", "quarterly"),
    ("6M", "Semi-Annually", "semiannually"),
    ("1Y", "Annually", "annually"),
    ("2Y", "Biennially", "biennially"),
    ("3Y", "Triennially", "triennially"),
];

/// The seven periods of products, each with its place among the six prices of the tables: a week has none.
pub const OF_PRODUCTS: [(&str, Option<usize>); 7] = [
    ("1W", None),
    ("1M", Some(0)),
    ("3M", Some(1)),
    ("6M", Some(2)),
    ("1Y", Some(3)),
    ("2Y", Some(4)),
    ("3Y", Some(5)),
];

/// The period of a service's billing cycle; `None` for one that is free or paid once.
pub fn of_cycle(cycle: &str) -> Option<&'static str> {
    CYCLES.iter().find(|(_, name, _)| name.eq_ignore_ascii_case(cycle)).map(|(code, ..)| *code)
}

/// The billing cycle of a period, as an order names it.
pub fn cycle(period: &str) -> Option<&'static str> {
    CYCLES.iter().find(|(code, ..)| code.eq_ignore_ascii_case(period)).map(|(.., name)| *name)
}

/// The billing cycle of a period, as services have it.
pub fn stored_cycle(period: &str) -> Option<&'static str> {
    CYCLES.iter().find(|(code, ..)| code.eq_ignore_ascii_case(period)).map(|(_, name, _)| *name)
}

/// The number of years of a period, which a domain has.
pub fn years(period: &str) -> Option<u32> {
    let years = period.strip_suffix(['Y', 'y'])?.parse().ok()?;
    (1..=10).contains(&years).then_some(years)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_cycles() {
        assert_eq!((of_cycle("Semi-Annually"), of_cycle("One Time")), (Some("6M"), None));
        assert_eq!((cycle("1y"), cycle("1W")), (Some("annually"), None));
        assert_eq!((cycle("6M"), stored_cycle("6m")), (Some("semiannually"), Some("Semi-Annually")));
        assert_eq!((years("2Y"), years("11Y"), years("1M")), (Some(2), None, None));
    }
}
