//! E-mail preferences.

use super::topic::Topic;

/// The topics about which a client or contact gets mails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences(u8);

impl Preferences {
    pub const ALL: Preferences = Preferences(u8::MAX);
    pub const NONE: Preferences = Preferences(0);

    pub fn wants(self, topic: Topic) -> bool {
        self.0 & (1 << topic as u8) != 0
    }

    /// Returns the preferences with this topic changed.
    #[must_use]
    pub fn with(self, topic: Topic, wanted: bool) -> Preferences {
        let others = self.0 & !(1 << topic as u8);
        Preferences(others | u8::from(wanted) << topic as u8)
    }
}
