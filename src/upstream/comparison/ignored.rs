//! Paths whose differences do not count.

use super::super::patterns::matches;

/// Patterns of paths, each for all actions or for those that a pattern before a colon matches.
pub struct IgnoredPaths(Vec<IgnoredPath>);

struct IgnoredPath {
    /// In lower case.
    action: String,
    /// Each matches one part of a path, and `**` any number of parts.
    parts: Vec<String>,
}

impl IgnoredPaths {
    pub fn new(patterns: &[String]) -> IgnoredPaths {
        let parsed = |pattern: &String| {
            let (action, path) = pattern.split_once(':').unwrap_or(("*", pattern));
            let parts = path.trim().split('.').map(str::to_owned).collect();
            IgnoredPath { action: action.trim().to_ascii_lowercase(), parts }
        };
        IgnoredPaths(patterns.iter().map(parsed).collect())
    }

    pub fn contains(&self, action: &str, path: &[String]) -> bool {
        let action = action.to_ascii_lowercase();
        self.0.iter().any(|ignored| matches(&ignored.action, &action) && matches_path(&ignored.parts, path))
    }
}

fn matches_path(pattern: &[String], path: &[String]) -> bool {
    match pattern.split_first() {
        None => path.is_empty(),
        Some((first, rest)) if first == "**" => (0..=path.len()).any(|skipped| matches_path(rest, &path[skipped..])),
        Some((first, rest)) => {
            path.split_first().is_some_and(|(part, path)| matches(first, part) && matches_path(rest, path))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_part_by_part() {
        for (pattern, path, is_match) in [
            ("a.b", "a.b", true),
            ("a.b", "a.b.c", false),
            ("a.*", "a.b", true),
            ("a.*", "a", false),
            ("a.*.c", "a.12.c", true),
            ("a.custom*", "a.customfields1", true),
            ("**", "a.b.c", true),
            ("**.c", "a.b.c", true),
            ("**.c", "c", true),
            ("a.**.c", "a.c", true),
            ("a.**.c", "a.b.b.c", true),
            ("a.**.c", "b.c", false),
            ("GetStats:**", "a", true),
            ("get*:a", "a", true),
            ("GetOrders:**", "a", false),
        ] {
            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
            assert_eq!(
                IgnoredPaths::new(&[pattern.to_owned()]).contains("GetStats", &path),
                is_match,
                "{pattern} {path:?}"
            );
        }
    }
}
