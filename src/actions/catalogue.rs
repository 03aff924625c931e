//! The catalogue of a server: its actions, to be listed and to be looked up by name.

use std::collections::HashMap;
use std::sync::Arc;

use super::{ActionEntry, CATALOGUE};
use crate::config::Settings;
use crate::custom::{CustomAction, InvalidAction};

/// The names of the actions that WHMCS documents, one in each line.
const DOCUMENTED: &str = include_str!("documented.txt");

/// The actions of a running server: those that are compiled in, and those that the settings define.
#[derive(Clone)]
pub struct Catalogue {
    /// All entries in the order of the documentation.
    entries: Vec<Arc<ActionEntry>>,
    /// The entries by their names in lower case.
    by_name: HashMap<String, Arc<ActionEntry>>,
}

impl Catalogue {
    pub fn new(entries: &[ActionEntry]) -> Catalogue {
        let entries: Vec<Arc<ActionEntry>> = entries.iter().cloned().map(Arc::new).collect();
        let by_name = entries.iter().map(|entry| (entry.name.to_ascii_lowercase(), Arc::clone(entry))).collect();
        Catalogue { entries, by_name }
    }

    /// Creates a catalogue of the actions that are compiled in.
    pub fn compiled() -> Catalogue {
        Catalogue::new(CATALOGUE)
    }

    /// Creates the catalogue of a server with these settings. It is an error if a definition is wrong, or its name taken.
    pub fn of(settings: &Settings) -> Result<Catalogue, InvalidAction> {
        let mut entries = CATALOGUE.to_vec();
        for (name, definition) in &settings.actions {
            if let Some(taken) = entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)) {
                return Err(InvalidAction::new(name, format!("the name is taken by the action {}", taken.name)));
            }
            entries.push(ActionEntry::custom(CustomAction::new(name, definition)?));
        }
        Ok(Catalogue::new(&entries))
    }

    /// The actions that the settings define.
    pub fn custom(&self) -> impl Iterator<Item = &Arc<CustomAction>> {
        self.entries.iter().filter_map(|entry| entry.as_custom())
    }

    /// How many actions WHMCS documents.
    pub fn documented_count() -> usize {
        DOCUMENTED.lines().count()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<ActionEntry>> {
        self.entries.iter()
    }

    /// The actions that WHMCS documents and this catalogue lacks.
    pub fn missing(&self) -> Vec<&'static str> {
        DOCUMENTED.lines().filter(|name| self.find(name).is_none()).collect()
    }

    /// Returns the action with this name, in any case.
    pub fn find(&self, name: &str) -> Option<&Arc<ActionEntry>> {
        self.by_name.get(&name.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_found_in_any_case() {
        let catalogue = Catalogue::compiled();
        for entry in CATALOGUE {
            for name in [entry.name.to_uppercase(), entry.name.to_lowercase(), entry.name.to_string()] {
                assert_eq!(catalogue.find(&name).map(|found| &found.name), Some(&entry.name));
            }
        }
        assert!(catalogue.find("AddMoney").is_none() && catalogue.find("").is_none());
    }

    #[test]
    fn what_is_documented_is_there_or_missing() {
        let missing = Catalogue::compiled().missing();
        assert_eq!(Catalogue::new(&[]).missing().len(), DOCUMENTED.lines().count());
        for entry in CATALOGUE {
            assert_eq!(DOCUMENTED.lines().any(|name| name == entry.name), entry.is_documented, "{}", entry.name);
            assert!(!missing.contains(&&*entry.name), "{}", entry.name);
        }
    }

    #[test]
    fn names_are_unique_in_any_case() {
        let catalogue = Catalogue::compiled();
        for entry in catalogue.iter() {
            let found = catalogue.find(&entry.name.to_uppercase()).unwrap();
            assert!(Arc::ptr_eq(found, entry), "{}", entry.name);
        }
    }
}
